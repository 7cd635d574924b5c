import type { ImageArnParts } from './image.ts';

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

/** Name of the rollout of one node group in one run. */
export const rolloutName = (run: string, cluster: string, nodeGroup: string): string =>
  executionName(`${cluster}-${nodeGroup}`, `${run}\n${cluster}\n${nodeGroup}`);

/** Name of the admission of one instance: whether an event or a look at the group finds it, it is admitted once. */
export const admissionName = (instanceId: string): string => `admit-${instanceId}`;

/** Name under which one ended execution is settled. */
export const settleName = (executionArn: string): string => `settle-${shortHash(executionArn)}`;
