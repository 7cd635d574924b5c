import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createAccount } from '../../../simulator/account.ts';
import { buildAccount } from '../../../simulator/scenario/build.ts';
import { parseScenario } from '../../../simulator/scenario/load.ts';

const ami = 'ami-0a1b2c3d4e5f60001';
const group = (name: string, more: object = {}) => ({
  ...{ name, kind: 'self-managed', ami, size: 1, launchTemplate: 'windows' },
  ...more,
});

/** The account of a scenario with these groups by cluster. */
async function built(clusters: Readonly<Record<string, readonly object[]>>) {
  const scenario = parseScenario(
    stringify({
      ...{ name: 'sharing', summary: 'groups that share', startsAt: '2026-05-16T04:12:00Z' },
      amis: [{ id: ami, name: 'old', kernelVersion: '10.0.20348.1' }],
      images: [{ name: 'windows', version: '1.0.0/1' }],
      clusters: Object.entries(clusters).map(([name, nodeGroups]) => ({ name, nodeGroups })),
    }),
    'sharing.yml',
  );
  const { accountId, region, startsAt } = scenario;
  const account = await createAccount({
    ...{ identity: { accountId, region, partition: 'aws' }, startsAt: Date.parse(startsAt), seed: 1 },
    ...{ pace: 'max', functions: 'process' },
  });
  await buildAccount(account, scenario);
  return account;
}

const templateOf = (account: Awaited<ReturnType<typeof built>>, name: string) =>
  account.autoScaling.group(name)?.launchTemplate;

describe('a launch template that groups share', () => {
  it('is one, which each names in its own way', async () => {
    const account = await built({
      shop: [
        group('web', { olderVersions: 2, version: '$Latest' }),
        group('api', { version: '$Default' }),
        group('job', { version: 2 }),
        group('own', { launchTemplate: undefined }),
      ],
    });
    const [web, api, job, own] = ['web', 'api', 'job', 'own'].map((name) => templateOf(account, name));

    expect([web?.Version, api?.Version, job?.Version]).toEqual(['$Latest', '$Default', '2']);
    expect(new Set([web, api, job].map((each) => each?.LaunchTemplateId)).size).toBe(1);
    expect(own?.LaunchTemplateId).not.toBe(web?.LaunchTemplateId);
    expect(account.ec2.launchTemplate({ LaunchTemplateName: 'windows' }, '$Latest').version).toBe(3);
    await account.close();
  });

  it('gets another version for a group with other data', async () => {
    const account = await built({
      shop: [group('web', {}), group('big', { instanceType: 'm5.4xlarge' }), group('api')],
    });
    const versions = ['web', 'big', 'api'].map((name) => templateOf(account, name)?.Version);

    expect(versions).toEqual(['1', '2', '3']);
    await account.close();
  });

  it('lets nodes join every cluster whose groups share it', async () => {
    const account = await built({ shop: [group('web')], office: [group('api'), group('job')] });
    const nodes = account.eks.cluster('office')?.kubernetes.nodes() ?? [];

    expect(nodes.filter(({ ready }) => ready)).toHaveLength(2);
    await account.close();
  });
});
