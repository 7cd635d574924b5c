import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * Prints what `aws eks get-token` prints, for kubectl on machines without the AWS CLI: a presigned URL of STS with the
 * cluster's name in a signed header. Credentials and Region come from the environment.
 */
const [clusterName = ''] = process.argv.slice(2);
const { AWS_REGION: region = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env;

/** A token is good for 15 minutes; clients are told one less. */
const goodForMs = 14 * 60_000;

const hostname = `sts.${region}.amazonaws.com`;
const signer = new SignatureV4({
  ...{ service: 'sts', region, sha256: sha256 as never },
  credentials: {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
  },
});
const { query = {} } = await signer.presign(
  {
    ...{ method: 'GET', protocol: 'https:', hostname, path: '/' },
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host: hostname, 'x-k8s-aws-id': clusterName },
  },
  { expiresIn: 60 },
);
const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
const token = `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${search.join('&')}`).toString('base64url')}`;
const credential = {
  kind: 'ExecCredential',
  apiVersion: 'client.authentication.k8s.io/v1beta1',
  spec: {},
  status: { expirationTimestamp: `${new Date(Date.now() + goodForMs).toISOString().slice(0, 19)}Z`, token },
};
console.log(JSON.stringify(credential));

/** The hash in the form in which the signer wants it: constructed with the key of an HMAC, or without. */
function sha256(secret?: Uint8Array | string) {
  const hash: Hash | Hmac = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  return {
    update(data: Uint8Array | string): void {
      hash.update(data);
    },
    digest: async (): Promise<Uint8Array> => hash.digest(),
  };
}
