import { describe, expect, it } from 'vitest';
import { createIam } from '../../../simulator/iam/iam.ts';
import { accountId, aKernel } from '../wire/account.ts';
import { signerFor } from '../wire/signing.ts';

const startsAt = Date.UTC(2026, 1, 11, 10);
const host = 'sts.eu-central-1.amazonaws.com';
const minute = 60_000;

function anIam() {
  const iam = createIam({ kernel: aKernel({ startsAt }) });
  const trustPolicy = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: accountId } }] };
  const { arn } = iam.createRole({ roleName: 'reader', trustPolicy, policies: [] });
  const credentials = iam.credentialsFor({
    roleArn: arn,
    sessionName: 's',
    durationSeconds: 3600,
    functionName: 'plan',
  });
  return { iam, credentials, arn };
}

/** A URL as the client of a cluster makes it. */
async function presign(
  credentials: Parameters<typeof signerFor>[1],
  { cluster = 'blue', action = 'GetCallerIdentity' } = {},
): Promise<string> {
  const signer = signerFor('sts', credentials);
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      headers: { host, 'x-k8s-aws-id': cluster },
      query: { Action: action, Version: '2011-06-15' },
    },
    { expiresIn: 60, signingDate: new Date(startsAt), unhoistableHeaders: new Set(['x-k8s-aws-id']) },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `https://${host}/?${query.join('&')}`;
}

const ask = (url: string, now = startsAt, cluster = 'blue') => ({
  method: 'GET',
  url,
  headers: { host, 'x-k8s-aws-id': cluster },
  now,
});

describe('a presigned GetCallerIdentity URL', () => {
  it('names its caller, with the function that signed it', async () => {
    const { iam, credentials, arn } = anIam();
    const answer = iam.verifyPresigned(ask(await presign(credentials)));
    expect(answer).toMatchObject({ caller: { roleArn: arn, functionName: 'plan' } });
  });

  it('is good for fifteen minutes, whatever it says itself', async () => {
    const { iam, credentials } = anIam();
    const url = await presign(credentials);
    expect(iam.verifyPresigned(ask(url, startsAt + 15 * minute))).toHaveProperty('caller');
    expect(iam.verifyPresigned(ask(url, startsAt + 15 * minute + 1))).toMatchObject({
      error: { code: 'SignatureDoesNotMatch' },
    });
  });

  it.each([
    { case: 'another cluster in the header', change: {}, cluster: 'green', code: 'SignatureDoesNotMatch' },
    {
      case: 'another signature',
      change: { url: (url: string) => url.replace(/X-Amz-Signature=..../, 'X-Amz-Signature=0000') },
      cluster: 'blue',
      code: 'SignatureDoesNotMatch',
    },
    {
      case: 'another parameter',
      change: { url: (url: string) => url.replace('2011-06-15', '2011-06-16') },
      cluster: 'blue',
      code: 'SignatureDoesNotMatch',
    },
    {
      case: 'no signature',
      change: { url: (url: string) => url.split('&X-Amz')[0] ?? '' },
      cluster: 'blue',
      code: 'MissingAuthenticationToken',
    },
    {
      case: 'another host',
      change: { url: (url: string) => url.replace(host, 'sts.us-east-1.amazonaws.com') },
      cluster: 'blue',
      code: 'SignatureDoesNotMatch',
    },
  ])('is refused with $case', async ({ change, cluster, code }) => {
    const { iam, credentials } = anIam();
    const url = await presign(credentials);
    const changed = 'url' in change ? change.url(url) : url;
    expect(iam.verifyPresigned(ask(changed, startsAt, cluster))).toMatchObject({ error: { code } });
  });

  it('is refused for another action', async () => {
    const { iam, credentials } = anIam();
    expect(iam.verifyPresigned(ask(await presign(credentials, { action: 'AssumeRole' })))).toMatchObject({
      error: { code: 'InvalidAction' },
    });
  });

  it('is refused with keys that are unknown or have ended', async () => {
    const { iam, arn } = anIam();
    const unknown = await presign({ accessKeyId: 'ASIANOBODY', secretAccessKey: 'x', sessionToken: 'y' });
    expect(iam.verifyPresigned(ask(unknown))).toMatchObject({ error: { code: 'InvalidClientTokenId' } });
    const ended = await presign(iam.credentialsFor({ roleArn: arn, sessionName: 's', durationSeconds: 60 }));
    expect(iam.verifyPresigned(ask(ended, startsAt + minute))).toMatchObject({ error: { code: 'ExpiredToken' } });
  });
});
