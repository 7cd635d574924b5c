export const TYPES = ['Task', 'Wait', 'Pass', 'Succeed', 'Fail', 'Choice', 'Parallel', 'Map'] as const;
export type StateType = (typeof TYPES)[number];

const EVERY = ['Type', 'Comment', 'QueryLanguage'];
const GOING = [...EVERY, 'Next', 'End', 'Output', 'Assign'];
const GUARDED = [...GOING, 'Retry', 'Catch'];
export const FIELDS: Readonly<Record<StateType, readonly string[]>> = {
  Task: [...GUARDED, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Parallel: [...GUARDED, 'Branches', 'Arguments'],
  Map: [...GUARDED, 'Items', 'ItemSelector', 'ItemProcessor', 'MaxConcurrency'],
  Pass: GOING,
  Wait: [...GOING, 'Seconds', 'Timestamp'],
  Choice: [...EVERY, 'Choices', 'Default', 'Output', 'Assign'],
  Succeed: [...EVERY, 'Output'],
  Fail: [...EVERY, 'Error', 'Cause'],
};
/** States that mean the same in both query languages; whatever else JSONPath has is not simulated. */
export const JSON_PATH_FIELDS: Readonly<Partial<Record<StateType, readonly string[]>>> = {
  Pass: [...EVERY, 'Next', 'End', 'Result'],
  Wait: [...EVERY, 'Next', 'End', 'Seconds', 'Timestamp'],
  Parallel: [...EVERY, 'Next', 'End', 'Branches'],
  Succeed: EVERY,
  Fail: [...EVERY, 'Error', 'Cause'],
};
export const NOT_SIMULATED = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'Label',
  'Credentials',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
];

export const isStateType = (type: unknown): type is StateType => TYPES.some((known) => known === type);
