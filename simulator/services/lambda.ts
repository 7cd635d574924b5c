import { denialMessage } from '../iam/authorization.ts';
import type { Iam } from '../iam/iam.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Caller, type Service, ServiceError } from '../kernel/service.ts';
import type { RequestOrigin } from '../kernel/wire.ts';
import type { Runner } from '../lambda/runner.ts';
import type { MetricStore } from './cloudwatch/metric-store.ts';
import {
  createAsynchronousInvocations,
  type DestinationDelivery,
  type EventInvokeConfig,
} from './lambda/asynchronous.ts';
import { createEnvironments, type WriteLog } from './lambda/environments.ts';
import {
  createFunctionStore,
  type FunctionConfig,
  type FunctionVersion,
  functionNotFound,
} from './lambda/functions.ts';
import { createInvocations, type InvocationResult } from './lambda/invocation.ts';
import { createLambdaOperations } from './lambda/operations.ts';
import { createFunctionPolicies, type FunctionPermission } from './lambda/permissions.ts';

export type InvokeRequest = {
  readonly functionArn: string;
  readonly payload: Buffer | string;
  readonly caller: Caller;
};

/** The functions of the account. */
export type Lambda = {
  readonly service: Service;
  /** @throws {ServiceError} `InvalidParameterValueException`, `ResourceConflictException`. */
  readonly createFunction: (config: FunctionConfig) => Promise<{ readonly arn: string }>;
  readonly deleteFunction: (functionName: string) => void;
  readonly publishVersion: (functionName: string) => { readonly arn: string; readonly version: string };
  readonly addPermission: (functionArn: string, permission: FunctionPermission) => void;
  readonly removePermission: (functionArn: string, statementId: string) => void;
  /** For the function or version that the ARN names, and for no other. */
  readonly setEventInvokeConfig: (functionArn: string, config: EventInvokeConfig) => void;
  readonly functionByArn: (functionArn: string) => FunctionVersion | undefined;
  /**
   * Runs a function and waits for its end, in account time.
   *
   * @throws {ServiceError} `AccessDeniedException`, `ResourceNotFoundException`, `TooManyRequestsException`,
   * `RequestTooLargeException`: it was not started. Errors of the function itself are results.
   */
  readonly invoke: (request: InvokeRequest) => Promise<InvocationResult>;
  /** Puts an event into Lambda's queue. EventBridge, Scheduler and the Invoke operation have authorised their callers. */
  readonly invokeAsync: (request: InvokeRequest) => void;
  /** Who takes events that failed for good to their queue or topic. A ServiceError from it counts as not delivered. */
  readonly onDestination: (handler: (delivery: DestinationDelivery) => void) => void;
  /** Ends the environment that sent a request, as a crash would. */
  readonly kill: (origin: RequestOrigin) => void;
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Iam, 'authorize' | 'mayAssume' | 'credentialsFor' | 'setResourcePolicy'>;
  readonly runner: Runner;
  readonly writeLog: WriteLog;
  readonly metrics?: Pick<MetricStore, 'record'>;
};

export function createLambda({ kernel, iam, runner, writeLog, metrics }: Dependencies): Lambda {
  const functions = createFunctionStore({ kernel, iam });
  const policies = createFunctionPolicies(iam);
  const environments = createEnvironments({ kernel, iam, runner, writeLog });
  const run = createInvocations({ kernel, functions, environments, metrics });
  const queue = createAsynchronousInvocations({ kernel, functions, run, metrics });
  let invoked = 0;

  const existing = (functionArn: string): FunctionVersion => {
    const version = functions.find(functionArn);
    if (version === undefined) throw functionNotFound(functionArn);
    return version;
  };

  return {
    service: {
      model: 'lambda',
      name: 'Lambda',
      operations: createLambdaOperations({ functions, run, accept: queue.accept }),
    },
    createFunction: async (config) => ({ arn: (await functions.create(config)).arn }),
    deleteFunction(functionName) {
      environments.discardAll(functionName);
      functions.remove(functionName);
    },
    publishVersion: (functionName) => functions.publish(functionName),
    addPermission(functionArn, permission) {
      existing(functionArn);
      policies.add(functionArn, permission);
    },
    removePermission: policies.remove,
    setEventInvokeConfig(functionArn, config) {
      existing(functionArn);
      queue.configure(functionArn, config);
    },
    functionByArn: (functionArn) => functions.find(functionArn),
    async invoke({ functionArn, payload, caller }) {
      const permission = { action: 'lambda:InvokeFunction', resource: functionArn };
      const decision = iam.authorize(caller, permission);
      if (!decision.allowed) {
        throw new ServiceError('AccessDeniedException', denialMessage(caller, permission, decision), { status: 403 });
      }
      const requestId = kernel.random.uuid('invocation', functionArn, ++invoked);
      return run({ version: existing(functionArn), invokedArn: functionArn, payload: payload.toString(), requestId });
    },
    invokeAsync: ({ functionArn, payload }) => void queue.accept({ functionArn, payload: payload.toString() }),
    onDestination: queue.onDestination,
    kill: runner.kill,
  };
}
