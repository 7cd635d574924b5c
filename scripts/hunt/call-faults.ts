import type { CallFault, Fault } from '../../simulator/kernel/faults.ts';

/** A call that a run makes: of one function, and how often. */
export type ObservedCall = { readonly functionName: string; readonly operation: string; readonly count: number };

/** What is done to a call. `down` goes on for longer than anybody retries at once. */
export const effects = ['throttled', 'unavailable', 'down', 'lost', 'slow', 'killed'] as const;
export type EffectName = (typeof effects)[number];

/** The code with which each service throttles; the Kubernetes API server has none but its status. */
const throttling: Readonly<Record<string, readonly [code: string, status: number]>> = {
  AutoScaling: ['Throttling', 400],
  Ec2: ['RequestLimitExceeded', 503],
  Eks: ['ThrottlingException', 429],
  Imagebuilder: ['CallRateLimitExceededException', 429],
  Kubernetes: ['TooManyRequests', 429],
  S3: ['SlowDown', 503],
  Sfn: ['ThrottlingException', 400],
  Sns: ['ThrottledException', 429],
  Ssm: ['ThrottlingException', 400],
  Sts: ['Throttling', 400],
};
const unavailable: Readonly<Record<string, readonly [code: string, status: number]>> = {
  AutoScaling: ['InternalFailure', 500],
  Ec2: ['Unavailable', 503],
  Eks: ['ServerException', 500],
  Imagebuilder: ['ServiceUnavailableException', 503],
  Kubernetes: ['ServiceUnavailable', 503],
  S3: ['InternalError', 500],
  Sfn: ['InternalFailure', 500],
  Sns: ['InternalError', 500],
  Ssm: ['InternalServerError', 500],
  Sts: ['InternalFailure', 500],
};

/** The SDK tries three times; a fault that it would swallow tries nobody. */
const sdkAttempts = 3;
/** More than the machine tries too, eight retries of three attempts. */
const manyAttempts = 40;
/** Longer than any function may run. */
const slowMs = 200_000;

const refusal = (codes: typeof throttling, operation: string): CallFault['effect'] => {
  const [code, status] = codes[operation.split('.')[0] ?? ''] ?? ['InternalFailure', 500];
  return { kind: 'error', code, message: 'Injected.', status };
};

/** The faults that bring an effect about, from the n-th of the calls on. */
export function callFaults(
  { functionName, operation }: Omit<ObservedCall, 'count'>,
  nth: number,
  effect: EffectName,
): Fault[] {
  const at = (offset: number, is: CallFault['effect']): Fault => ({
    ...{ at: 'call', operation, functionName, nth: nth + offset, effect: is },
  });
  const repeat = (times: number, is: CallFault['effect']) =>
    Array.from({ length: times }, (_, offset) => at(offset, is));
  switch (effect) {
    case 'throttled':
      return repeat(sdkAttempts, refusal(throttling, operation));
    case 'unavailable':
      return repeat(sdkAttempts, refusal(unavailable, operation));
    case 'down':
      return repeat(manyAttempts, refusal(unavailable, operation));
    case 'slow':
      return [at(0, { kind: 'slow', delayMs: slowMs })];
    case 'lost':
    case 'killed':
      return [at(0, { kind: effect })];
  }
}
