/** The presigned URL inside a token, as the API server's authenticator hands it to STS. */
export type ClusterToken = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

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
 * @param now Milliseconds since the epoch.
 * @returns The reason, in words, when the token breaks a rule.
 */
export function readClusterToken(token: string, clusterName: string, now: number): ClusterToken | string {
  if (token.length > longest) return 'token is too large';
  if (!token.startsWith(prefix)) return `token is missing expected "${prefix}" prefix`;
  const encoded = token.slice(prefix.length);
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return 'token is not unpadded base64url';
  const text = Buffer.from(encoded, 'base64url').toString();
  const url = URL.parse(text);
  if (url === null) return 'token holds no URL';
  const parameters = [...url.searchParams].map(([name, value]) => [name.toLowerCase(), value] as const);
  const problem = placeProblem(url) ?? parameterProblem(parameters) ?? valueProblem(new Map(parameters), now);
  return problem ?? { url: text, headers: { host: url.host, [clusterHeader]: clusterName } };
}

function placeProblem(url: URL): string | undefined {
  if (url.protocol !== 'https:') return `unexpected scheme "${url.protocol}" in pre-signed URL`;
  if (!/^sts(\.[a-z0-9-]+)?\.amazonaws\.com$/.test(url.host))
    return `unexpected hostname "${url.host}" in pre-signed URL`;
  if (url.pathname !== '/' || url.hash !== '' || url.username !== '') return 'unexpected path in pre-signed URL';
  return undefined;
}

function parameterProblem(parameters: readonly (readonly [string, string])[]): string | undefined {
  const names = parameters.map(([name]) => name);
  const stranger = names.find((name) => !allowedParameters.includes(name));
  if (stranger !== undefined) return `non-whitelisted query parameter "${stranger}"`;
  return new Set(names).size === names.length ? undefined : 'query parameter with multiple values not supported';
}

function valueProblem(values: ReadonlyMap<string, string>, now: number): string | undefined {
  if (values.get('action') !== 'GetCallerIdentity') return 'unexpected action parameter in pre-signed URL';
  const signed = (values.get('x-amz-signedheaders') ?? '').toLowerCase().split(';');
  if (!signed.includes(clusterHeader)) return `client did not sign the ${clusterHeader} header in the pre-signed URL`;
  const expires = values.get('x-amz-expires') ?? '';
  if (!/^\d+$/.test(expires) || Number(expires) > 900) return 'invalid X-Amz-Expires parameter in pre-signed URL';
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(values.get('x-amz-date') ?? '') ?? [];
  if (y === undefined) return 'error parsing X-Amz-Date parameter';
  const signedAt = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return signedAt + validityMs < now ? 'X-Amz-Date parameter is expired (15 minute expiration)' : undefined;
}
