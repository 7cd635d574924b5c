import type { Kernel } from '../../kernel/kernel.ts';
import { type Caller, ServiceError } from '../../kernel/service.ts';
import type { MetricStore } from '../cloudwatch/metric-store.ts';
import { roleSession } from '../kms/authority.ts';
import type { FunctionStore } from './functions.ts';
import type { InvocationResult, RunRequest } from './invocation.ts';

/** How asynchronous invocations of a function are repeated and where they go in the end. */
export type EventInvokeConfig = {
  /** 0 to 2. */
  readonly maximumRetryAttempts?: number;
  /** 60 to 21600. */
  readonly maximumEventAgeSeconds?: number;
  /** ARN of a queue or topic. */
  readonly onFailure?: string;
};

/** A record for the destination of a failed event, sent in the name of the function's role. */
export type DestinationDelivery = { readonly destinationArn: string; readonly body: string; readonly caller: Caller };

type Event = {
  readonly functionArn: string;
  readonly payload: string;
  readonly requestId: string;
  readonly receivedAt: number;
};
type Condition = 'RetriesExhausted' | 'EventAgeExceeded';

type Dependencies = {
  readonly kernel: Kernel;
  readonly functions: FunctionStore;
  readonly run: (request: RunRequest) => Promise<InvocationResult>;
  readonly metrics: Pick<MetricStore, 'record'> | undefined;
};

/** Source: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation". */
const retryDelaysMs = [60_000, 120_000];
const throttleDelayMs = (throttles: number) => Math.min(300_000, 1000 * 2 ** throttles);
/** An asynchronous payload may have 1 MB, 256 KB until 2025. Not confirmed. */
const asyncPayloadLimit = 1024 * 1024;

/** Lambda's queue of asynchronous invocations. */
export function createAsynchronousInvocations({ kernel, functions, run, metrics }: Dependencies) {
  const { clock, random, log, timings } = kernel;
  const configs = new Map<string, EventInvokeConfig>();
  const handlers: ((delivery: DestinationDelivery) => void)[] = [];
  let accepted = 0;

  const configOf = (functionArn: string) => configs.get(functionArn) ?? {};
  const isTooOld = ({ functionArn, receivedAt }: Event) =>
    clock.now() - receivedAt >= (configOf(functionArn).maximumEventAgeSeconds ?? 21_600) * 1000;

  const attempt = async (event: Event, failures: number, throttles: number): Promise<void> => {
    const { functionArn, payload, requestId } = event;
    const version = functions.find(functionArn);
    if (version === undefined) return log.write('function.event-lost', { functionArn, requestId });
    if (isTooOld(event)) return giveUp(event, 'EventAgeExceeded', failures, undefined);
    const result = await run({ version, invokedArn: functionArn, payload, requestId }).catch((error: unknown) => {
      if (!isThrottle(error)) throw error;
      clock.after(throttleDelayMs(throttles), () => void attempt(event, failures, throttles + 1));
    });
    if (result?.ok === false) retry(event, failures + 1, result);
  };
  const retry = (event: Event, failures: number, result: InvocationResult) => {
    const delay = retryDelaysMs[failures - 1];
    const isExhausted = failures > (configOf(event.functionArn).maximumRetryAttempts ?? 2);
    if (isExhausted || delay === undefined) return giveUp(event, 'RetriesExhausted', failures, result);
    clock.after(delay, () => void attempt(event, failures, 0));
  };
  const giveUp = (event: Event, condition: Condition, attempts: number, result: InvocationResult | undefined) => {
    const { functionArn, requestId } = event;
    const version = functions.find(functionArn);
    const { onFailure } = configOf(functionArn);
    log.write('function.event-failed', {
      functionArn,
      requestId,
      condition,
      attempts,
      destination: onFailure ?? 'none',
    });
    metrics?.record({
      namespace: 'AWS/Lambda',
      metricName: 'AsyncEventsDropped',
      dimensions: { FunctionName: version?.functionName ?? '' },
      value: 1,
    });
    if (onFailure === undefined || version === undefined) return;
    if (handlers.length === 0) throw new Error(`Nobody delivers to the destination ${onFailure} of ${functionArn}`);
    const body = envelope(event, condition, attempts, result, new Date(clock.now()));
    const caller = roleSession(version.role, version.functionName);
    for (const handler of handlers) deliver(handler, { destinationArn: onFailure, body, caller }, version.functionName);
  };
  const deliver = (
    handler: (delivery: DestinationDelivery) => void,
    delivery: DestinationDelivery,
    functionName: string,
  ) => {
    try {
      handler(delivery);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      log.write('function.destination-failed', {
        functionName,
        destination: delivery.destinationArn,
        error: error.message,
      });
      metrics?.record({
        namespace: 'AWS/Lambda',
        metricName: 'DestinationDeliveryFailures',
        dimensions: { FunctionName: functionName },
        value: 1,
      });
    }
  };

  return {
    /** @throws {ServiceError} `InvalidParameterValueException`. */
    configure(functionArn: string, config: EventInvokeConfig): void {
      check(config);
      configs.set(functionArn, config);
    },
    configOf,
    onDestination: (handler: (delivery: DestinationDelivery) => void) => void handlers.push(handler),
    /** Puts an event into the queue and answers with its request id. Whoever calls this has been authorised. */
    accept({ functionArn, payload }: { readonly functionArn: string; readonly payload: string }): string {
      if (Buffer.byteLength(payload) > asyncPayloadLimit) {
        throw new ServiceError(
          'RequestTooLargeException',
          `Request must be smaller than ${asyncPayloadLimit} bytes for the InvokeFunction operation`,
          { status: 413 },
        );
      }
      const requestId = random.uuid('async-invocation', functionArn, ++accepted);
      const event = { functionArn, payload, requestId, receivedAt: clock.now() };
      clock.after(
        random.between(...timings.asyncInvocation, 'async-invocation', requestId),
        () => void attempt(event, 0, 0),
      );
      return requestId;
    },
  };
}

const isThrottle = (error: unknown) => error instanceof ServiceError && error.code === 'TooManyRequestsException';

function check({ maximumRetryAttempts = 2, maximumEventAgeSeconds = 21_600, onFailure }: EventInvokeConfig): void {
  const isRetryValid = Number.isInteger(maximumRetryAttempts) && maximumRetryAttempts >= 0 && maximumRetryAttempts <= 2;
  const isAgeValid = maximumEventAgeSeconds >= 60 && maximumEventAgeSeconds <= 21_600;
  const isDestinationKnown = onFailure === undefined || /^arn:[\w-]+:(sqs|sns):/.test(onFailure);
  if (isRetryValid && isAgeValid && isDestinationKnown) return;
  const what = isDestinationKnown
    ? 'Retry attempts must be 0 to 2, event age 60 to 21600 seconds.'
    : `The destination ${onFailure} is not simulated; queues and topics are.`;
  throw new ServiceError('InvalidParameterValueException', what, { status: 400 });
}

/** Source: Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations". */
function envelope(
  { functionArn, payload, requestId }: Event,
  condition: Condition,
  attempts: number,
  result: InvocationResult | undefined,
  now: Date,
): string {
  const qualified = functionArn.split(':').length > 7 ? functionArn : `${functionArn}:$LATEST`;
  const response = result !== undefined && {
    responseContext: { statusCode: 200, executedVersion: result.executedVersion, functionError: 'Unhandled' },
    responsePayload: JSON.parse(result.payload) as unknown,
  };
  return JSON.stringify({
    version: '1.0',
    timestamp: now.toISOString(),
    requestContext: { requestId, functionArn: qualified, condition, approximateInvokeCount: attempts },
    requestPayload: JSON.parse(payload) as unknown,
    ...response,
  });
}
