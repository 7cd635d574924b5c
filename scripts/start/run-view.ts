import type { DrainView } from './drain-watch.ts';
import type { WorkloadDocument } from './workload-watch.ts';

/** What the display shows of one node group. */
export type NodeGroupView = {
  readonly cluster: string;
  readonly name: string;
  readonly kind: 'self-managed' | 'managed';
  /** The state that its execution is in, in the words of the state machine. */
  readonly phase: string;
  readonly newNodes: number;
  readonly oldNodes: number;
  readonly readyNodes: number;
  readonly desired: number;
  readonly drains: DrainView;
  /** Instances at rest in its warm pool, by the AMI that they run; missing where nothing rests in one. */
  readonly pool?: { readonly new: number; readonly old: number } | undefined;
};

/** Something that people did, or were told, while the run went on. */
export type Note = { readonly at: number; readonly text: string };

/** What the display shows of a run. Times are milliseconds since the epoch, in account time. */
export type RunView = {
  readonly scenario: string;
  readonly phase: string;
  readonly startedAt: number;
  readonly now: number;
  readonly nodeGroups: readonly NodeGroupView[];
  readonly workloads: readonly WorkloadDocument[];
  /** In the order of their times. */
  readonly notes: readonly Note[];
};
