import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Caller, ServiceError } from '../../kernel/service.ts';
import { isJsonObject, type Json, type JsonObject } from '../../states-language/json.ts';
import type { TaskRequest, TaskSignals } from '../../states-language/run.ts';
import { StatesError } from '../../states-language/states-error.ts';
import { afterCall, calledError, demand, requestIdOf, sdkMetadata } from './task-calls.ts';
import type { TaskTokens } from './task-tokens.ts';

/** How a synchronous invocation of a function ended; `errorType` is the error name that a state sees. */
export type InvocationResult =
  | { readonly ok: true; readonly payload: string; readonly executedVersion?: string }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string; readonly payload: string };

/** Invokes a function and waits for it, in account time. Rejects with `ServiceError` where Lambda refuses. */
export type InvokeFunction = (invocation: {
  readonly functionArn: string;
  readonly payload: string;
  readonly caller: Caller;
}) => Promise<InvocationResult>;

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Iam, 'authorize'>;
  readonly invokeFunction: InvokeFunction;
  readonly tokens: TaskTokens;
};

/** Arguments of lambda:invoke that are simulated. */
export const LAMBDA_ARGUMENTS = ['FunctionName', 'Payload', 'Qualifier', 'InvocationType'];
const LAMBDA = { prefix: 'Lambda', service: 'AWSLambda' } as const;

/** `arn:aws:states:::lambda:invoke`: the result is Lambda's reply with the payload as JSON. */
export function createLambdaTask({ kernel, iam, invokeFunction, tokens }: Dependencies) {
  return (task: TaskRequest, caller: Caller, signals: TaskSignals): (() => void) => {
    const problem = argumentProblem(task.arguments);
    if (problem !== undefined) {
      return afterCall(kernel, task, () => signals.failed(new StatesError('States.Runtime', problem)));
    }
    const forget = task.token === undefined ? () => {} : tokens.open(task.token, signals);
    const cancel = kernel.clock.after(0, () => void invoke(task, caller, signals)).cancel;
    return () => {
      cancel();
      forget();
    };
  };

  async function invoke(task: TaskRequest, caller: Caller, signals: TaskSignals): Promise<void> {
    const requestId = requestIdOf(kernel, task);
    try {
      const { Payload = {}, ...target } = task.arguments as JsonObject;
      const functionArn = functionArnOf(kernel, target);
      demand(iam, caller, { action: 'lambda:InvokeFunction', resource: functionArn }, 403);
      const result = await invokeFunction({ functionArn, payload: JSON.stringify(Payload), caller });
      if (!result.ok) signals.failed(new StatesError(result.errorType, result.payload));
      else if (task.token === undefined) signals.succeeded(replyOf(kernel, requestId, { functionArn, ...result }));
      else signals.submitted(replyOf(kernel, requestId, { functionArn, ...result }));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      signals.failed(calledError(error, LAMBDA, requestId));
    }
  }
}

function argumentProblem(given: Json): string | undefined {
  if (!isJsonObject(given) || typeof given.FunctionName !== 'string') {
    return "The Parameters for the resource 'lambda:invoke' need a string 'FunctionName'.";
  }
  const others = Object.keys(given).filter((name) => !LAMBDA_ARGUMENTS.includes(name));
  if (others.length > 0) return `Not simulated: the arguments ${others.join(', ')} of lambda:invoke`;
  const { InvocationType = 'RequestResponse' } = given;
  return InvocationType === 'RequestResponse' ? undefined : `Not simulated: InvocationType ${String(InvocationType)}`;
}

/** Lambda takes a name, a name with its account, or an ARN, each with a qualifier or without. */
function functionArnOf({ identity }: Kernel, { FunctionName, Qualifier }: JsonObject): string {
  const given = String(FunctionName);
  const named = given.startsWith('arn:') ? given : completeArn(identity, given);
  return Qualifier === undefined ? named : `${named}:${String(Qualifier)}`;
}

function completeArn({ partition, region, accountId }: Kernel['identity'], given: string): string {
  const partial = /^(\d{12}):function:(.+)$/.exec(given);
  const [account, name] = partial === null ? [accountId, given] : [partial[1], partial[2]];
  return `arn:${partition}:lambda:${region}:${account}:function:${name}`;
}

type Reply = { readonly functionArn: string; readonly payload: string; readonly executedVersion?: string };

function replyOf(kernel: Kernel, requestId: string, { functionArn, payload, executedVersion }: Reply): JsonObject {
  const qualifier = functionArn.split(':')[7];
  return {
    ExecutedVersion: executedVersion ?? qualifier ?? '$LATEST',
    Payload: readPayload(payload),
    ...sdkMetadata(kernel, requestId, payload, 'application/json'),
    StatusCode: 200,
  };
}

/** A function that returns nothing gives null; text that is not JSON stays text. */
function readPayload(payload: string): Json {
  if (payload === '') return null;
  try {
    return JSON.parse(payload);
  } catch (error) {
    if (error instanceof SyntaxError) return payload;
    throw error;
  }
}
