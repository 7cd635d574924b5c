import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { awsCall, once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

const client = once(() => new STSClient(clientSettings()));

type Session = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
};

const sessions = new Map<string, Session>();

/** A session is not used in its last minutes: a token lives as long as the credentials that signed it. */
const reserveMilliseconds = 20 * 60_000;

/** A session of the role, shared by all invocations of the environment while it is good. */
async function sessionOf(roleArn: string): Promise<Session> {
  const known = sessions.get(roleArn);
  if (known && known.expiration.getTime() - Date.now() > reserveMilliseconds) return known;

  const { Credentials } = await awsCall('sts:AssumeRole', roleArn, () =>
    client().send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'reglaze', DurationSeconds: 3600 })),
  );
  const session = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
    expiration: Credentials?.Expiration ?? new Date(),
  };
  sessions.set(roleArn, session);
  return session;
}

/**
 * A bearer token by which the API server of an EKS cluster recognises the role, or without one whoever runs this.
 *
 * It is a signed request to STS that the cluster sends for us; signing needs no call. The cluster's name is signed with
 * it, and nothing but the parameters of the signature may stand in its query: the cluster refuses more.
 */
export async function clusterToken(clusterName: string, roleArn: string | undefined): Promise<string> {
  const { region, sha256, credentials: own } = client().config;
  const credentials = roleArn === undefined ? await own() : await sessionOf(roleArn);
  const regionName = await region();
  const hostname = `sts.${regionName}.${regionName.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
  const signer = new SignatureV4({ service: 'sts', region: regionName, credentials, sha256 });

  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, 'x-k8s-aws-id': clusterName },
    },
    { expiresIn: 60 },
  );
  const search = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${search.join('&')}`).toString('base64url')}`;
}
