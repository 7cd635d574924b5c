import http from 'node:http';
import { Readable } from 'node:stream';
import type { WireResponse } from '../../kernel/wire.ts';
import type { GuestNetwork } from './direct-request.ts';

type Received = {
  readonly answer: WireResponse;
  readonly isHead: boolean;
  readonly socket: unknown;
  /** Called whenever something comes in. */
  readonly touch: () => void;
};

/** An answer as an IncomingMessage. */
export function createResponse({ answer, isHead, socket, touch }: Received, network: GuestNetwork): Readable {
  const { status, headers, body } = answer;
  const response = new Readable({ read() {} });
  Object.assign(response, {
    statusCode: status,
    statusMessage: http.STATUS_CODES[status] ?? '',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    rawHeaders: Object.entries(headers).flat(),
    httpVersion: '1.1',
    complete: false,
    aborted: false,
    socket,
    connection: socket,
    setTimeout: () => response,
  });
  const end = () => {
    Object.assign(response, { complete: true });
    response.push(null);
  };
  if (Buffer.isBuffer(body)) {
    if (body.length > 0 && !isHead) response.push(body);
    end();
  } else {
    void pump(body, response, end, touch, network);
  }
  return response;
}

/** Hands an open stream over, chunk by chunk, until either side ends it. */
async function pump(
  body: AsyncIterable<Buffer>,
  response: Readable,
  end: () => void,
  touch: () => void,
  network: GuestNetwork,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  const settled = network.await();
  response.once('close', () => {
    settled();
    void iterator.return?.();
  });
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return network.deliver(end);
      network.deliver(() => {
        touch();
        response.push(next.value);
      });
    }
  } catch {
    network.deliver(() => response.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
  }
}
