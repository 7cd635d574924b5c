import { readFileSync } from 'node:fs';
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  EKSClient,
  ListClustersCommand,
  ListNodegroupsCommand,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { getUpdate, listAllNodegroups, startUpdate } from '../../functions/adapters/eks-nodegroups.ts';
import { managedGroups } from '../../functions/adapters/managed-group.ts';
import type { ReplacementOrder } from '../../functions/domain/node-group-driver.ts';
import { aGroup, aKey, aPolicy, now } from '../support/builders.ts';

const eks = mockClient(EKSClient);
const autoScaling = mockClient(AutoScalingClient);
const ec2 = mockClient(EC2Client);
beforeEach(() => {
  for (const client of [eks, autoScaling, ec2]) client.reset();
});

const awsError = (name: string) => Object.assign(new Error('text'), { name });
const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../support/samples/${name}.json`, import.meta.url), 'utf8'));
const name = { cluster: 'demo', nodeGroup: 'win2022' };
const key = aKey({ kind: 'managed' });

const order = (overrides: Partial<ReplacementOrder> = {}): ReplacementOrder => ({
  key,
  group: aGroup({ kind: 'managed' }),
  target: { id: 'lt-0a', version: 8 },
  policy: aPolicy(),
  firstAlone: true,
  attempt: { startedAt: now.toISOString(), attempts: 1 },
  ...overrides,
});

describe('managed node groups', () => {
  it('are all found, across pages and clusters, also while one is being deleted', async () => {
    eks
      .on(ListClustersCommand)
      .callsFake(({ nextToken }) => (nextToken ? { clusters: ['b'] } : { clusters: ['a'], nextToken: 'more' }));
    eks.on(ListNodegroupsCommand).callsFake(({ clusterName }) => ({ nodegroups: [`${clusterName}-1`, 'gone'] }));
    eks.on(DescribeNodegroupCommand).callsFake(({ nodegroupName }) => {
      if (nodegroupName === 'gone') throw awsError('ResourceNotFoundException');
      return { nodegroup: { nodegroupName } };
    });
    expect((await listAllNodegroups()).map(({ nodegroupName }) => nodegroupName)).toEqual(['a-1', 'b-1']);
  });

  it('launch from their own template, never from the one that EKS made of it', async () => {
    eks.on(DescribeNodegroupCommand).resolves(sample('describe-nodegroup'));
    autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({
      AutoScalingGroups: [
        {
          AutoScalingGroupName: 'eks-win2022-42c2d3e4-1111-2222-3333-444455556666',
          MixedInstancesPolicy: {},
          Instances: [{ InstanceId: 'i-0a', LifecycleState: 'InService' }],
        } as never,
      ],
    });
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [{ VersionNumber: 7, LaunchTemplateData: { ImageId: 'ami-0fedcba9876543210' } }],
    });
    expect(await managedGroups.describe(name)).toMatchObject({
      kind: 'managed',
      cluster: 'demo',
      name: 'win2022',
      autoScalingGroupName: 'eks-win2022-42c2d3e4-1111-2222-3333-444455556666',
      source: {
        type: 'launch-template',
        template: { id: 'lt-0abcd1234ef567890', version: 7 },
        imageId: 'ami-0fedcba9876543210',
      },
      instances: [{ instanceId: 'i-0a', lifecycleState: 'InService' }],
      updateStrategy: 'DEFAULT',
    });
  });

  it("on Amazon's own AMI are told as such", async () => {
    eks.on(DescribeNodegroupCommand).resolves({
      nodegroup: {
        nodegroupName: 'win2022',
        amiType: 'WINDOWS_CORE_2022_x86_64',
        version: '1.35',
        releaseVersion: '1.35-2026.04.18',
        launchTemplate: { id: 'lt-0a', version: '1' },
      },
    });
    autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
    expect((await managedGroups.describe(name)).source).toEqual({
      type: 'amazon',
      amiType: 'WINDOWS_CORE_2022_x86_64',
      kubernetesVersion: '1.35',
      releaseVersion: '1.35-2026.04.18',
    });
  });
});

describe('an update', () => {
  it('that failed names code, message and nodes', async () => {
    eks.on(DescribeUpdateCommand).resolves(sample('describe-update-failed'));
    expect(await getUpdate(name, 'b5f0ba18')).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/PodEvictionFailure: Reached max retries.*ip-10-0-1-23/),
    });
  });

  it('never says version or releaseVersion, which EKS refuses beside a custom AMI', async () => {
    eks.on(UpdateNodegroupVersionCommand).resolves({ update: { id: 'update-1' } });
    expect(await managedGroups.start(order({ policy: aPolicy({ force: true }) }))).toBe('update-1');
    expect(eks.commandCalls(UpdateNodegroupVersionCommand)[0]?.args[0].input).toEqual({
      clusterName: 'demo',
      nodegroupName: 'win2022',
      launchTemplate: { id: 'lt-0a', version: '8' },
      force: true,
      clientRequestToken: expect.stringMatching(/^reglaze-/),
    });
  });

  it('has one token for one try, and another for the next try, another run and the way back', async () => {
    eks.on(UpdateNodegroupVersionCommand).resolves({ update: { id: 'update-1' } });
    const orders = [
      order(),
      order(),
      order({ attempt: { startedAt: now.toISOString(), attempts: 2 } }),
      order({ key: { ...key, run: 'run-2' } }),
      order({ target: { id: 'lt-0a', version: 9 } }),
      order({ target: { release: '1.35-2026.05.16' } }),
    ];
    for (const each of orders) await managedGroups.start(each);
    const tokens = eks.commandCalls(UpdateNodegroupVersionCommand).map(({ args }) => args[0].input.clientRequestToken);
    expect(tokens[0]).toBe(tokens[1]);
    expect(new Set(tokens).size).toBe(5);
  });

  it('names a release of Amazon alone, without a version of the template', async () => {
    eks.on(UpdateNodegroupVersionCommand).resolves({ update: { id: 'update-1' } });
    await managedGroups.start(order({ target: { release: '1.35-2026.05.16' } }));
    const [input] = eks.commandCalls(UpdateNodegroupVersionCommand).map(({ args }) => args[0].input);
    expect(input).toMatchObject({ releaseVersion: '1.35-2026.05.16' });
    expect(Object.keys(input ?? {})).not.toEqual(expect.arrayContaining(['launchTemplate']));
    expect(Object.keys(input ?? {})).not.toEqual(expect.arrayContaining(['version']));
  });

  it('says so when EKS does not take a release', async () => {
    eks.on(UpdateNodegroupVersionCommand).rejects(awsError('InvalidParameterException'));
    const started = managedGroups.start(order({ target: { release: '1.36-2026.05.16' } }));
    await expect(started).rejects.toMatchObject({ name: 'ReleaseNotFound', message: expect.stringContaining('1.36') });
  });

  it('of somebody else is not touched', async () => {
    eks.on(UpdateNodegroupVersionCommand).rejects(awsError('ResourceInUseException'));
    await expect(startUpdate(name, { id: 'lt-0a', version: 8 }, { force: false, token: 't' })).rejects.toMatchObject({
      name: 'ReplacementByOthers',
    });
  });
});
