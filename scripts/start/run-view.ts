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
};

/** What the display shows of a run. Times are milliseconds since the epoch, in account time. */
export type RunView = {
  readonly scenario: string;
  readonly phase: string;
  readonly startedAt: number;
  readonly now: number;
  readonly nodeGroups: readonly NodeGroupView[];
};
