/**
 * What a state fails with: the error name that Retry and Catch match, and the cause a person reads.
 * Both can be missing, because a Fail state need not give them.
 */
export class StatesError extends Error {
  override readonly name = 'StatesError';
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** Set where a second name matches too: a missed heartbeat is States.Timeout and States.HeartbeatTimeout. */
  readonly alias: string | undefined;

  constructor(error: string | undefined, reason?: string, alias?: string) {
    super(`${error ?? ''}: ${reason ?? ''}`);
    this.error = error;
    this.reason = reason;
    this.alias = alias;
  }
}

/** The error names that Amazon States Language defines; no state may match another name of this prefix. */
export const PREDEFINED_ERRORS: ReadonlySet<string> = new Set([
  'States.ALL',
  'States.BranchFailed',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.HeartbeatTimeout',
  'States.Http.Socket',
  'States.IntrinsicFailure',
  'States.ItemReaderFailed',
  'States.NoChoiceMatched',
  'States.ParameterPathFailure',
  'States.Permissions',
  'States.QueryEvaluationError',
  'States.ResultPathMatchFailure',
  'States.ResultWriterFailed',
  'States.Runtime',
  'States.TaskFailed',
  'States.Timeout',
]);

const BEYOND_WILDCARDS: ReadonlySet<string> = new Set(['States.Runtime', 'States.DataLimitExceeded']);

/**
 * Whether an ErrorEquals list names the error. States.Runtime is never matched, whatever the list says.
 *
 * States.DataLimitExceeded escapes States.ALL as the developer guide says ("Handling errors"); recordings of
 * the service from 2023 show a Catch of States.ALL that did take it, so do not lean on either.
 */
export function matchesError(errorEquals: readonly string[], { error = '', alias }: StatesError): boolean {
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error || name === alias) return true;
    if (BEYOND_WILDCARDS.has(error)) return false;
    if (name === 'States.ALL') return true;
    return name === 'States.TaskFailed' && error !== 'States.Timeout';
  });
}
