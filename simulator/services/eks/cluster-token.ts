/** The presigned URL inside a token, as the API server's authenticator hands it to STS. */
export type ClusterToken = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The time by the clock that it was signed by; milliseconds since the epoch. */
  readonly signersNow: number;
};

/** Where and when a token is read. Times are milliseconds since the epoch. */
export type TokenReader = {
  readonly clusterName: string;
  readonly now: number;
  /** The time by the clock of clients outside the account, if they have one of their own. */
  readonly clientNow?: number | undefined;
  /** Base URL of an account whose services are not at AWS's own addresses. */
  readonly endpointUrl?: string | undefined;
};

const prefix = 'k8s-aws-v1.';
const longest = 4096;
const validityMs = 15 * 60_000;
const clusterHeader = 'x-k8s-aws-id';

/** The only parameters that a token's URL may have, in lower case, each once. */
const allowedParameters = [
  ...['action', 'version', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-expires'],
  ...['x-amz-security-token', 'x-amz-signature', 'x-amz-signedheaders'],
];

/**
 * Reads a bearer token by the rules of the AWS IAM authenticator, before anybody looks at the signature.
 *
 * @returns The reason, in words, when the token breaks a rule.
 */
export function readClusterToken(token: string, reader: TokenReader): ClusterToken | string {
  if (token.length > longest) return 'token is too large';
  if (!token.startsWith(prefix)) return `token is missing expected "${prefix}" prefix`;
  const encoded = token.slice(prefix.length);
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return 'token is not unpadded base64url';
  const text = Buffer.from(encoded, 'base64url').toString();
  const url = URL.parse(text);
  if (url === null) return 'token holds no URL';
  const values = [...url.searchParams].map(([name, value]) => [name.toLowerCase(), value] as const);
  const parameters = new Map(values);
  const signedAt = timeOf(parameters.get('x-amz-date') ?? '');
  const signersNow = timeOfSigning(signedAt, reader.now, reader.clientNow);
  const problem =
    placeProblem(url, reader.endpointUrl) ??
    parameterProblem(values) ??
    valueProblem(parameters) ??
    timeProblem(signedAt, signersNow);
  return problem ?? { url: text, headers: { host: url.host, [clusterHeader]: reader.clusterName }, signersNow };
}

/** Whoever is outside signs by a clock of its own, or one set by the account's some time ago: all between is now. */
function timeOfSigning(signedAt: number, now: number, clientNow = now): number {
  return Math.min(Math.max(signedAt, Math.min(now, clientNow)), Math.max(now, clientNow));
}

function placeProblem(url: URL, endpointUrl: string | undefined): string | undefined {
  if (endpointUrl !== undefined && isAt(url, endpointUrl)) return pathProblem(url);
  if (url.protocol !== 'https:') return `unexpected scheme "${url.protocol}" in pre-signed URL`;
  if (!/^sts(\.[a-z0-9-]+)?\.amazonaws\.com$/.test(url.host))
    return `unexpected hostname "${url.host}" in pre-signed URL`;
  return pathProblem(url);
}

/** The loopback interface has two names. */
function isAt({ origin }: URL, endpointUrl: string): boolean {
  const own = new URL(endpointUrl).origin;
  return origin === own || origin === own.replace('//127.0.0.1', '//localhost');
}

function pathProblem(url: URL): string | undefined {
  if (url.pathname !== '/' || url.hash !== '' || url.username !== '') return 'unexpected path in pre-signed URL';
  return undefined;
}

function parameterProblem(parameters: readonly (readonly [string, string])[]): string | undefined {
  const names = parameters.map(([name]) => name);
  const stranger = names.find((name) => !allowedParameters.includes(name));
  if (stranger !== undefined) return `non-whitelisted query parameter "${stranger}"`;
  return new Set(names).size === names.length ? undefined : 'query parameter with multiple values not supported';
}

function valueProblem(values: ReadonlyMap<string, string>): string | undefined {
  if (values.get('action') !== 'GetCallerIdentity') return 'unexpected action parameter in pre-signed URL';
  const signed = (values.get('x-amz-signedheaders') ?? '').toLowerCase().split(';');
  if (!signed.includes(clusterHeader)) return `client did not sign the ${clusterHeader} header in the pre-signed URL`;
  const expires = values.get('x-amz-expires') ?? '';
  if (!/^\d+$/.test(expires) || Number(expires) > 900) return 'invalid X-Amz-Expires parameter in pre-signed URL';
  return undefined;
}

/** `YYYYMMDD'T'HHMMSS'Z'` as milliseconds since the epoch; NaN when it is something else. */
function timeOf(amzDate: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

function timeProblem(signedAt: number, now: number): string | undefined {
  if (Number.isNaN(signedAt)) return 'error parsing X-Amz-Date parameter';
  return signedAt + validityMs < now ? 'X-Amz-Date parameter is expired (15 minute expiration)' : undefined;
}
