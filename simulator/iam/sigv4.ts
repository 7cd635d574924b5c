import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * AWS Signature Version 4, seen from the receiving side:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export type SignedRequest = {
  readonly method: string;
  /** With the query string, as it stands on the wire. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
};

/** What a signed request says of its signature. */
export type Signature = {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
  /** `YYYYMMDD`, the first part of the credential scope. */
  readonly scopeDate: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As written: `20260211T101500Z`. */
  readonly amzDate: string;
  /** Seconds for which a presigned URL is good; undefined for signed headers. */
  readonly expiresSeconds: number | undefined;
};

const algorithm = 'AWS4-HMAC-SHA256';

/** By request, which never changes: the service is found by its signature first, the caller after it. */
const signatures = new WeakMap<SignedRequest, { readonly read: Signature | undefined }>();

/** Reads the signature of a request; undefined when it has none, or none that can be read. */
export function readSignature(request: SignedRequest): Signature | undefined {
  const known = signatures.get(request);
  if (known !== undefined) return known.read;
  const read = parseSignature(request);
  signatures.set(request, { read });
  return read;
}

function parseSignature(request: SignedRequest): Signature | undefined {
  const isInHeaders = request.headers.authorization !== undefined;
  const fields = isInHeaders ? fieldsOfHeader(request.headers) : fieldsOfQuery(queryOf(request.path));
  const [accessKeyId, scopeDate, region, service, terminator] = fields?.credential?.split('/') ?? [];
  if (fields === undefined || terminator !== 'aws4_request' || !fields.signature || !fields.amzDate) return undefined;
  if (!accessKeyId || !scopeDate || !region || !service || !fields.signedHeaders) return undefined;
  const { sessionToken, signature, amzDate, expiresSeconds } = fields;
  const signedHeaders = fields.signedHeaders.split(';');
  return { accessKeyId, scopeDate, region, service, sessionToken, signature, amzDate, expiresSeconds, signedHeaders };
}

function fieldsOfHeader(headers: SignedRequest['headers']) {
  const [name, ...rest] = (headers.authorization ?? '').split(' ');
  if (name !== algorithm) return undefined;
  const parts = new Map(
    rest
      .join(' ')
      .split(',')
      .map((part) => part.trim().split('=', 2) as [string, string]),
  );
  return {
    credential: parts.get('Credential'),
    signedHeaders: parts.get('SignedHeaders'),
    signature: parts.get('Signature'),
    amzDate: headers['x-amz-date'],
    sessionToken: headers['x-amz-security-token'],
    expiresSeconds: undefined,
  };
}

function fieldsOfQuery(query: readonly (readonly [string, string])[]) {
  const parameter = (name: string) => query.find(([key]) => key.toLowerCase() === name)?.[1];
  if (parameter('x-amz-algorithm') !== algorithm) return undefined;
  return {
    credential: parameter('x-amz-credential'),
    signedHeaders: parameter('x-amz-signedheaders'),
    signature: parameter('x-amz-signature'),
    amzDate: parameter('x-amz-date'),
    sessionToken: parameter('x-amz-security-token'),
    expiresSeconds: Number(parameter('x-amz-expires') ?? Number.NaN),
  };
}

/** True if the request was signed with this secret. `payloadHash` is the body's, or what stands in its place. */
export function isSignedWith(
  secretAccessKey: string,
  request: SignedRequest,
  signature: Signature,
  payloadHash: string,
): boolean {
  const { scopeDate, region, service, amzDate } = signature;
  const scope = `${scopeDate}/${region}/${service}/aws4_request`;
  const canonical = canonicalRequest(request, signature, payloadHash);
  const key = signingKey(secretAccessKey, scope);
  const expected = hmac(key, [algorithm, amzDate, scope, sha256(canonical)].join('\n'));
  const given = Buffer.from(signature.signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const signingKeys = new Map<string, KeyObject>();

/** The key of one secret for one day, Region and service: asked for at every call, so it is made once. */
function signingKey(secretAccessKey: string, scope: string): KeyObject {
  const name = `${secretAccessKey}/${scope}`;
  const known = signingKeys.get(name);
  if (known !== undefined) return known;
  if (signingKeys.size >= 1000) signingKeys.clear();
  const secret = Buffer.from(`AWS4${secretAccessKey}`);
  const derived = scope.split('/').reduce((key, part) => createSecretKey(hmac(key, part)), createSecretKey(secret));
  signingKeys.set(name, derived);
  return derived;
}

function canonicalRequest(request: SignedRequest, { service, signedHeaders }: Signature, payloadHash: string): string {
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`);
  return [
    request.method,
    canonicalPath(request.path.split('?')[0] ?? '/', service),
    canonicalQuery(queryOf(request.path)),
    headers.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** S3 signs the path as it is sent; all others normalise it and encode it once more. */
function canonicalPath(path: string, service: string): string {
  if (service === 's3') return path;
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encode(segment));
  }
  const end = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${end}`;
}

const canonicalQuery = (query: readonly (readonly [string, string])[]): string =>
  query
    .filter(([key]) => key.toLowerCase() !== 'x-amz-signature')
    .map(([key, value]) => [encode(key), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([key, value]) => `${key}=${value}`)
    .join('&');

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The decoded parameters of a path with a query string, in their order. */
export function queryOf(path: string): readonly (readonly [string, string])[] {
  const start = path.indexOf('?');
  if (start === -1 || start === path.length - 1) return [];
  return path
    .slice(start + 1)
    .split('&')
    .map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [decodeURIComponent(key), decodeURIComponent(value.join('='))] as const;
    });
}

/** RFC 3986: everything but unreserved characters. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export const sha256 = (data: string | Buffer): string => hash('sha256', data, 'hex');

const hmac = (key: KeyObject, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Milliseconds since the epoch of `20260211T101500Z`; NaN for anything else. */
export function parseAmzDate(amzDate: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
