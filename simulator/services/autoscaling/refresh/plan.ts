/** What one look at a refresh has to go by: counts of instances. */
export type ReplacementCounts = {
  readonly desired: number;
  /** Not leaving and not in standby. */
  readonly counted: number;
  /** In service and healthy, old, or new and warm. */
  readonly serving: number;
  /** Old instances that may be taken now. */
  readonly replaceable: number;
  /** Instances that the refresh is taking out at this moment. */
  readonly leaving: number;
  /** New instances, ready or not. */
  readonly fresh: number;
  /** Places whose old instance is gone or is going. */
  readonly vacated: number;
  /** How many instances may be new until the next checkpoint. */
  readonly allowedFresh: number;
};

export type HealthyPercentages = {
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly rounding: 'up' | 'down';
  /** Instances that the group may have at most; undefined when a refresh may grow over MaxSize. */
  readonly maxSize: number | undefined;
};

export type ReplacementPlan = {
  /** How many instances above the desired capacity there should be. */
  readonly surge: number;
  /** How many old instances to take out now. */
  readonly terminations: number;
};

/**
 * How far a refresh may go now.
 *
 * With a maximum, new instances come first, up to the maximum, and old ones go when enough others serve.
 * Without one there is no headroom: old instances go first, at least one at a time, and their
 * replacements start at the same moment. What is still leaving counts as part of the batch.
 */
export function planReplacements(counts: ReplacementCounts, percentages: HealthyPercentages): ReplacementPlan {
  const { desired, counted, serving, replaceable, leaving, fresh, vacated, allowedFresh } = counts;
  const headroom = headroomOf(desired, percentages);
  const minimum = Math.ceil((desired * percentages.minimum) / 100);
  const terminatesFirst = headroom === 0 && (percentages.maximum === undefined || percentages.minimum < 100);
  const floor = terminatesFirst ? Math.min(minimum, Math.max(0, desired - 1)) : minimum;
  const batch = Math.max(headroom, desired - floor);
  const surplus = Math.max(0, counted - desired);
  const startable = Math.max(0, allowedFresh - Math.max(fresh, vacated));
  return {
    surge: Math.max(0, Math.min(headroom - leaving, replaceable, surplus + startable)),
    terminations: Math.max(0, Math.min(replaceable, serving - floor, batch - leaving, allowedFresh - vacated)),
  };
}

/**
 * A minimum of 100 with any maximum launches first, one instance at the least, unless MaxSize forbids it:
 * then nothing can be done, as nothing may be taken out first.
 */
function headroomOf(desired: number, { minimum, maximum, rounding, maxSize }: HealthyPercentages): number {
  if (maximum === undefined || desired === 0) return 0;
  const exact = (desired * (maximum - 100)) / 100;
  const rounded = rounding === 'up' ? Math.ceil(exact) : Math.floor(exact);
  const headroom = Math.max(rounded, minimum === 100 || maximum > 100 ? 1 : 0);
  return maxSize === undefined ? headroom : Math.max(0, Math.min(headroom, maxSize - desired));
}
