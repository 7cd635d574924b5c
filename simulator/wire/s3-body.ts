import { createHash } from 'node:crypto';
import { ServiceError } from '../kernel/service.ts';
import type { WireRequest } from '../kernel/wire.ts';
import { checksums } from './s3-checksums.ts';

/**
 * The request with its real body: `aws-chunked` framing taken off, trailing checksums moved among the headers, and
 * every checksum that came with it compared.
 *
 * @throws {ServiceError} BadDigest, IncompleteBody, InvalidDigest, or NotImplemented for what is not simulated.
 */
export function unwrapBody(request: WireRequest): WireRequest {
  const unwrapped = isChunked(request) ? unchunk(request) : request;
  const { headers, body } = unwrapped;
  const given = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-checksum-') && !settings.has(name));
  for (const [name, value] of given) compareChecksum(name, value, body);
  const md5 = headers['content-md5'];
  if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) {
    throw badDigest('The Content-MD5 you specified did not match what we received.');
  }
  return unwrapped;
}

const settings = new Set(['x-amz-checksum-mode', 'x-amz-checksum-type']);

function compareChecksum(name: string, value: string, body: Buffer): void {
  const compute = checksums[name];
  if (compute === undefined) throw new ServiceError('NotImplemented', `${name} is not simulated.`, { status: 501 });
  if (compute(body).toString('base64') !== value) {
    throw badDigest(`The ${name} you specified did not match what we received.`);
  }
}

const badDigest = (message: string) => new ServiceError('BadDigest', message, { status: 400 });

const isChunked = ({ headers }: WireRequest) =>
  headers['x-amz-content-sha256']?.startsWith('STREAMING-') ||
  /\baws-chunked\b/.test(headers['content-encoding'] ?? '');

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html, without signatures of chunks. */
function unchunk(request: WireRequest): WireRequest {
  const kind = request.headers['x-amz-content-sha256'];
  if (kind !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    throw new ServiceError('NotImplemented', `Bodies of kind ${kind} are not simulated.`, { status: 501 });
  }
  const { body, trailers } = readChunks(request.body);
  const {
    'x-amz-decoded-content-length': length,
    'x-amz-trailer': _,
    'content-encoding': encoding,
    ...headers
  } = request.headers;
  if (Number(length) !== body.length) {
    throw new ServiceError(
      'IncompleteBody',
      'You did not provide the number of bytes specified by x-amz-decoded-content-length.',
    );
  }
  const others = (encoding ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'aws-chunked');
  return {
    ...request,
    body,
    headers: {
      ...headers,
      ...trailers,
      'content-length': String(body.length),
      ...(others.length === 0 ? {} : { 'content-encoding': others.join(',') }),
    },
  };
}

function readChunks(framed: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = framed.indexOf('\r\n', at);
    const size = Number.parseInt(framed.toString('latin1', at, lineEnd), 16);
    if (lineEnd === -1 || Number.isNaN(size))
      throw new ServiceError('IncompleteBody', 'The chunks of the body are broken.');
    at = lineEnd + 2;
    if (size === 0) return { body: Buffer.concat(chunks), trailers: trailersOf(framed.toString('latin1', at)) };
    chunks.push(framed.subarray(at, at + size));
    at += size + 2;
  }
}

const trailersOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
