/** The last checkpoint that a percentage has reached; 0 before the first. Checkpoints in between are skipped. */
export function reachedCheckpoint(checkpoints: readonly number[], percentage: number): number {
  return checkpoints.findLast((checkpoint) => checkpoint <= percentage) ?? 0;
}

/** The percentage up to which instances may be replaced once `reached` has been: the next checkpoint. */
export function nextCheckpoint(checkpoints: readonly number[], reached: number): number {
  return checkpoints.find((checkpoint) => checkpoint > reached) ?? checkpoints.at(-1) ?? 100;
}

/** The least number of instances that makes up a percentage of a group. */
export function instancesFor(percentage: number, size: number): number {
  return Math.ceil((percentage * size) / 100);
}
