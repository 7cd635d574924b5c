import type { CallFault } from '../kernel/faults.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { ConnectionLost, type Front, type WireRequest, type WireResponse } from '../kernel/wire.ts';
import type { ApiContext, ApiReply } from './api-request.ts';
import type { Authorizer, User } from './authorizer.ts';
import { encodeBody } from './body-encoding.ts';
import { answerPath, isHealthPath } from './discovery.ts';
import { dispatch, UnknownPath } from './dispatch.ts';
import { actingUser } from './impersonation.ts';
import { negotiate } from './representation.ts';
import { readRequestBody } from './request-body.ts';
import { parseRequest, type RequestInfo } from './request-info.ts';
import { ApiError, failureStatus, methodNotAllowed, unauthorized } from './status.ts';

/** Proves a bearer token; undefined when it proves nobody. `now` is when the request arrived. */
export type Authenticate = (token: string, now: number) => Promise<User | undefined> | User | undefined;

export type ApiServerOptions = {
  readonly context: ApiContext;
  readonly version: string;
  readonly authenticate: Authenticate;
  readonly authorizer: Authorizer;
  /** Called before each request, so that what is kept lazily, such as leases, is up to date when it is read. */
  readonly refresh: (info: RequestInfo) => void;
  /** Ends the environment of a function that a fault has killed. */
  readonly onKill?: ((functionName: string, key: string) => void) | undefined;
};

/**
 * One cluster's Kubernetes API: a request goes in, and a reply comes out after the time that a call takes, half of it
 * before the request is handled and half of it after.
 */
export function createApiServer(options: ApiServerOptions): Front {
  const { kernel, cluster } = options.context;
  const { clock, timings, random, faults } = kernel;
  let fromOutside = 0;

  return (request) =>
    new Promise((resolve, reject) => {
      const key = request.origin?.key ?? `external/${String(fromOutside++).padStart(9, '0')}`;
      const latency = random.between(...timings.kubernetesCall, 'kubernetes call', cluster, key);
      const handle = (call: Call, user: Identity) => {
        const effect = faults.onCall(`Kubernetes.${call.operation}`, request.origin?.functionName);
        const reply = effect?.kind === 'error' ? faultReply(effect) : answer(options, request, call, user);
        logCall(options, request, call, reply);
        clock.after(latency / 2 + (effect?.kind === 'slow' ? effect.delayMs : 0), () => {
          if (isLost(options, request, key, effect)) reject(new ConnectionLost('The connection was closed.'));
          else resolve(finished(reply, kernel, random.uuid('audit', cluster, key)));
        });
      };
      clock.arrive(key, () => {
        // Proving a token is computing and takes no account time: the clock cannot reach the timer before it is done.
        let user: Identity = 'refused';
        const proved = identify(options, request).then((identity) => {
          user = identity;
        });
        void clock.busy(proved).catch(reject);
        clock.after(latency / 2, () => handle(describeCall(request), user));
      });
    });
}

type Effect = CallFault['effect'] | undefined;

function isLost({ context, onKill }: ApiServerOptions, { origin }: WireRequest, key: string, effect: Effect): boolean {
  if (effect?.kind !== 'killed') return effect?.kind === 'lost';
  context.kernel.log.write('fault.killed', { functionName: origin?.functionName });
  if (origin !== undefined) onKill?.(origin.functionName, key);
  return true;
}

type Call = { readonly info: RequestInfo | ApiError; readonly operation: string };
type Identity = User | 'nobody' | 'refused';

/** The name under which calls are counted and faults asked for, such as `create pods/eviction`. */
function describeCall(request: WireRequest): Call {
  try {
    const info = parseRequest(request);
    if (info.type === 'path') return { info, operation: `${info.verb} ${info.path}` };
    const { verb, plural, subresource } = info;
    return { info, operation: `${verb} ${subresource === undefined ? plural : `${plural}/${subresource}`}` };
  } catch {
    const info = new ApiError(400, 'BadRequest', 'the request path cannot be read');
    return { info, operation: `${request.method.toLowerCase()} unreadable` };
  }
}

async function identify({ authenticate, context }: ApiServerOptions, { headers }: WireRequest): Promise<Identity> {
  const authorization = headers.authorization;
  if (authorization === undefined) return 'nobody';
  const token = /^bearer (.+)$/i.exec(authorization)?.[1]?.trim();
  const user = token === undefined ? undefined : await authenticate(token, context.kernel.clock.now());
  if (user === undefined) return 'refused';
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}

function answer(options: ApiServerOptions, request: WireRequest, { info }: Call, user: Identity): WireResponse {
  try {
    if (info instanceof ApiError) throw info;
    return permittedAnswer(options, request, info, user);
  } catch (error) {
    if (error instanceof UnknownPath) return error.isOfServedGroup ? kindNotFound : pageNotFound;
    if (error instanceof ApiError) return errorReply(error);
    // A mistake in the account itself: loud in the log, a server error for the caller.
    const { kernel, cluster } = options.context;
    kernel.log.write('defect', {
      cluster,
      request: `${request.method} ${request.path}`,
      error: String((error as Error).stack),
    });
    return errorReply(new ApiError(500, 'InternalError', `Internal error occurred: ${String(error)}`));
  }
}

function permittedAnswer(
  options: ApiServerOptions,
  request: WireRequest,
  info: RequestInfo,
  user: Identity,
): WireResponse {
  // EKS lets nobody beyond the health checks without a token.
  const isOpen = user === 'nobody' && info.type === 'path' && isHealthPath(info.path);
  if (isOpen) return pathReply(options, info);
  if (user === 'nobody' || user === 'refused') throw unauthorized();
  const acting = actingUser(user, request.headers, options.authorizer);
  options.authorizer.demand(acting, info);
  if (info.type === 'path') return pathReply(options, info);
  options.refresh(info);
  const representation = negotiate(request.headers.accept, info.query);
  const { body, contentType } = readRequestBody(request, info.verb);
  return wireReply(dispatch(options.context, { info, user: acting, body, contentType, representation }));
}

const pageNotFound: WireResponse = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: Buffer.from('404 page not found\n'),
};

/** An unknown kind of a group that is served. */
const kindNotFound: WireResponse = errorReply(
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {}),
);

function pathReply(
  { context, version }: ApiServerOptions,
  info: RequestInfo & { readonly type: 'path' },
): WireResponse {
  const reply = answerPath(info, { kernel: context.kernel, version });
  if (reply !== undefined) {
    return { status: reply.status, headers: { 'content-type': reply.contentType }, body: Buffer.from(reply.body) };
  }
  const isServed = answerPath({ ...info, verb: 'get' }, { kernel: context.kernel, version }) !== undefined;
  return isServed ? errorReply(methodNotAllowed()) : pageNotFound;
}

function wireReply(reply: ApiReply): WireResponse {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };
  if ('stream' in reply) return { status: 200, headers, body: reply.stream };
  return {
    status: reply.status,
    headers: { ...headers, ...reply.headers },
    body: encodeBody(reply.body),
  };
}

function errorReply(error: ApiError): WireResponse {
  const retryAfter = error.details?.retryAfterSeconds;
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return wireReply({ status: error.status, body: failureStatus(error), headers });
}

function faultReply({
  status,
  code,
  message,
}: {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}) {
  return errorReply(new ApiError(status, code, message));
}

function finished(reply: WireResponse, { clock }: Kernel, auditId: string): WireResponse {
  const date = new Date(clock.now()).toUTCString();
  return { ...reply, headers: { ...reply.headers, 'audit-id': auditId, date } };
}

/** Statuses that say: this API server does not have what was asked for. */
const refusals = [405, 406, 415, 501];

function logCall({ context }: ApiServerOptions, request: WireRequest, { operation }: Call, reply: WireResponse): void {
  const { kernel, cluster } = context;
  const { functionName } = request.origin ?? {};
  kernel.log.write('call.kubernetes', {
    operation,
    cluster,
    ...(functionName === undefined ? {} : { functionName }),
    status: reply.status,
  });
  if (refusals.includes(reply.status) || reply === pageNotFound || reply === kindNotFound) {
    const reason = `Not simulated: ${request.method} ${request.path} in the Kubernetes API of ${cluster}, answered ${reply.status}.`;
    kernel.log.write('refused', { reason });
  }
}
