import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Iam } from '../../../simulator/iam/iam.ts';

/** A role that anybody may take in a test, and what its policies and trust do not matter for. */
export function aCallerRole(iam: Iam, roleName: string): string {
  const statement = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  return iam.createRole({ roleName, trustPolicy: { Version: '2012-10-17', Statement: [statement] }, policies: [] }).arn;
}

export type TokenOptions = {
  readonly signedAt: number;
  readonly clusterName?: string;
  readonly host?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly expiresIn?: number;
  readonly sessionSeconds?: number;
  /** Changes the presigned URL after it was signed. */
  readonly tamper?: (url: string) => string;
};

/** A bearer token as every EKS client makes it: a presigned GetCallerIdentity URL with the cluster in a signed header. */
export async function tokenFor(iam: Iam, roleArn: string, options: TokenOptions): Promise<string> {
  const { signedAt, clusterName = 'demo', host = 'sts.us-west-2.amazonaws.com', query = {}, expiresIn = 60 } = options;
  const session = iam.credentialsFor({ roleArn, sessionName: 'fn', durationSeconds: options.sessionSeconds ?? 3600 });
  const signer = new SignatureV4({
    credentials: session,
    region: 'us-west-2',
    service: 'sts',
    sha256: Sha256 as never,
  });
  const { query: signed = {} } = await signer.presign(
    {
      ...{ method: 'GET', protocol: 'https:', hostname: host, path: '/' },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15', ...query },
      headers: { host, 'x-k8s-aws-id': clusterName },
    },
    { signingDate: new Date(signedAt), expiresIn },
  );
  const parameters = Object.entries(signed).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  const url = `https://${host}/?${parameters.join('&')}`;
  return `k8s-aws-v1.${Buffer.from(options.tamper?.(url) ?? url).toString('base64url')}`;
}

class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: Uint8Array | string) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}
