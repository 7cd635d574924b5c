import { EventEmitter } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { type Readable, Writable } from 'node:stream';
import { urlToHttpOptions } from 'node:url';
import type { WireRequest, WireResponse } from '../../kernel/wire.ts';
import { connect, type Hosts, hangUp } from '../direct-network.ts';
import { createHeaders } from './direct-headers.ts';
import { createResponse } from './direct-response.ts';
import { overlay } from './members.ts';
import { createInactivityTimeout } from './timeouts.ts';
import type { GuestTimers } from './timers.ts';

type Options = Record<string, unknown>;
type RequestFunction = (...parts: unknown[]) => Writable;

/** What requests need of the environment that makes them. */
export type GuestNetwork = {
  readonly hosts: Hosts;
  readonly timers: GuestTimers;
  readonly nextOrigin: () => { readonly functionName: string; readonly key: string };
  /** Runs what comes from outside, once the environment is not frozen; never, when it is gone. */
  readonly deliver: (action: () => void) => void;
  /** Counts something that the environment waits for, until the returned function is called. */
  readonly await: () => () => void;
};

/** `request` and `get` of `node:http` or `node:https` without sockets: the bytes go to the host's front and back. */
export function createRequestFunctions(protocol: 'http:' | 'https:', network: GuestNetwork) {
  const request: RequestFunction = (...parts) => {
    const { options, callback } = readParts(parts);
    return openRequest(protocol, options, callback, network);
  };
  const get: RequestFunction = (...parts) => request(...parts).end();
  return { request, get };
}

function readParts(parts: unknown[]): { options: Options; callback: ((response: unknown) => void) | undefined } {
  const rest = [...parts];
  let options: Options = {};
  if (typeof rest[0] === 'string') options = { ...urlToHttpOptions(new URL(rest.shift() as string)) };
  else if (rest[0] instanceof URL) options = { ...urlToHttpOptions(rest.shift() as URL) };
  if (typeof rest[0] === 'object' && rest[0] !== null) options = { ...options, ...(rest.shift() as Options) };
  return { options, callback: rest.find((part) => typeof part === 'function') as (response: unknown) => void };
}

function openRequest(
  protocol: string,
  options: Options,
  callback: ((response: unknown) => void) | undefined,
  network: GuestNetwork,
): Writable {
  const origin = network.nextOrigin();
  const isTls = protocol === 'https:';
  const hostname = String(options.hostname ?? options.host ?? 'localhost').replace(/^\[(.*)\]$/, '$1');
  const port = Number(options.port || options.defaultPort || (isTls ? 443 : 80));
  const path = String(options.path ?? '/');
  const method = String(options.method ?? 'GET').toUpperCase();
  const headers = createHeaders(options.headers as Options | undefined, options.auth);
  const chunks: Buffer[] = [];
  let response: Readable | undefined;

  const send = () => {
    if (request.destroyed) return;
    const body = Buffer.concat(chunks);
    headers.complete(port === (isTls ? 443 : 80) ? hostname : `${hostname}:${port}`, method, body.length);
    exchange({ method, path, headers: headers.onWire(), body, origin });
  };
  const request = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
    final: (done) => {
      done();
      send();
    },
    destroy: (error, done) => {
      response?.destroy(error ?? undefined);
      done(error ?? (response === undefined ? hangUp() : null));
    },
    autoDestroy: false,
  });
  const inactivity = createInactivityTimeout(request, network.timers);
  const socket = createSocket(request, inactivity.set, isTls);
  const exchange = (wire: WireRequest) => {
    const settled = network.await();
    const deliver = (action: () => void) => {
      settled();
      network.deliver(() => {
        if (!request.destroyed) action();
      });
    };
    try {
      const agent = options.agent as { options?: Options } | undefined;
      const trust = { ...agent?.options, ...options };
      const { send: toFront } = connect(
        network.hosts,
        { hostname, port, isTls },
        {
          ca: trust.ca,
          rejectUnauthorized: trust.rejectUnauthorized !== false,
        },
      );
      toFront(wire).then(
        (answer) => deliver(() => receive(answer)),
        () => deliver(() => request.destroy(hangUp())),
      );
    } catch (error) {
      deliver(() => request.destroy(error as Error));
    }
  };
  const receive = (answer: WireResponse) => {
    inactivity.touch();
    response = createResponse({ answer, isHead: method === 'HEAD', socket, touch: inactivity.touch }, network);
    response.once('close', () => request.destroy());
    if (!request.emit('response', response)) response.resume();
  };

  if (callback !== undefined) request.once('response', callback);
  if (options.timeout !== undefined) inactivity.set(Number(options.timeout), () => request.emit('timeout'));
  process.nextTick(() => {
    request.emit('socket', socket);
    if (headers.has('expect')) request.emit('continue');
  });
  const signal = options.signal as AbortSignal | undefined;
  signal?.addEventListener('abort', () =>
    request.destroy(Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' })),
  );

  return Object.assign(request, headers.methods, {
    method,
    path,
    host: hostname,
    protocol,
    socket,
    connection: socket,
    reusedSocket: false,
    agent: options.agent,
    setTimeout: (delayMs: number, onTimeout?: () => void) => {
      if (onTimeout !== undefined) request.once('timeout', onTimeout);
      inactivity.set(delayMs, () => request.emit('timeout'));
      return request;
    },
    setNoDelay: () => {},
    setSocketKeepAlive: () => {},
    flushHeaders: () => {},
    abort: () => request.destroy(),
  });
}

function createSocket(
  request: Writable,
  setInactivity: (delayMs: number, onTimeout: () => void) => void,
  isTls: boolean,
) {
  const socket = new EventEmitter();
  return Object.assign(socket, {
    connecting: false,
    encrypted: isTls,
    authorized: isTls,
    remoteAddress: '127.0.0.1',
    setTimeout: (delayMs: number, onTimeout?: () => void) => {
      if (onTimeout !== undefined) setInactivity(delayMs, onTimeout);
      return socket;
    },
    setKeepAlive: () => socket,
    setNoDelay: () => socket,
    ref: () => socket,
    unref: () => socket,
    destroy: (error?: Error) => request.destroy(error),
  });
}

/** The rest of the two modules: agents hold options and never a socket; servers are refused. */
export function httpModuleOf(protocol: 'http:' | 'https:', network: GuestNetwork): Record<string, unknown> {
  const host = protocol === 'http:' ? http : https;
  const refuse = () => {
    throw new Error(`${protocol.slice(0, -1)}.createServer is not simulated: functions cannot listen`);
  };
  return overlay(host, { createServer: refuse, Server: refuse, ...createRequestFunctions(protocol, network) });
}
