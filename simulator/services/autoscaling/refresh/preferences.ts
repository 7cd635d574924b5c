import type { RefreshPreferences as PreferencesShape } from '@aws-sdk/client-auto-scaling';
import { notSimulated } from '../../ec2/refusal.ts';
import { validationError } from '../errors.ts';
import type { Group } from '../group.ts';

/** The preferences of one refresh, with the defaults of the API (not those of the console). */
export type RefreshPreferences = {
  readonly minHealthyPercentage: number;
  /** Undefined is not the same as 100: then instances are launched and terminated at the same time. */
  readonly maxHealthyPercentage: number | undefined;
  /** Milliseconds, as all times here. */
  readonly warmup: number;
  readonly checkpoints: readonly number[];
  readonly checkpointDelay: number;
  readonly skipMatching: boolean;
  readonly autoRollback: boolean;
  readonly protectedInstances: 'Refresh' | 'Ignore' | 'Wait';
  readonly standbyInstances: 'Terminate' | 'Ignore' | 'Wait';
  readonly bakeTime: number;
  /** As DescribeInstanceRefreshes gives them back. */
  readonly described: PreferencesShape;
};

const RANGES = {
  MinHealthyPercentage: [0, 100],
  MaxHealthyPercentage: [100, 200],
  InstanceWarmup: [0, Number.POSITIVE_INFINITY],
  CheckpointDelay: [0, 172_800],
  BakeTime: [0, 172_800],
} as const;

const DEFAULT_MINIMUM = 90;
const DEFAULT_CHECKPOINT_DELAY = 3600;

/** @throws ServiceError when a preference is out of range or contradicts another one. */
export function resolvePreferences(group: Group, given: PreferencesShape = {}): RefreshPreferences {
  checkRanges(given);
  checkHealthyPercentages(given);
  checkCheckpoints(given);
  if (given.AlarmSpecification?.Alarms?.length) {
    throw notSimulated(
      'The simulator does not watch CloudWatch alarms during an instance refresh: leave AlarmSpecification out.',
    );
  }
  const described = withDefaults(group, given);
  return {
    minHealthyPercentage: described.MinHealthyPercentage,
    maxHealthyPercentage: described.MaxHealthyPercentage,
    warmup: described.InstanceWarmup * 1000,
    checkpoints: given.CheckpointPercentages ?? [],
    checkpointDelay: (described.CheckpointDelay ?? 0) * 1000,
    skipMatching: described.SkipMatching,
    autoRollback: described.AutoRollback,
    protectedInstances: described.ScaleInProtectedInstances,
    standbyInstances: described.StandbyInstances,
    bakeTime: (given.BakeTime ?? 0) * 1000,
    described,
  };
}

/** What is not given comes from the group's maintenance policy or warm-up, then from the API's defaults. */
function withDefaults(group: Group, given: PreferencesShape) {
  const policy = given.MinHealthyPercentage === undefined ? group.maintenancePolicy : undefined;
  const delay = given.CheckpointDelay ?? DEFAULT_CHECKPOINT_DELAY;
  return {
    MinHealthyPercentage: DEFAULT_MINIMUM,
    InstanceWarmup: group.defaultInstanceWarmup ?? group.healthCheckGracePeriod,
    SkipMatching: false,
    AutoRollback: false,
    ScaleInProtectedInstances: 'Wait' as const,
    StandbyInstances: 'Wait' as const,
    ...onlyGiven(policy),
    ...onlyGiven(given),
    ...(given.CheckpointPercentages?.length && { CheckpointDelay: delay }),
  };
}

/** Only the members that have a value. */
function onlyGiven<T extends object>(members: T | undefined): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(members ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

function checkRanges(given: PreferencesShape): void {
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = given[name as keyof typeof RANGES];
    if (value !== undefined && !(Number.isInteger(value) && least <= value && value <= most)) {
      throw validationError(`${name} must be a whole number from ${least} to ${most}, not ${value}.`);
    }
  }
}

function checkHealthyPercentages({ MinHealthyPercentage: min, MaxHealthyPercentage: max }: PreferencesShape): void {
  if (max === undefined) return;
  if (min === undefined) {
    throw validationError('You must specify MinHealthyPercentage when you specify MaxHealthyPercentage.');
  }
  if (max - min > 100) {
    throw validationError(
      'The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.',
    );
  }
}

function checkCheckpoints({ CheckpointPercentages: percentages, CheckpointDelay }: PreferencesShape): void {
  if (!percentages?.length) {
    if (CheckpointDelay === undefined) return;
    throw validationError('You must specify CheckpointPercentages when you specify CheckpointDelay.');
  }
  const isAscending = percentages.every((percentage, index) => percentage > (percentages[index - 1] ?? 0));
  const isInRange = percentages.every((percentage) => Number.isInteger(percentage) && percentage <= 100);
  if (!isAscending || !isInRange) {
    throw validationError('CheckpointPercentages must be unique whole numbers from 1 to 100 in ascending order.');
  }
}
