import diagnostics from 'node:diagnostics_channel';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import type { OpenRequest } from '../isolated-protocol.ts';
import type { Pulse } from './pulse.ts';
import { createInactivityTimeout } from './timeouts.ts';
import type { GuestTimers } from './timers.ts';

type RequestOptions = Record<string, unknown> & { timeout?: number | undefined };
type Callback = (response: IncomingMessage) => void;
type Tracked = {
  readonly key: string;
  request: ClientRequest;
  response: IncomingMessage | undefined;
  bytes: number;
  touch: () => void;
};

/** Knows every HTTP request of this thread that is not over yet. */
export type RequestTracker = { readonly open: () => OpenRequest[] };

type Wiring = {
  readonly pulse: Pulse;
  readonly timers: GuestTimers;
  /** The next value of the header that tells the account whose request it is: `<functionName> <key>`. */
  readonly nextOrigin: () => { readonly functionName: string; readonly key: string };
};

/** Changes `node:http` and `node:https` of this thread so that each request names its origin and is followed to its end. */
export function trackRequests(wiring: Wiring): RequestTracker {
  const tracked = new Map<ClientRequest, Tracked>();
  for (const module of [http, https] as unknown as Record<
    'request' | 'get',
    (...parts: unknown[]) => ClientRequest
  >[]) {
    const original = module.request;
    module.request = (...parts) => {
      const { key, options, callback } = addOrigin(parts, wiring);
      const request = original(options, callback);
      follow(request, key, tracked, wiring);
      if (options.timeout !== undefined) request.setTimeout(options.timeout);
      return request;
    };
    module.get = (...parts) => {
      const request = module.request(...parts);
      request.end();
      return request;
    };
  }
  diagnostics.subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const entry = tracked.get(request);
    if (entry !== undefined) followResponse(entry, response, tracked, wiring.pulse);
  });
  return { open: () => [...tracked.values()].map(describe) };
}

function addOrigin(parts: unknown[], wiring: Wiring) {
  const rest = [...parts];
  let options: RequestOptions = {};
  if (typeof rest[0] === 'string') options = { ...urlToHttpOptions(new URL(rest.shift() as string)) };
  else if (rest[0] instanceof URL) options = { ...urlToHttpOptions(rest.shift() as URL) };
  if (typeof rest[0] === 'object' && rest[0] !== null) options = { ...options, ...(rest.shift() as RequestOptions) };
  refuseOutside(String(options.hostname ?? options.host ?? 'localhost'));
  const { functionName, key } = wiring.nextOrigin();
  const origin = `${functionName} ${key}`;
  const headers = options.headers;
  options.headers = Array.isArray(headers)
    ? [...headers, 'x-simulator-origin', origin]
    : { ...(headers as object | undefined), 'x-simulator-origin': origin };
  return { key, options, callback: rest.find((part) => typeof part === 'function') as Callback | undefined };
}

/** Whatever is not on this machine is outside the simulated account. */
function refuseOutside(host: string): void {
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$|\.localhost$/.test(host)) return;
  throw Object.assign(
    new Error(`getaddrinfo ENOTFOUND ${host}: the simulated network holds the account and its clusters only`),
    {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
      hostname: host,
    },
  );
}

function follow(
  request: ClientRequest,
  key: string,
  tracked: Map<ClientRequest, Tracked>,
  { pulse, timers }: Wiring,
): void {
  const inactivity = createInactivityTimeout(request, timers);
  tracked.set(request, { key, request, response: undefined, bytes: 0, touch: inactivity.touch });
  pulse.beat();
  request.setTimeout = (delayMs, callback) => {
    if (callback !== undefined) request.once('timeout', callback);
    inactivity.set(delayMs, () => request.emit('timeout'));
    return request;
  };
  request.prependOnceListener('socket', (socket: Socket) => {
    pulse.beat();
    const original = socket.setTimeout;
    socket.setTimeout = (delayMs, callback) => {
      if (callback === undefined) return original.call(socket, delayMs);
      inactivity.set(delayMs, callback);
      return socket;
    };
    request.once('close', () => {
      socket.setTimeout = original;
    });
  });
  request.prependOnceListener('finish', pulse.beat);
  request.prependOnceListener('close', () => {
    tracked.delete(request);
    pulse.beat();
  });
}

function followResponse(
  entry: Tracked,
  response: IncomingMessage,
  tracked: Map<ClientRequest, Tracked>,
  pulse: Pulse,
): void {
  entry.response = response;
  const push = response.push;
  response.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    if (chunk === null) tracked.delete(entry.request);
    else entry.bytes += chunk.length;
    entry.touch();
    pulse.beat();
    return push.call(response, chunk, encoding);
  };
  const read = response._read;
  response._read = (size) => {
    pulse.beat();
    read.call(response, size);
  };
  pulse.beat();
}

function describe({ key, request, response, bytes }: Tracked): OpenRequest {
  const isFull = response !== undefined && response.readableLength >= response.readableHighWaterMark;
  if (response !== undefined) return { key, state: 'answered', bytes, isFull };
  return { key, state: request.socket !== null && request.writableEnded ? 'sent' : 'held', bytes, isFull };
}
