import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Kernel } from '../kernel/kernel.ts';
import { ConnectionLost, type Front, type RequestOrigin, type WireRequest, type WireResponse } from '../kernel/wire.ts';

export type ListenOptions = {
  readonly front: Front;
  readonly kernel: Pick<Kernel, 'log'>;
  /** PEM texts; plain HTTP without. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Any free port when missing. */
  readonly port?: number;
};

/** Names the invocation that sends a request: `<functionName> <key>`. Set by the runner of the functions, never signed. */
const originHeader = 'x-simulator-origin';

/**
 * Puts a front behind a port of the loopback interface. Requests are taken in whole; replies may be streams that
 * stay open until either side ends them. A lost connection is cut without an answer.
 */
export async function listen({ front, kernel, tls, port = 0 }: ListenOptions) {
  const sockets = new Set<Socket>();
  const handle = (request: IncomingMessage, response: ServerResponse) => void serve(request, response);
  const server: Server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return;
    kernel.log.write('request.malformed', { reason: error.message });
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    close: async (): Promise<void> => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false;
    response.on('error', () => response.destroy());
    const request = await readRequest(incoming).catch((error: unknown) => {
      // Whoever sent it went away in the middle of it.
      kernel.log.write('request.malformed', { reason: `${incoming.method} ${incoming.url}: ${String(error)}` });
    });
    if (request === undefined) {
      incoming.socket.destroy();
      return;
    }
    try {
      await send(response, await front(request));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) {
        kernel.log.write('defect', { request: `${incoming.method} ${incoming.url}`, error: String(error) });
      }
      incoming.socket.destroy();
    }
  }
}

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined || name === originHeader ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
  const origin = parseOrigin(incoming.headers[originHeader]);
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
    ...(origin === undefined ? {} : { origin }),
  };
}

function parseOrigin(header: string | string[] | undefined): RequestOrigin | undefined {
  const [, functionName, key] = /^(\S+) (.+)$/.exec(String(header ?? '')) ?? [];
  return functionName === undefined || key === undefined ? undefined : { functionName, key };
}

async function send(response: ServerResponse, { status, headers, body }: WireResponse): Promise<void> {
  response.writeHead(status, headers);
  if (Buffer.isBuffer(body)) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  await sendStream(response, body);
}

/** Ends the stream at its source as soon as the reader is gone. */
async function sendStream(response: ServerResponse, body: AsyncIterable<Buffer>): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  const gone = new Promise<'gone'>((resolve) => response.once('close', () => resolve('gone')));
  for (;;) {
    const next = await Promise.race([chunks.next(), gone]);
    if (next === 'gone') {
      void chunks.return?.();
      return;
    }
    if (next.done) break;
    if (!response.write(next.value))
      await Promise.race([new Promise((resolve) => response.once('drain', resolve)), gone]);
  }
  response.end();
}
