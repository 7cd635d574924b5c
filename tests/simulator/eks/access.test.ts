import { describe, expect, it } from 'vitest';
import { aNodegroup, anAccount, aRole, minute, refusalOf, start, type TestAccount } from './an-account.ts';
import { aCallerRole, type TokenOptions, tokenFor } from './tokens.ts';

/** The status with which the cluster answers a list of nodes, and who it takes the caller for. */
const ask = async ({ cluster, kernel }: TestAccount, token: string) => {
  let answer: { status: number; message: string } | undefined;
  const headers = { authorization: `Bearer ${token}` };
  void cluster
    .front({ method: 'GET', path: '/api/v1/nodes', headers, body: Buffer.alloc(0) })
    .then(({ status, body }) => {
      answer = { status, message: JSON.parse(String(body)).message };
    });
  await kernel.clock.run(() => answer !== undefined);
  return answer;
};

const withReader = async (entry: object = {}) => {
  const account = await anAccount();
  const roleArn = aCallerRole(account.iam, 'reader');
  account.eks.addAccessEntry('demo', { principalArn: roleArn, ...entry });
  const token = (options: Partial<TokenOptions> = {}) =>
    tokenFor(account.iam, roleArn, { signedAt: start, ...options });
  return { account, roleArn, token };
};

describe('a token', () => {
  it('of a role with an entry but without rights is known: 403 with the name of its session', async () => {
    const { account, token } = await withReader();

    expect(await ask(account, await token())).toEqual({
      status: 403,
      message:
        'nodes is forbidden: User "arn:aws:sts::111122223333:assumed-role/reader/fn" cannot list resource "nodes" in API group "" at the cluster scope',
    });
  });

  it('brings the groups and policies of its entry', async () => {
    const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy';
    const { account, token } = await withReader({ username: 'reader', policies: [{ policyArn }] });

    expect((await ask(account, await token()))?.status).toBe(200);
  });

  it.each<{ case: string; options: Partial<TokenOptions>; wait?: number }>([
    { case: 'for another cluster', options: { clusterName: 'other' } },
    { case: 'older than fifteen minutes', options: {}, wait: 15 * minute + 1000 },
    { case: 'with a parameter too many', options: { query: { 'x-id': 'GetCallerIdentity' } } },
    { case: 'for another action', options: { query: { Action: 'GetSessionToken' } } },
    { case: 'valid for too long', options: { expiresIn: 901 } },
    { case: 'for a host that is not STS', options: { host: 'sts.example.com' } },
    { case: 'with a changed signature', options: { tamper: (url) => url.replace(/Signature=..../, 'Signature=0000') } },
    { case: 'over plain HTTP', options: { tamper: (url) => url.replace('https:', 'http:') } },
    { case: 'with a path', options: { tamper: (url) => url.replace('.com/?', '.com/x?') } },
    { case: 'with a parameter twice', options: { tamper: (url) => `${url}&Action=GetCallerIdentity` } },
    {
      case: 'of credentials that have ended',
      options: { sessionSeconds: 900, signedAt: start + 14 * minute },
      wait: 16 * minute,
    },
    { case: 'longer than 4096 bytes', options: { tamper: (url) => `${url}${'x'.repeat(3200)}` } },
  ])('$case is answered 401', async ({ options, wait = 0 }) => {
    const { account, token } = await withReader();
    const made = await token(options);
    await account.pass(wait + 1);

    expect(await ask(account, made)).toEqual({ status: 401, message: 'Unauthorized' });
  });

  it('is good for just under fifteen minutes, whatever X-Amz-Expires says', async () => {
    const { account, token } = await withReader();
    const made = await token({ expiresIn: 60 });
    await account.pass(14 * minute);

    expect((await ask(account, made))?.status).toBe(403);
  });

  it('of a role without an entry is answered 401', async () => {
    const { account } = await withReader();
    const stranger = aCallerRole(account.iam, 'stranger');

    expect((await ask(account, await tokenFor(account.iam, stranger, { signedAt: start })))?.status).toBe(401);
  });

  it('of a role that was deleted and made again is answered 401: the entry is of the old one', async () => {
    const { account, roleArn } = await withReader();
    account.iam.deleteRole(roleArn);
    aCallerRole(account.iam, 'reader');

    expect((await ask(account, await tokenFor(account.iam, roleArn, { signedAt: start })))?.status).toBe(401);
  });
});

describe('CreateAccessEntry', () => {
  const create = (account: TestAccount, input: object) =>
    account.call('CreateAccessEntry', { clusterName: 'demo', ...input });

  it('lets the role in some seconds later', async () => {
    const account = await anAccount();
    const roleArn = aCallerRole(account.iam, 'mover');
    create(account, { principalArn: roleArn, kubernetesGroups: ['movers'] });
    const token = await tokenFor(account.iam, roleArn, { signedAt: start });
    const before = await ask(account, token);
    await account.pass(5000);

    expect([before?.status, (await ask(account, token))?.status]).toEqual([401, 403]);
    const { accessEntry } = account.call<{ accessEntry: object }>('DescribeAccessEntry', {
      clusterName: 'demo',
      principalArn: roleArn,
    });
    expect(accessEntry).toMatchObject({
      ...{ principalArn: roleArn, type: 'STANDARD', kubernetesGroups: ['movers'], clusterName: 'demo' },
      username: 'arn:aws:sts::111122223333:assumed-role/mover/{{SessionName}}',
    });
  });

  it.each([
    {
      case: 'a role that does not exist',
      input: { principalArn: 'arn:aws:iam::111122223333:role/none' },
      code: 'InvalidParameterException',
    },
    {
      case: 'a session instead of a role',
      input: { principalArn: 'arn:aws:sts::111122223333:assumed-role/mover/fn' },
      code: 'InvalidParameterException',
    },
    { case: 'a reserved username', input: { username: 'system:node:a' }, code: 'InvalidParameterException' },
    { case: 'a reserved group', input: { kubernetesGroups: ['system:masters'] }, code: 'InvalidParameterException' },
    {
      case: 'groups for nodes',
      input: { type: 'EC2_WINDOWS', kubernetesGroups: ['movers'] },
      code: 'InvalidParameterException',
    },
    { case: 'an unknown type', input: { type: 'WINDOWS' }, code: 'InvalidParameterException' },
    { case: 'a type that is not simulated', input: { type: 'FARGATE_LINUX' }, code: 'NotSimulated' },
    { case: 'another cluster', input: { clusterName: 'none' }, code: 'ResourceNotFoundException' },
  ])('refuses $case with $code', async ({ input, code }) => {
    const account = await anAccount();
    const principalArn = aCallerRole(account.iam, 'mover');

    expect(refusalOf(() => create(account, { principalArn, ...input }))?.code).toBe(code);
  });

  it('refuses a second entry of the same role', async () => {
    const { account, roleArn } = await withReader();

    expect(refusalOf(() => create(account, { principalArn: roleArn }))?.code).toBe('ResourceInUseException');
  });
});

describe('the role of a node', () => {
  it.each([
    { type: 'EC2_WINDOWS' as const, nodes: [true, true, true, true] },
    { type: 'EC2_LINUX' as const, nodes: [false, false, false, false] },
    { type: undefined, nodes: [false, false, false, false] },
    { type: 'STANDARD' as const, nodes: [] },
  ])('with an entry of type $type gives nodes whose services are reachable: $nodes', async ({ type, nodes }) => {
    const account = await anAccount({
      accessEntries: (principalArn) => (type === undefined ? [] : [{ principalArn, type }]),
    });
    aNodegroup(account);
    await account.pass(minute);

    // Without an entry EKS makes one for the node group itself, of the type for Linux.
    expect(account.cluster.nodes().map(({ hasServiceRouting }) => hasServiceRouting)).toEqual(nodes);
  });

  it('that is let in later lets waiting machines register', async () => {
    const account = await anAccount({ accessEntries: () => [] });
    const role = aRole(account.iam, 'self-managed');
    const profile = account.iam.createInstanceProfile({ name: 'self-managed', roleArn: role });
    account.ec2.launchInstance({
      ...{ clientToken: 'one', subnetId: 'subnet-0000000a', tags: { 'kubernetes.io/cluster/demo': 'owned' } },
      launchTemplate: {
        id: account.ec2.addLaunchTemplate({
          name: 'self-managed',
          data: {
            ImageId: 'ami-00000000000000001',
            InstanceType: 'm5.xlarge',
            IamInstanceProfile: { Arn: profile.arn },
          },
        }).id,
        version: '1',
      },
    });
    await account.pass(10 * minute);
    const before = account.cluster.nodes().length;
    account.call('CreateAccessEntry', { clusterName: 'demo', principalArn: role, type: 'EC2_WINDOWS' });
    await account.pass(2 * minute);

    expect([before, account.cluster.nodes().length]).toEqual([0, 1]);
  });
});
