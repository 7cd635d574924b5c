import type { Iam } from '../iam/iam.ts';
import { isSignedWith, parseAmzDate, readSignature, type Signature, sha256 } from '../iam/sigv4.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Caller } from '../kernel/service.ts';
import type { WireRequest } from '../kernel/wire.ts';
import type { AuthenticationFailure } from './manners.ts';

export type Authentication =
  | { readonly caller: Caller }
  | { readonly failure: AuthenticationFailure; readonly message: string };

/** How far the clock of a caller may be from the account's. */
const skewMs = 5 * 60 * 1000;

type Account = {
  readonly iam: Pick<Iam, 'identify'>;
  readonly kernel: Pick<Kernel, 'clock' | 'identity' | 'clientClock'>;
};

/** Finds out who signed a request, checking key, token, signature, scope and time as AWS does. */
export function authenticate({ iam, kernel }: Account, request: WireRequest): Authentication {
  const signature = readSignature(request);
  if (signature === undefined) return unsigned(request);
  const found = iam.identify(signature);
  if (found === undefined) return failed('unknown-key', 'The security token included in the request is invalid.');
  if (!found.sessionTokenMatches)
    return failed('wrong-token', 'The security token included in the request is invalid.');
  if (!isScopeOf(kernel, signature)) {
    return failed('wrong-scope', `Credential should be scoped to a valid region and date, not ${signature.region}.`);
  }
  const body = payloadHash(request, signature);
  if (body === undefined || !isSignedWith(found.secretAccessKey, request, signature, body)) {
    return failed(
      'wrong-signature',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  if (found.expiration !== undefined && found.expiration.getTime() <= kernel.clock.now()) {
    return failed('expired-token', 'The security token included in the request is expired');
  }
  const late = lateness(timeOfSigning(kernel, request, signature), signature);
  return late === undefined ? { caller: found.caller } : failed('clock-skew', late);
}

/** What S3 says of other schemes: https://github.com/aws/aws-cli/issues/2432. */
function unsigned({ headers: { authorization } }: WireRequest): Authentication {
  if (authorization?.startsWith('AWS4-HMAC-SHA256')) {
    return failed(
      'incomplete',
      `Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and a date in 'X-Amz-Date'. Authorization=${authorization}`,
    );
  }
  if (authorization === undefined) return failed('missing', 'Request is missing Authentication Token');
  return failed(
    'other-scheme',
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  );
}

const failed = (failure: AuthenticationFailure, message: string): Authentication => ({ failure, message });

/** The account has one Region; STS also answers for `us-east-1`, where its global endpoint lives. */
function isScopeOf({ identity }: Account['kernel'], { region, service, scopeDate, amzDate }: Signature): boolean {
  const isRegion = region === identity.region || (service === 'sts' && region === 'us-east-1');
  return isRegion && amzDate.startsWith(scopeDate);
}

/** What stands for the body in the signature; undefined when a stated hash is not the body's. */
function payloadHash({ headers, body }: WireRequest, { expiresSeconds, service }: Signature): string | undefined {
  const stated = headers['x-amz-content-sha256'];
  if (stated === undefined) return expiresSeconds !== undefined && service === 's3' ? 'UNSIGNED-PAYLOAD' : sha256(body);
  const isHash = /^[0-9a-f]{64}$/.test(stated);
  return isHash && stated !== sha256(body) ? undefined : stated;
}

/**
 * The time that a signature is judged by. Clients outside the account sign by their own clock, or by what an earlier
 * answer told them of the account's, which has run on since: any time between the two is now.
 */
function timeOfSigning(
  { clock, clientClock }: Account['kernel'],
  { origin }: WireRequest,
  { amzDate }: Signature,
): number {
  const account = clock.now();
  return origin === undefined && clientClock !== undefined
    ? within(parseAmzDate(amzDate), account, clientClock())
    : account;
}

const within = (at: number, one: number, other: number) =>
  Math.min(Math.max(at, Math.min(one, other)), Math.max(one, other));

function lateness(now: number, { amzDate, expiresSeconds }: Signature): string | undefined {
  const signedAt = parseAmzDate(amzDate);
  const goodFor = expiresSeconds === undefined ? skewMs : expiresSeconds * 1000;
  const written = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  if (!(now - signedAt <= goodFor)) {
    return `Signature expired: ${amzDate} is now earlier than ${written(now - goodFor)} (${written(now)} - ${goodFor / 60_000} min.)`;
  }
  if (signedAt - now > skewMs)
    return `Signature not yet current: ${amzDate} is still later than ${written(now + skewMs)}`;
  return undefined;
}
