import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { RawRequest, Signing } from './check.ts';
import type { Endpoint } from './endpoint.ts';
import type { HttpRequest } from './transport.ts';

const hourMs = 3_600_000;
const otherService: Readonly<Record<string, string>> = { sts: 'sns' };

/** Signs a raw request as the SDKs do, or in one of the ways that a service must refuse. */
export async function signRequest(
  endpoint: Endpoint,
  service: string,
  { method, path, headers = {}, body = '' }: RawRequest,
  signing?: Signing,
): Promise<HttpRequest> {
  const sent = { host: endpoint.host, ...headers };
  if (signing === 'none') return { method, path, headers: withLength(sent, body), body: Buffer.from(body) };
  const keys = await endpoint.credentials();
  const credentials = signing === 'unknown-key' ? { ...keys, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } : keys;
  const signer = new SignatureV4({
    service: signing === 'other-service' ? (otherService[service] ?? 'sts') : service,
    region: endpoint.region,
    credentials,
    sha256: Sha256 as never,
    uriEscapePath: service !== 's3',
    applyChecksum: true,
  });
  const [pathname = '/', search = ''] = path.split('?');
  const query = Object.fromEntries(new URLSearchParams(search));
  const request = { method, protocol: 'https:', hostname: endpoint.host, path: pathname, query, headers: sent, body };
  const at = endpoint.now() - (signing === 'an-hour-old' ? hourMs : 0);
  const signed = await signer.sign(request, { signingDate: new Date(at) });
  const final = signing === 'wrong-signature' ? spoilt(signed.headers) : signed.headers;
  return { method, path, headers: withLength(final, body), body: Buffer.from(body) };
}

const withLength = (headers: Readonly<Record<string, string>>, body: string) => ({
  ...headers,
  'content-length': String(Buffer.byteLength(body)),
});

function spoilt(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { authorization = '', ...others } = headers;
  return { ...others, authorization: authorization.replace(/Signature=[0-9a-f]{8}/, 'Signature=00000000') };
}

class Sha256 {
  readonly #hash;
  constructor(secret?: Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: string | Uint8Array) {
    this.#hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
}
