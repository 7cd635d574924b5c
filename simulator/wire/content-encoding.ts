import { gunzipSync } from 'node:zlib';
import type { WireRequest } from '../kernel/wire.ts';
import type { Problem } from './problems.ts';

/** Far above what any of these services takes. */
const longest = 32 * 1024 * 1024;

/**
 * The request with its body as it was before a client compressed it, which some do with large ones:
 * https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait. The signature is over the compressed body.
 * S3 keeps the encoding as part of the object.
 */
export function decompressed(request: WireRequest, problems: Problem[]): WireRequest {
  const encoding = request.headers['content-encoding'];
  if (encoding !== 'gzip') return request;
  try {
    return { ...request, body: gunzipSync(request.body, { maxOutputLength: longest }) };
  } catch {
    problems.push({ kind: 'type', path: [], expected: 'gzip stream', value: '(bytes)' });
    return { ...request, body: Buffer.alloc(0) };
  }
}
