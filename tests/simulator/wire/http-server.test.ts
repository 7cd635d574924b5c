import 'reflect-metadata';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { X509CertificateGenerator } from '@peculiar/x509';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionLost, type Front, type WireRequest } from '../../../simulator/kernel/wire.ts';
import { listen } from '../../../simulator/wire/http-server.ts';
import { aKernel } from './account.ts';

const kernel = aKernel();
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function serve(front: Front, tls?: { key: string; cert: string }) {
  const server = await listen({ front, kernel, ...(tls === undefined ? {} : { tls }) });
  closers.push(server.close);
  return server.port;
}

const ok: Front = async () => ({ status: 200, headers: { 'x-answer': 'yes' }, body: Buffer.from('hello') });

function call(port: number, options: object = {}, body = '', send = httpRequest) {
  return new Promise<{ status: number | undefined; headers: object; body: string }>((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port, ...options }, async (response) => {
      resolve({ status: response.statusCode, headers: response.headers, body: await text(response) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function aCertificate() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys,
    signingAlgorithm: { ...algorithm, hash: 'SHA-256' },
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----` };
}

describe('a request', () => {
  it('reaches the front as it stood on the wire, its origin taken out of the headers', async () => {
    const seen: WireRequest[] = [];
    const port = await serve(async (request) => {
      seen.push(request);
      return ok(request);
    });
    const headers = { 'X-Simulator-Origin': 'watch run/7/3', 'X-Other': 'a' };
    await call(port, { method: 'POST', path: '/a%20b?c=d', headers }, 'body');
    expect(seen[0]).toMatchObject({
      method: 'POST',
      path: '/a%20b?c=d',
      body: Buffer.from('body'),
      origin: { functionName: 'watch', key: 'run/7/3' },
    });
    expect(seen[0]?.headers).toMatchObject({ 'x-other': 'a', host: `127.0.0.1:${port}` });
    expect(seen[0]?.headers).not.toHaveProperty('x-simulator-origin');
  });

  it('has no origin when it comes from outside', async () => {
    const seen: WireRequest[] = [];
    const port = await serve(async (request) => {
      seen.push(request);
      return ok(request);
    });
    await call(port);
    expect(seen[0]).not.toHaveProperty('origin');
  });
});

it('takes a request that breaks off for the mistake of whoever sent it', async () => {
  const port = await serve(ok);
  const socket = connect(port, '127.0.0.1');
  socket.end('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nabc');
  socket.resume();
  await once(socket, 'close');

  expect(kernel.log.entries().filter(({ kind }) => kind === 'defect')).toEqual([]);
  const reasons = kernel.log.entries().flatMap(({ kind, details }) => (kind === 'request.malformed' ? [details] : []));
  expect(reasons).toContainEqual({ reason: expect.stringContaining('POST /') });
  await expect(call(port)).resolves.toMatchObject({ status: 200 });
});

describe('a reply', () => {
  it('has the headers of the front and no date of its own', async () => {
    const port = await serve(ok);
    const { status, headers, body } = await call(port);
    expect({ status, body }).toEqual({ status: 200, body: 'hello' });
    expect(headers).toMatchObject({ 'x-answer': 'yes' });
    expect(headers).not.toHaveProperty('date');
  });

  it('may be a stream, which arrives piece by piece', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    async function* pieces() {
      yield Buffer.from('first,');
      await promise;
      yield Buffer.from('second');
    }
    const port = await serve(async () => ({ status: 200, headers: {}, body: pieces() }));
    const received = await new Promise<string[]>((done) => {
      const chunks: string[] = [];
      httpRequest({ host: '127.0.0.1', port }, (response) => {
        response.on('data', (chunk) => {
          chunks.push(String(chunk));
          resolve();
        });
        response.on('end', () => done(chunks));
      }).end();
    });
    expect(received).toEqual(['first,', 'second']);
  });

  it('that is a stream ends at its source when the reader leaves', async () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    const body: AsyncIterable<Buffer> = {
      [Symbol.asyncIterator]: () => {
        let isFirst = true;
        return {
          next: () => {
            const first = isFirst;
            isFirst = false;
            return first ? Promise.resolve({ done: false, value: Buffer.from('x') }) : new Promise(() => undefined);
          },
          return: async () => {
            end('ended');
            return { done: true, value: undefined };
          },
        };
      },
    };
    const port = await serve(async () => ({ status: 200, headers: {}, body }));
    httpRequest({ host: '127.0.0.1', port }, (response) => {
      response.once('data', () => response.destroy());
    }).end();
    expect(await ended).toBe('ended');
  });

  it('that is lost closes the connection', async () => {
    const port = await serve(async () => {
      throw new ConnectionLost('gone');
    });
    await expect(call(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

it('speaks TLS with the certificate it is given', async () => {
  const tls = await aCertificate();
  const port = await serve(ok, tls);
  const trusted = { ca: tls.cert, checkServerIdentity: () => undefined };
  expect(await call(port, trusted, '', httpsRequest)).toMatchObject({ status: 200, body: 'hello' });
  await expect(call(port, {}, '', httpsRequest)).rejects.toMatchObject({
    code: expect.stringContaining('SELF_SIGNED'),
  });
});

it('closes although a client keeps its connection open', async () => {
  const port = await serve(ok);
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true });
  await call(port, { agent });
  await Promise.all(closers.splice(0).map((close) => close()));
  await expect(call(port, { agent })).rejects.toMatchObject({ code: expect.stringMatching(/ECONN/) });
  agent.destroy();
});
