import type { Kernel } from '../kernel/kernel.ts';
import type { Caller } from '../kernel/service.ts';

export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string };
export type SessionCredentials = AccessKey & { readonly sessionToken: string; readonly expiration: Date };

/** Who stands behind an access key, and until when. */
export type Identified = {
  readonly caller: Caller;
  readonly secretAccessKey: string;
  readonly expiration?: Date;
  /** False when the token is not the one that was given out with the key. */
  readonly sessionTokenMatches: boolean;
};

type Entry = { readonly caller: Caller; readonly key: AccessKey; readonly token?: string; readonly expiration?: Date };

/** All access keys of the account: the operator's own and those of role sessions. */
export function createCredentialStore({ clock, random, identity }: Pick<Kernel, 'clock' | 'random' | 'identity'>) {
  const entries = new Map<string, Entry>();
  const issued = new Map<string, number>();

  const operatorKey = newKey('AKIA', 'operator');
  const operator: Caller = {
    arn: `arn:${identity.partition}:iam::${identity.accountId}:user/Administrator`,
    accessKeyId: operatorKey.accessKeyId,
  };
  entries.set(operatorKey.accessKeyId, { caller: operator, key: operatorKey });

  return {
    operatorKey,
    operatorArn: operator.arn,
    operatorId: `AIDA${base32(random.hex(20, 'user', operator.arn))}`,
    /** New keys of one session; each call gives others, as STS does. */
    issue(caller: Caller, durationSeconds: number): SessionCredentials {
      const count = (issued.get(caller.arn) ?? 0) + 1;
      issued.set(caller.arn, count);
      const key = newKey('ASIA', caller.arn, count);
      const token = Buffer.from(random.hex(512, 'session-token', caller.arn, count), 'hex').toString('base64');
      const expiration = new Date(clock.now() + durationSeconds * 1000);
      entries.set(key.accessKeyId, { caller: { ...caller, accessKeyId: key.accessKeyId }, key, token, expiration });
      return { ...key, sessionToken: token, expiration };
    },
    find(accessKeyId: string, sessionToken: string | undefined): Identified | undefined {
      const entry = entries.get(accessKeyId);
      if (entry === undefined) return undefined;
      const { caller, key, token, expiration } = entry;
      return {
        caller,
        secretAccessKey: key.secretAccessKey,
        ...(expiration === undefined ? {} : { expiration }),
        sessionTokenMatches: token === sessionToken,
      };
    },
  };

  function newKey(prefix: 'AKIA' | 'ASIA', ...purpose: (string | number)[]): AccessKey {
    const bytes = Buffer.from(random.hex(60, 'secret-access-key', ...purpose), 'hex');
    return {
      accessKeyId: prefix + base32(random.hex(20, 'access-key', ...purpose)),
      secretAccessKey: bytes.toString('base64'),
    };
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Sixteen letters out of twenty hexadecimal digits, as in the ids of IAM. */
export function base32(hexDigits: string): string {
  const bits = BigInt(`0x${hexDigits}`).toString(2).padStart(80, '0');
  return (bits.match(/.{5}/g) ?? []).map((group) => alphabet[Number.parseInt(group, 2)]).join('');
}
