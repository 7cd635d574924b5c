import type { Caller } from '../kernel/service.ts';
import type { Identified } from './credentials.ts';
import { isSignedWith, parseAmzDate, queryOf, readSignature, sha256 } from './sigv4.ts';

/** A presigned URL as the one who received it hands it to STS, with the headers that it resends. */
export type PresignedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The time by the clock of whoever signed it, if that is not `now`. */
  readonly signersNow?: number;
};

export type PresignedAnswer =
  | { readonly caller: Caller }
  | { readonly error: { readonly code: string; readonly message: string } };

type Identify = (key: { accessKeyId: string; sessionToken: string | undefined }) => Identified | undefined;

/** STS takes GetCallerIdentity URLs for fifteen minutes, whatever `X-Amz-Expires` says. */
const validityMs = 15 * 60 * 1000;

/** Answers a presigned GetCallerIdentity URL: who signed it, or the error with which STS refuses it. */
export function verifyPresigned(request: PresignedRequest, identify: Identify): PresignedAnswer {
  const { host, pathname, search } = new URL(request.url);
  const received = { host, ...lowerCase(request.headers) };
  const wire = { method: request.method, path: pathname + search, headers: received };
  const action = queryOf(wire.path).find(([name]) => name.toLowerCase() === 'action')?.[1];
  if (action !== 'GetCallerIdentity')
    return refuse('InvalidAction', `The action ${action ?? '(none)'} is not valid for this endpoint.`);

  const signature = readSignature(wire);
  if (signature === undefined) return refuse('MissingAuthenticationToken', 'Request is missing Authentication Token');
  const found = identify(signature);
  if (found === undefined || !found.sessionTokenMatches) {
    return refuse('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  if (found.expiration !== undefined && found.expiration.getTime() <= request.now) {
    return refuse('ExpiredToken', 'The security token included in the request is expired');
  }
  const isSigned =
    signature.service === 'sts' &&
    signature.signedHeaders.includes('host') &&
    received.host === host &&
    isSignedWith(found.secretAccessKey, wire, signature, sha256(''));
  if (!isSigned) {
    return refuse(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
  if (!isRecent(request, signature.amzDate)) {
    return refuse('SignatureDoesNotMatch', `Signature expired: ${signature.amzDate} is more than 15 minutes away.`);
  }
  return { caller: found.caller };
}

function isRecent({ now, signersNow = now }: PresignedRequest, amzDate: string): boolean {
  return Math.abs(signersNow - parseAmzDate(amzDate)) <= validityMs;
}

const refuse = (code: string, message: string): PresignedAnswer => ({ error: { code, message } });

const lowerCase = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
