import { AccessDenied, AwsUnavailable } from '../domain/errors.ts';

type AwsError = Error & {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: object;
};

/** Throttling and the like, as each service words it; many of these come with status 400. */
const transient = new Set([
  'CallRateLimitExceededException',
  'KMSThrottlingException',
  'KmsThrottlingException',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestTimeout',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);
const refusals = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'ForbiddenException',
  'UnauthorizedOperation',
]);
const connectionErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT']);

const tooManyRequests = 429;

const mayWorkLater = (error: AwsError): boolean =>
  transient.has(error.name) ||
  error.$metadata?.httpStatusCode === tooManyRequests ||
  (error.$metadata?.httpStatusCode ?? 0) >= 500 ||
  error.name === 'TimeoutError' ||
  connectionErrors.has((error as NodeJS.ErrnoException).code ?? '');

/** True when an error is the one that AWS calls `name`, modelled or not. */
export const isAwsError = (error: unknown, ...names: readonly string[]): error is Error =>
  error instanceof Error && names.includes(error.name);

/**
 * The answer of one AWS call, with its failures in our own words: what may work later and what IAM refused. All other
 * errors keep the name that AWS gave them, for the caller to know or for the console to show.
 *
 * @param action as IAM writes it, such as `autoscaling:StartInstanceRefresh`.
 * @throws {AwsUnavailable} Throttled, failed or unreachable, also after the SDK's retries.
 * @throws {AccessDenied} The function's role lacks a right.
 */
export async function awsCall<Output>(action: string, subject: string, send: () => Promise<Output>): Promise<Output> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (mayWorkLater(error)) throw new AwsUnavailable(`${action} on ${subject}: ${error.message}`, { cause: error });
    if (!refusals.has(error.name)) throw error;
    throw new AccessDenied(
      `${action} on ${subject} was refused: ${error.message}. Grant the role of this function what AWS names here.`,
      { cause: error },
    );
  }
}

/** A value that is made when it is first asked for, then kept for the life of the environment. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
