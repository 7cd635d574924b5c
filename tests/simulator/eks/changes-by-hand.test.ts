import type { Update } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { aNodegroup, anAccount, describeNodegroup, minute, refusalOf, startUpdate } from './an-account.ts';

const group = { clusterName: 'demo', nodegroupName: 'win2022' };

async function aGroup() {
  const account = await anAccount();
  aNodegroup(account);
  await account.pass(minute);
  const change = (input: object) => account.call<{ update: Update }>('UpdateNodegroupConfig', { ...group, ...input });
  return { account, change };
}

describe('UpdateNodegroupConfig', () => {
  it('resizes the node group and its Auto Scaling group, and is an update like any other', async () => {
    const { account, change } = await aGroup();
    const { update } = change({ scalingConfig: { minSize: 3, maxSize: 9, desiredSize: 5 } });
    expect(update).toMatchObject({ type: 'ConfigUpdate', status: 'InProgress' });
    expect(describeNodegroup(account).status).toBe('UPDATING');
    await account.pass(minute);

    const { status, scalingConfig, resources } = describeNodegroup(account);
    expect({ status, scalingConfig }).toEqual({
      status: 'ACTIVE',
      scalingConfig: { minSize: 3, maxSize: 9, desiredSize: 5 },
    });
    const name = resources?.autoScalingGroups?.[0]?.name ?? '';
    expect(account.autoScaling.group(name)).toMatchObject({ minSize: 3, maxSize: 9, desiredCapacity: 5 });
    const described = account.call<{ update: Update }>('DescribeUpdate', {
      ...{ name: 'demo', nodegroupName: 'win2022', updateId: update.id },
    });
    expect(described.update.status).toBe('Successful');
  });

  it('changes how many nodes an update may take at once, and how', async () => {
    const { account, change } = await aGroup();
    change({ updateConfig: { maxUnavailablePercentage: 33 } });
    await account.pass(minute);
    expect(describeNodegroup(account).updateConfig).toEqual({
      ...{ maxUnavailablePercentage: 33, updateStrategy: 'DEFAULT' },
    });
  });

  it('answers the same request again with the same update', async () => {
    const { change } = await aGroup();
    const input = { scalingConfig: { maxSize: 9 }, clientRequestToken: 'once' };
    expect(change(input).update.id).toBe(change(input).update.id);
  });

  it.each([
    { case: 'a smallest size above the largest', input: { scalingConfig: { minSize: 9 } } },
    { case: 'more nodes than the largest size', input: { scalingConfig: { desiredSize: 9 } } },
    { case: 'fewer nodes than the smallest size', input: { scalingConfig: { desiredSize: 1 } } },
    { case: 'labels, which are not simulated', input: { labels: { addOrUpdateLabels: { a: 'b' } } } },
  ])('refuses $case and changes nothing', async ({ input }) => {
    const { account, change } = await aGroup();
    expect(refusalOf(() => change(input))).toMatchObject({ code: expect.stringMatching(/Invalid|NotSimulated/) });
    expect(describeNodegroup(account).status).toBe('ACTIVE');
  });

  it('waits its turn while nodes are replaced', async () => {
    const { account, change } = await aGroup();
    startUpdate(account);
    expect(refusalOf(() => change({ scalingConfig: { maxSize: 9 } }))).toMatchObject({
      code: 'ResourceInUseException',
    });
  });
});

it('an access entry is shown with its policies, and shuts its principal out once it is deleted', async () => {
  const { account } = await aGroup();
  const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
  const entry = { clusterName: 'demo', principalArn: account.iam.operatorArn };
  account.eks.addAccessEntry('demo', { principalArn: entry.principalArn, policies: [{ policyArn }] });

  expect(account.call('ListAssociatedAccessPolicies', entry)).toMatchObject({
    associatedAccessPolicies: [{ policyArn, accessScope: { type: 'cluster' } }],
  });
  account.call('DeleteAccessEntry', entry);
  expect(refusalOf(() => account.call('DeleteAccessEntry', entry))).toMatchObject({
    code: 'ResourceNotFoundException',
  });
});

it('tags are listed and taken off by key', async () => {
  const { account } = await aGroup();
  const resourceArn = describeNodegroup(account).nodegroupArn ?? '';
  account.call('TagResource', { resourceArn, tags: { team: 'windows', ring: 'broad' } });
  account.call('UntagResource', { resourceArn, tagKeys: ['team'] });

  expect(account.call('ListTagsForResource', { resourceArn })).toMatchObject({ tags: { ring: 'broad' } });
  expect(account.call('ListTagsForResource', { resourceArn })).not.toHaveProperty('tags.team');
});
