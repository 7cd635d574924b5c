import type { DrainReport } from '../../functions/domain/drain-report.ts';
import type { Estimate } from '../../functions/domain/estimate.ts';
import type { CallCounts, Observer, ReadyNodes } from './observer.ts';
import type { RunEnd } from './run.ts';
import { runFolder } from './run-folder.ts';
import type { Stage } from './stage.ts';
import type { RefusalDocument, WorkloadDocument } from './workload-watch.ts';

/** One node group in the summary that reglaze wrote, and what the account saw of it. */
export type NodeGroupDocument = {
  readonly cluster: string;
  readonly name: string;
  readonly kind: 'self-managed' | 'managed';
  readonly outcome: string;
  readonly reason?: { readonly error: string; readonly cause: string };
  readonly nodes: { readonly total: number; readonly patched: number };
  readonly fromAmi?: string;
  readonly toAmi: string;
  readonly fromPatchLevel?: string;
  readonly toPatchLevel?: string;
  readonly launchTemplate?: { readonly id: string; readonly fromVersion: number; readonly toVersion?: number };
  /** Of a group on Amazon's own AMI. */
  readonly release?: { readonly fromVersion: string; readonly toVersion: string };
  readonly warnings?: readonly { readonly error: string; readonly cause: string }[];
  /** Set when the group had been taken back to an older AMI since its last rollout. */
  readonly regressed?: {
    readonly fromVersion: number;
    readonly fromAmi: string;
    readonly toVersion: number;
    readonly toAmi: string;
    readonly author?: string;
  };
  /** Set when a launch template of the group may get few versions more. */
  readonly nearlyFull?: { readonly id: string; readonly versionsLeft: number };
  /** How long the plan took the rollout to last. */
  readonly estimate?: Estimate;
  /** What reglaze reports of the pods of the nodes that left. */
  readonly drains?: DrainReport;
  readonly readyNodes?: ReadyNodes;
  readonly startedAt?: string;
  readonly endedAt?: string;
};

/** The one JSON document of `--json`. */
export type RunDocument = {
  readonly run: {
    readonly status: string;
    readonly startedAt: string;
    readonly endedAt: string;
    readonly simulatedSeconds: number;
    readonly error?: { readonly name: string; readonly cause: string };
  };
  /** Without an ARN when it is a release of Amazon. */
  readonly image?: { readonly arn?: string; readonly amiId: string; readonly patchLevel?: string };
  /** The parameter that names the AMI now, if the run has proved it. */
  readonly publishedAs?: string;
  readonly nodeGroups: readonly NodeGroupDocument[];
  /** What the account itself saw of the pods. */
  readonly workloads: readonly WorkloadDocument[];
  readonly refusedEvictions: readonly RefusalDocument[];
  readonly calls: CallCounts & { readonly transitions: number };
};

type Summary = {
  readonly image?: { readonly arn?: string; readonly amiId: string };
  readonly publishedAs?: string;
  readonly nodeGroups: readonly NodeGroupDocument[];
};

/** Puts together how the execution ended, what reglaze reported in its bucket, and what the account itself saw. */
export function describeRun(stage: Stage, observer: Observer, end: RunEnd): RunDocument {
  const { image, publishedAs, nodeGroups } = readSummary(stage, end.run);
  const patchLevel = nodeGroups.find(({ toPatchLevel }) => toPatchLevel !== undefined)?.toPatchLevel;
  return {
    run: describeEnd(end),
    ...(image && {
      image: { ...(image.arn && { arn: image.arn }), amiId: image.amiId, ...(patchLevel && { patchLevel }) },
    }),
    ...(publishedAs !== undefined && { publishedAs }),
    nodeGroups: nodeGroups.map((group) => {
      const readyNodes = observer.readyNodes(group.cluster, group.name);
      return { ...group, ...(readyNodes && { readyNodes }) };
    }),
    workloads: observer.pods.workloads(),
    refusedEvictions: observer.pods.refusals(),
    calls: { ...observer.calls(), transitions: stage.account.stepFunctions.transitions() },
  };
}

function describeEnd({ run, startedAt, endedAt }: RunEnd): RunDocument['run'] {
  const times = {
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    simulatedSeconds: Math.round((endedAt - startedAt) / 1000),
  };
  if (run === undefined) {
    const cause =
      'The event started no run: it is no Windows image that became available, or no node group follows it.';
    return { status: 'NOT_STARTED', ...times, error: { name: 'NoRun', cause } };
  }
  const { status, error, cause } = run;
  return { status, ...times, ...(error !== undefined && { error: { name: error, cause: sentenceOf(cause ?? '') } }) };
}

/** The sentence in a cause: Lambda wraps the message of an error that a function threw into JSON with its trace. */
function sentenceOf(cause: string): string {
  if (!cause.startsWith('{')) return cause;
  const { errorMessage } = JSON.parse(cause) as { readonly errorMessage?: string };
  return errorMessage ?? cause;
}

function readSummary({ account, stack }: Stage, run: RunEnd['run']): Summary {
  if (run === undefined) return { nodeGroups: [] };
  const written = account.s3.object(stack.outputs.RunBucketName ?? '', `${runFolder(run)}/summary.json`);
  return written === undefined ? { nodeGroups: [] } : JSON.parse(written.body.toString());
}
