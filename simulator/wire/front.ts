import type { Iam } from '../iam/iam.ts';
import type { EventLog } from '../kernel/event-log.ts';
import type { CallFault } from '../kernel/faults.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Caller, type Service, ServiceError } from '../kernel/service.ts';
import { ConnectionLost, type Front, type WireRequest, type WireResponse } from '../kernel/wire.ts';
import { createDirectory, type Endpoint, serviceNameOf } from './directory.ts';
import { xmlReply } from './protocol-query.ts';
import { type Call, callerOf, mannersFor, permit, understand } from './request-checks.ts';
import { hasReadableUri } from './request-uri.ts';
import { wireErrorOf } from './wire-errors.ts';
import { element, escapeXml } from './xml-output.ts';

export type FrontOptions = {
  readonly kernel: Kernel;
  readonly iam: Iam;
  readonly services: readonly Service[];
  /** Ends the environment of a function that a fault has killed. */
  readonly onKill?: (functionName: string, key: string) => void;
};

type Effect = CallFault['effect'] | undefined;
type Reply = (response: WireResponse, effect?: Effect) => void;

/**
 * The AWS services of the account behind one address: finds the service by signature, checks who calls and whether
 * the request is one that the model allows, asks IAM for every permission, runs the operation and encodes its output.
 *
 * Half of a call's latency passes before the operation, half after it.
 */
export function createFront({ kernel, iam, services, onKill }: FrontOptions): Front {
  const { clock, log, random, timings, faults } = kernel;
  const endpointOf = createDirectory(services);
  const checks = { kernel, iam };
  let fromOutside = 0;

  return (request) =>
    new Promise((resolve, reject) => {
      const key = request.origin?.key ?? `external/${String(fromOutside++).padStart(9, '0')}`;
      const latency = random.between(...timings.awsCall, 'aws-call', key);
      const reply: Reply = (response, effect) => {
        const slower = effect?.kind === 'slow' ? effect.delayMs : 0;
        clock.after(latency / 2 + slower, () => {
          if (isLost(request, key, effect)) reject(new ConnectionLost('The reply was lost.'));
          else resolve(dated(response));
        });
      };
      clock.arrive(key, () => {
        clock.after(latency / 2, () => {
          // A mistake in the account is the end of one request, not of the account.
          try {
            handle(request, key, reply);
          } catch (error) {
            reject(error);
          }
        });
      });
    });

  function isLost({ origin }: WireRequest, key: string, effect: Effect): boolean {
    if (effect?.kind !== 'killed') return effect?.kind === 'lost';
    log.write('fault.killed', { functionName: origin?.functionName });
    if (origin !== undefined) onKill?.(origin.functionName, key);
    return true;
  }

  function dated(response: WireResponse): WireResponse {
    return { ...response, headers: { ...response.headers, date: new Date(clock.now()).toUTCString() } };
  }

  function handle(request: WireRequest, key: string, reply: Reply): void {
    const requestId = random.uuid('aws-request', key);
    const isReadable = hasReadableUri(request);
    const understood = isReadable ? request : { ...request, path: '/' };
    const endpoint = endpointOf(understood);
    if (endpoint === undefined || !isReadable) {
      reply(endpoint ? refuseUri(log, endpoint, request, requestId) : refuseService(understood, requestId));
      return;
    }
    const operationName = endpoint.protocol.operationOf(endpoint.model, request) ?? `${request.method} ${request.path}`;
    const name = `${endpoint.service.name}.${operationName}`;
    run({ request, endpoint, requestId, key, name, operationName }, reply);
  }

  function run(call: Call, reply: Reply): void {
    const { endpoint, request, requestId, operationName } = call;
    let caller: Caller | undefined;
    let effect: Effect;
    const finish = (response: WireResponse, error?: string, message?: string) => {
      const functionName = request.origin?.functionName ?? caller?.functionName;
      // A function's own log has the message; somebody outside may have nobody to ask.
      const reason = functionName === undefined ? message : undefined;
      const about = { ...(functionName && { functionName }), ...(error && { error }), ...(reason && { reason }) };
      log.write('call.aws', { operation: call.name, ...about });
      reply(response, effect);
    };
    const fail = (error: unknown) => {
      const known = error instanceof ServiceError ? error : defect(call, error);
      const wire = wireErrorOf(endpoint.model, known);
      finish(
        endpoint.protocol.encodeError({ model: endpoint.model, requestId }, wire, request),
        wire.name,
        wire.message,
      );
    };
    const succeed = (output: unknown) => {
      let response: WireResponse;
      try {
        const fields = (output ?? {}) as Readonly<Record<string, unknown>>;
        response = endpoint.protocol.encode({ model: endpoint.model, operation: operationName, requestId }, fields);
      } catch (error) {
        fail(error);
        return;
      }
      finish(response);
    };

    try {
      caller = callerOf(checks, call);
      const context = { caller, requestId };
      const understood = understand(checks, call);
      permit(checks, call, understood, context);
      effect = faults.onCall(call.name, request.origin?.functionName ?? caller.functionName);
      if (effect?.kind === 'error') throw new ServiceError(effect.code, effect.message, { status: effect.status });
      const { operation, input } = understood;
      const result = operation.run(input, context);
      if (!(result instanceof Promise)) succeed(result);
      else receive(call, operation.takesTime ?? false, result, { succeed, fail });
    } catch (error) {
      fail(error);
    }
  }

  /** Computing holds the clock; what waits for account time does not. Either way the result comes in by its key. */
  function receive(
    { key }: Call,
    takesTime: boolean,
    result: Promise<unknown>,
    { succeed, fail }: Record<'succeed' | 'fail', (result: unknown) => void>,
  ): void {
    const settled = result.then(
      (output) => clock.arrive(key, () => succeed(output)),
      (error: unknown) => clock.arrive(key, () => fail(error)),
    );
    void (takesTime ? settled : clock.busy(settled));
  }

  /** A mistake in the account itself: loud in the log, a server error for the caller. */
  function defect(call: Call, error: unknown): ServiceError {
    const [code, status] = mannersFor(call).internal;
    log.write('defect', { operation: call.name, error: error instanceof Error ? error.stack : String(error) });
    return new ServiceError(code, `The simulated account failed: ${String(error)}`, { status });
  }

  function refuseService(request: WireRequest, requestId: string): WireResponse {
    const service = serviceNameOf(request) ?? 'unsigned';
    const written = request.headers['smithy-protocol'] ?? request.headers['content-type'] ?? 'no content type';
    const reason = `Not simulated: service "${service}" in "${written}" at ${request.method} ${request.path}.`;
    log.write('refused', { reason });
    return notSimulated(request, requestId, reason);
  }
}

/** Nobody can tell what is asked. The service says so that everything but the URI speaks of. */
function refuseUri(log: EventLog, endpoint: Endpoint, { method, path, headers, body }: WireRequest, requestId: string) {
  const { model, protocol, service } = endpoint;
  const error = wireErrorOf(model, mannersFor({ endpoint }).unreadableUri());
  log.write('call.aws', { operation: `${service.name}.${method} ${path}`, error: error.name, reason: error.message });
  return protocol.encodeError({ model, requestId }, error, { method, path: '/', headers, body });
}

/** For a service that is not there nobody can tell the protocol; its clients read XML if they write forms. */
function notSimulated({ headers }: WireRequest, requestId: string, reason: string): WireResponse {
  if (/^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '')) {
    const parts = element('Code', 'NotSimulated') + element('Message', escapeXml(reason));
    const content = element('Error', parts) + element('RequestId', requestId);
    return xmlReply(501, requestId, element('ErrorResponse', content));
  }
  const body = Buffer.from(JSON.stringify({ __type: 'NotSimulated', message: reason }));
  return { status: 501, headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId }, body };
}
