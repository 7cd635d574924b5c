import type { ImageArnParts } from './image.ts';
import type { ReleaseLine } from './release-line.ts';

const longestName = 80;
const hashLength = 13;

/**
 * A short name for a text: the same text always gives the same thirteen characters, and two texts practically never
 * share them (FNV-1a, 64 bits). It identifies, it does not protect.
 */
export function shortHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(36).padStart(hashLength, '0');
}

/** `readable` shortened to what Step Functions accepts, followed by a hash of `identity`, which is never shortened. */
function executionName(readable: string, identity: string): string {
  const legal = readable.replaceAll(/[^A-Za-z0-9._-]/g, '-');
  return `${legal.slice(0, longestName - hashLength - 1)}-${shortHash(identity)}`;
}

/** Name of the run of one image build. Everything that finds the build starts it under this name, so it runs once. */
export function runName(arn: string, { name, version, build }: ImageArnParts): string {
  const suffix = `-${version}-${build}`;
  return executionName(name.slice(0, longestName - hashLength - 1 - suffix.length) + suffix, arn);
}

/** Name of the run of one of Amazon's releases. */
export const releaseRunName = ({ amiType, kubernetesVersion }: ReleaseLine, releaseVersion: string): string =>
  executionName(
    `amazon-${amiType}-${releaseVersion}`,
    ['amazon', amiType, kubernetesVersion, releaseVersion].join('\n'),
  );

/**
 * What a run is called in files, leases and reports: the name of its execution and when that was started, such as
 * `<name>-20260516T041202Z`. Step Functions forgets names after ninety days; whoever starts one again starts another run.
 *
 * The machine `patch-fleet` makes the same of its own execution.
 */
export const runId = (executionName: string, startedAt: Date): string =>
  `${executionName}-${startedAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** Name of the rollout of one node group in one run. */
export const rolloutName = (run: string, cluster: string, nodeGroup: string): string =>
  executionName(`${cluster}-${nodeGroup}`, `${run}\n${cluster}\n${nodeGroup}`);

/**
 * Name of the admission of one instance: whether an event or a look at the group finds it, it is admitted once. One that
 * leaves a warm pool has waited at the hook before, when it came in, so the move is part of its name then.
 */
export const admissionName = (instanceId: string, move?: string): string =>
  move === undefined ? `admit-${instanceId}` : `admit-${instanceId}-${move}`;

/** One end of an execution: started again under its name, or redriven, it may end once more. */
export type ExecutionEnd = {
  readonly executionArn: string;
  readonly startedAt: string;
  readonly redriveCount: number;
};

/** Name under which one end of an execution is settled, once. Whoever tells of the end may round the time to seconds. */
export const settleName = ({ executionArn, startedAt, redriveCount }: ExecutionEnd): string =>
  `settle-${shortHash([executionArn, startedAt.slice(0, 19), redriveCount].join('\n'))}`;
