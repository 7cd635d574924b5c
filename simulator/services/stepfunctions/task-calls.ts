import { denialMessage } from '../../iam/authorization.ts';
import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Caller, type Permission, ServiceError } from '../../kernel/service.ts';
import type { JsonObject } from '../../states-language/json.ts';
import type { TaskRequest } from '../../states-language/run.ts';
import { StatesError } from '../../states-language/states-error.ts';

/** How errors of a called service are named: the prefix of the names, the service's own in the cause. */
export type Called = {
  readonly prefix: 'Lambda' | 'StepFunctions';
  readonly service: 'AWSLambda' | 'AWSStepFunctions';
};

/** The session in which Step Functions acts as the role of a machine. */
export function roleCaller(
  { identity, random }: Pick<Kernel, 'identity' | 'random'>,
  roleArn: string,
  executionArn: string,
): Caller {
  const roleName = roleArn.split('/').at(-1);
  const session = random.hex(32, 'states-session', executionArn);
  return { arn: `arn:${identity.partition}:sts::${identity.accountId}:assumed-role/${roleName}/${session}`, roleArn };
}

/** @throws {ServiceError} AccessDeniedException */
export function demand(iam: Pick<Iam, 'authorize'>, caller: Caller, permission: Permission, status = 400): void {
  const decision = iam.authorize(caller, permission);
  if (decision.allowed) return;
  throw new ServiceError('AccessDeniedException', denialMessage(caller, permission, decision), { status });
}

/** What a state sees of an error with which a service answered. */
export function calledError(error: ServiceError, called: Called, requestId: string): StatesError {
  const { prefix, service } = called;
  const isModelled = error.code !== 'AccessDeniedException';
  const suffix = prefix === 'Lambda' || error.code.endsWith('Exception') ? error.code : `${error.code}Exception`;
  const name = isModelled ? `${prefix}.${suffix}` : `${prefix}.${service}Exception`;
  const origin = `Service: ${service}; Status Code: ${error.status ?? 400}; Error Code: ${error.code}; Request ID: ${requestId}; Proxy: null`;
  return new StatesError(name, `${error.message} (${origin})`);
}

export const requestIdOf = ({ random }: Pick<Kernel, 'random'>, task: TaskRequest) =>
  random.uuid('states-request', task.key);

/** What Step Functions adds to the reply of a service that it called. */
export function sdkMetadata(kernel: Kernel, requestId: string, body: string, contentType: string): JsonObject {
  const headers = {
    Connection: 'keep-alive',
    'Content-Length': String(Buffer.byteLength(body)),
    'Content-Type': contentType,
    Date: new Date(kernel.clock.now()).toUTCString(),
    'x-amzn-RequestId': requestId,
  };
  const all = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    SdkHttpMetadata: { AllHttpHeaders: all, HttpHeaders: headers, HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: requestId },
  };
}

/** Calls `act` after the time that a call of AWS takes. @returns What calls it off. */
export function afterCall({ clock, random, timings }: Kernel, task: TaskRequest, act: () => void): () => void {
  const [low, high] = timings.awsCall;
  return clock.after(random.between(low, high, 'states-call', task.key), act).cancel;
}
