import { denialMessage } from '../iam/authorization.ts';
import type { Iam } from '../iam/iam.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type CallContext, type Caller, type Operation, ServiceError } from '../kernel/service.ts';
import type { WireRequest } from '../kernel/wire.ts';
import { authenticate } from './authentication.ts';
import { decompressed } from './content-encoding.ts';
import type { Endpoint } from './directory.ts';
import { type Manners, mannersOf } from './manners.ts';
import type { Problem } from './problems.ts';
import { formOf } from './protocol-query.ts';
import { validate } from './validation.ts';

/** One request on its way through the account. */
export type Call = {
  readonly request: WireRequest;
  readonly endpoint: Endpoint;
  readonly requestId: string;
  /** Sorts calls of one instant, whoever they come from. */
  readonly key: string;
  /** `<Service>.<Operation>`; the operation as written where the model has no such one. */
  readonly name: string;
  readonly operationName: string;
};

export type Checks = { readonly kernel: Kernel; readonly iam: Iam };

export const mannersFor = ({ endpoint }: Pick<Call, 'endpoint'>): Manners =>
  mannersOf(endpoint.model, endpoint.protocolName);

/** Who calls. @throws {ServiceError} The service's own error for a signature that does not hold. */
export function callerOf(checks: Checks, call: Call): Caller {
  const answer = authenticate(checks, call.request);
  if ('caller' in answer) return answer.caller;
  const [code, status] = mannersFor(call).authentication[answer.failure];
  throw new ServiceError(code, answer.message, { status });
}

/**
 * The operation and its input. What the account does not know is refused and logged, so that nobody mistakes
 * silence for success.
 *
 * @throws {ServiceError} The service's own error for an unknown operation or an input that its model forbids.
 */
export function understand({ kernel }: Checks, call: Call): { operation: Operation; input: never } {
  const { request, endpoint, operationName, name } = call;
  const { model, protocol, service } = endpoint;
  const [operation, described] = [own(service.operations, operationName), own(model.operations, operationName)];
  if (isForm(endpoint)) checkEnvelope(call);
  if (operation === undefined || described === undefined) {
    kernel.log.write('refused', { operation: name, reason: 'This operation is not simulated.' });
    throw mannersFor(call).unknownOperation(operationName, model.metadata.apiVersion);
  }
  const unreadable: Problem[] = [];
  const plain = endpoint.protocolName === 'rest-xml' ? request : decompressed(request, unreadable);
  const { input, problems } = protocol.decode(model, operationName, plain);
  const forbidden = described.input === undefined ? [] : validate(model, described.input.shape, input);
  const unread = [...unreadable, ...problems];
  const all = [...unread, ...forbidden.filter((problem) => !isMoot(problem, unread))];
  const unknown = all.filter(({ kind }) => kind === 'unknown');
  if (unknown.length > 0) kernel.log.write('refused', { operation: name, reason: 'Unknown parameters.', unknown });
  if (all.length > 0) throw mannersFor(call).invalid(all);
  return { operation, input: input as never };
}

/** What could not be read is no member that is missing. */
const isMoot = ({ kind, path }: Problem, unread: readonly Problem[]) =>
  kind === 'missing' &&
  unread.some((other) => other.kind === 'type' && other.path.every((part, index) => part === path[index]));

const isForm = ({ protocolName }: Endpoint) => protocolName === 'query' || protocolName === 'ec2';

/**
 * Forms name their action and the version of the API. EC2 keeps all its versions, and takes one for granted.
 *
 * @throws {ServiceError} `MissingAction`; `InvalidAction` for another version. Source: IAM API Reference, "Common Errors".
 */
function checkEnvelope(call: Call): void {
  const { request, endpoint, operationName } = call;
  const form = formOf(request);
  const parameter = (wanted: string) => form.find(([name]) => name === wanted)?.[1];
  if (!parameter('Action')) {
    throw new ServiceError('MissingAction', 'The request is missing an action or a required parameter.', {
      status: 400,
    });
  }
  const version = parameter('Version');
  if (endpoint.protocolName === 'ec2' || version === endpoint.model.metadata.apiVersion) return;
  throw mannersFor(call).unknownOperation(operationName, version);
}

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Asks IAM for every permission of a call. @throws {ServiceError} The refusal of the first one that is missing. */
export function permit(
  { iam }: Checks,
  call: Call,
  { operation, input }: ReturnType<typeof understand>,
  context: CallContext,
): void {
  for (const permission of operation.needs(input, context)) {
    const decision = iam.authorize(context.caller, permission);
    if (decision.allowed) continue;
    if (permission.refusal !== undefined) {
      const { code, message } = permission.refusal;
      throw new ServiceError(code, message);
    }
    const { denied, deniedMessage } = mannersFor(call);
    const message = deniedMessage(denialMessage(context.caller, permission, decision));
    throw new ServiceError(denied[0], message, { status: denied[1] });
  }
}
