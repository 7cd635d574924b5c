import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Invocation, Outcome } from '../../lambda/runner.ts';
import type { MetricStore } from '../cloudwatch/metric-store.ts';
import type { createEnvironments, LiveEnvironment } from './environments.ts';
import type { FunctionStore, FunctionVersion } from './functions.ts';

/** How an invocation ended, as its caller sees it. `errorType` is the name that Step Functions matches. */
export type InvocationResult =
  | { readonly ok: true; readonly payload: string; readonly executedVersion: string }
  | {
      readonly ok: false;
      readonly errorType: string;
      readonly errorMessage: string;
      readonly payload: string;
      readonly executedVersion: string;
    };

export type RunRequest = {
  readonly version: FunctionVersion;
  readonly invokedArn: string;
  readonly payload: string;
  readonly requestId: string;
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly functions: FunctionStore;
  readonly environments: ReturnType<typeof createEnvironments>;
  readonly metrics: Pick<MetricStore, 'record'> | undefined;
};

/** Source: Lambda Developer Guide, "Lambda quotas": synchronous payload, concurrent executions. */
const payloadLimit = 6 * 1024 * 1024;
const accountConcurrency = 1000;

/**
 * Runs a function once: environment, start, time-out, result.
 *
 * @throws {ServiceError} `TooManyRequestsException`, `RequestTooLargeException`: the function was not started.
 */
export function createInvocations({ kernel, functions, environments, metrics }: Dependencies) {
  const { clock, random, log, timings } = kernel;
  let lastNumber = 0;

  const count = (metricName: string, functionName: string, value = 1) =>
    metrics?.record({ namespace: 'AWS/Lambda', metricName, dimensions: { FunctionName: functionName }, value });

  const admit = ({ version: { functionName }, payload }: RunRequest) => {
    if (Buffer.byteLength(payload) > payloadLimit) {
      throw new ServiceError(
        'RequestTooLargeException',
        `Request must be smaller than ${payloadLimit} bytes for the InvokeFunction operation`,
        { status: 413 },
      );
    }
    const reserved = functions.reservedConcurrency(functionName);
    const isFull = reserved !== undefined && environments.busy(functionName) >= reserved;
    if (!isFull && environments.busy() < accountConcurrency) return;
    count('Throttles', functionName);
    throw new ServiceError('TooManyRequestsException', 'Rate Exceeded.', {
      status: 429,
      members: {
        Reason: isFull ? 'ReservedFunctionConcurrentInvocationLimitExceeded' : 'ConcurrentInvocationLimitExceeded',
      },
    });
  };

  return async (request: RunRequest): Promise<InvocationResult> => {
    const { version, requestId } = request;
    const { functionName } = version;
    admit(request);
    const { live, isCold } = environments.take(version);
    const number = ++lastNumber;
    const [low, high] = isCold ? timings.coldStart : timings.warmStart;
    const startDelay = random.between(low, high, 'function-start', functionName, requestId);
    count('Invocations', functionName);
    log.write('function.invoked', {
      functionName,
      version: version.version,
      requestId,
      start: isCold ? 'cold' : 'warm',
    });

    return new Promise((resolve) => {
      const finish = (startedAt: number, outcome: Outcome) => {
        if (outcome.kind === 'exited') environments.discard(version, live);
        else environments.giveBack(live);
        const result = toResult(version, limitSize(outcome));
        report(request, result, clock.now() - startedAt);
        resolve(result);
      };
      clock.after(startDelay, () => {
        const startedAt = clock.now();
        const timeoutMs = version.timeoutSeconds * 1000;
        const alarm = clock.after(timeoutMs, () => finish(startedAt, timedOut(request)));
        live.environment.invoke(toInvocation(request, live, number, startedAt + timeoutMs), (outcome) => {
          alarm.cancel();
          finish(startedAt, outcome);
        });
      });
    });
  };

  function report({ version: { functionName }, requestId }: RunRequest, result: InvocationResult, durationMs: number) {
    const failure = result.ok ? {} : { error: result.errorType };
    count('Duration', functionName, durationMs);
    count('Errors', functionName, result.ok ? 0 : 1);
    log.write('function.ended', { functionName, requestId, durationMs, ...failure });
  }

  function toInvocation(
    { version, invokedArn, payload, requestId }: RunRequest,
    live: LiveEnvironment,
    number: number,
    deadline: number,
  ): Invocation {
    const seconds = Math.floor(clock.now() / 1000).toString(16);
    const sampled = version.tracing === 'Active' ? 1 : 0;
    return {
      number,
      requestId,
      payload,
      deadline,
      randomSeed: random.hex(32, 'invocation', live.environmentId, requestId),
      traceId: `Root=1-${seconds}-${random.hex(24, 'trace', requestId)};Parent=${random.hex(16, 'segment', requestId)};Sampled=${sampled}`,
      context: {
        functionName: version.functionName,
        functionVersion: version.version,
        invokedFunctionArn: invokedArn,
        memoryLimitInMB: String(version.memoryMegabytes),
        logGroupName: version.logGroupName,
        logStreamName: live.logStreamName,
      },
    };
  }
}

function toResult({ version }: FunctionVersion, outcome: Outcome): InvocationResult {
  if (outcome.kind === 'returned') return { ok: true, payload: outcome.payload, executedVersion: version };
  const { errorType, errorMessage } = outcome.error;
  return { ok: false, errorType, errorMessage, payload: JSON.stringify(outcome.error), executedVersion: version };
}

function limitSize(outcome: Outcome): Outcome {
  if (outcome.kind !== 'returned' || Buffer.byteLength(outcome.payload) <= payloadLimit) return outcome;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${payloadLimit} bytes).`;
  return { kind: 'threw', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

/** Lambda ends the environment with the invocation. */
function timedOut({ version, requestId }: RunRequest): Outcome {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${version.timeoutSeconds.toFixed(2)} seconds`;
  return { kind: 'exited', error: { errorType: 'Sandbox.Timedout', errorMessage } };
}
