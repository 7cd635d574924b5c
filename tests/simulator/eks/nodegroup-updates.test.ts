import { describe, expect, it } from 'vitest';
import type { NodegroupSpec } from '../../../simulator/services/eks/nodegroups.ts';
import {
  type AccountOptions,
  aBudget,
  aDeployment,
  aNodegroup,
  anAccount,
  describeNodegroup,
  describeUpdate,
  isOver,
  minute,
  newAmi,
  oldAmi,
  refusalOf,
  startUpdate,
  type TestAccount,
  template,
} from './an-account.ts';

const withNodegroup = async (options: AccountOptions = {}, spec: Partial<NodegroupSpec> = {}) => {
  const account = await anAccount(options);
  const nodegroup = aNodegroup(account, spec);
  await account.pass(minute);
  const views = () => account.autoScaling.group(nodegroup.groupName);
  return { account, nodegroup, group: () => views() as NonNullable<ReturnType<typeof views>> };
};

const imagesOf = (account: TestAccount) =>
  account.cluster.nodes().map(({ labels }) => labels['eks.amazonaws.com/nodegroup-image']);
const phasesOf = ({ kernel }: TestAccount) =>
  kernel.log.entries().flatMap(({ kind, details }) => (kind === 'nodegroup.phase' ? [details.phase] : []));

describe('a managed node group', () => {
  it('has nodes that carry its labels, in a group that carries its tags', async () => {
    const { account, group } = await withNodegroup();

    expect(account.cluster.nodes()).toHaveLength(4);
    expect(account.cluster.nodes()[0]).toMatchObject({ ready: true, hasAddresses: true, hasServiceRouting: true });
    expect(account.cluster.nodes()[0]?.labels).toMatchObject({
      'eks.amazonaws.com/nodegroup': 'win2022',
      'eks.amazonaws.com/nodegroup-image': oldAmi,
      'eks.amazonaws.com/sourceLaunchTemplateId': account.templateId,
      'eks.amazonaws.com/sourceLaunchTemplateVersion': '1',
    });
    expect(group().name).toMatch(/^eks-win2022-[0-9a-f-]{36}$/);
    expect(group().tags).toMatchObject({ 'eks:nodegroup-name': 'win2022', 'kubernetes.io/cluster/demo': 'owned' });
    expect(group().mixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification?.LaunchTemplateName).toMatch(
      /^eks-/,
    );
  });

  it("is described with the caller's template and, as release, its AMI", async () => {
    const { account, group } = await withNodegroup({}, { tags: { team: 'shop' } });

    expect(describeNodegroup(account)).toMatchObject({
      ...{ nodegroupName: 'win2022', clusterName: 'demo', status: 'ACTIVE', version: '1.35' },
      ...{ amiType: 'CUSTOM', releaseVersion: oldAmi, instanceTypes: ['m5.xlarge'] },
      launchTemplate: { id: account.templateId, name: template, version: '1' },
      resources: { autoScalingGroups: [{ name: group().name }] },
      health: { issues: [] },
      updateConfig: { maxUnavailable: 1, updateStrategy: 'DEFAULT' },
      tags: { team: 'shop' },
    });
  });
});

describe('an update', () => {
  it('brings every node to the new AMI and the group back to its size', async () => {
    const { account, group } = await withNodegroup();
    const update = startUpdate(account);
    const during = describeNodegroup(account);
    await account.until(isOver(account, update));

    expect(update).toMatchObject({
      ...{ status: 'InProgress', type: 'VersionUpdate', errors: [] },
      params: [
        { type: 'LaunchTemplateName', value: template },
        { type: 'LaunchTemplateVersion', value: '2' },
      ],
    });
    expect([during.status, during.releaseVersion]).toEqual(['UPDATING', oldAmi]);
    expect(describeUpdate(account, update.id).status).toBe('Successful');
    expect(describeNodegroup(account)).toMatchObject({
      status: 'ACTIVE',
      releaseVersion: newAmi,
      launchTemplate: { version: '2' },
    });
    await account.pass(5 * minute);
    expect(imagesOf(account)).toEqual([newAmi, newAmi, newAmi, newAmi]);
    expect(group()).toMatchObject({ minSize: 2, maxSize: 8, desiredCapacity: 4 });
    expect(phasesOf(account)).toEqual([
      'setup',
      'enlarge',
      'await new nodes',
      'cordon old nodes',
      'replace old nodes',
      'shrink',
    ]);
  });

  it.each([
    { maxUnavailable: 1, surge: 4 },
    { maxUnavailable: 6, surge: 6 },
  ])(
    'with maxUnavailable $maxUnavailable enlarges a group in two zones by $surge',
    async ({ maxUnavailable, surge }) => {
      const { account, group } = await withNodegroup({}, { updateConfig: { maxUnavailable } });
      startUpdate(account);
      await account.until(() => group().desiredCapacity !== 4);

      expect(group()).toMatchObject({ desiredCapacity: 4 + surge, maxSize: 8 + surge });
    },
  );

  it('never has fewer Ready nodes than the group wants', async () => {
    const { account } = await withNodegroup();
    const update = startUpdate(account);
    let lowest = 4;
    account.cluster.onNode(() => {
      const serving = account.cluster.nodes().filter(({ ready }) => ready).length;
      lowest = Math.min(lowest, serving);
    });
    await account.until(isOver(account, update));

    expect(lowest).toBe(4);
  });

  it('cordons the old nodes only when a new one is Ready in each zone', async () => {
    const { account } = await withNodegroup();
    startUpdate(account);
    await account.until(() => account.cluster.nodes().some(({ unschedulable }) => unschedulable));
    const nodes = account.cluster.nodes();
    const zoneOf = 'topology.kubernetes.io/zone';
    const isNew = ({ labels }: (typeof nodes)[number]) => labels['eks.amazonaws.com/nodegroup-image'] === newAmi;
    const readyZones = nodes.filter((node) => node.ready && isNew(node)).map(({ labels }) => labels[zoneOf]);

    expect(new Set(readyZones)).toEqual(new Set(['us-west-2a', 'us-west-2b']));
    await account.pass(minute / 6);
    const cordoned = account.cluster.nodes().filter(({ unschedulable }) => unschedulable);
    expect(cordoned).toHaveLength(4);
    for (const { labels } of cordoned)
      expect(labels['node.kubernetes.io/exclude-from-external-load-balancers']).toBe('true');
  });

  it('has no more nodes out than maxUnavailable allows', async () => {
    const { account, nodegroup } = await withNodegroup({}, { updateConfig: { maxUnavailable: 2 } });
    const update = startUpdate(account);
    let most = 0;
    account.autoScaling.onGroup(() => {
      const instances = account.autoScaling.group(nodegroup.groupName)?.instances ?? [];
      most = Math.max(most, instances.filter(({ state }) => state.startsWith('Terminating')).length);
    });
    await account.until(isOver(account, update));

    expect(most).toBe(2);
  });

  it('moves pods within their budget', async () => {
    const { account } = await withNodegroup();
    account.cluster.applyManifest(aDeployment('web', 6));
    account.cluster.applyManifest(aBudget('web', { minAvailable: 5 }));
    await account.pass(2 * minute);
    const update = startUpdate(account);
    await account.until(isOver(account, update));

    expect(describeUpdate(account, update.id).status).toBe('Successful');
    const pods = account.cluster.nodes().flatMap(({ name }) => account.cluster.controlPlane.podsToMove(name));
    expect(pods).toHaveLength(6);
  });

  it('with MINIMAL terminates before it launches and never enlarges the group', async () => {
    const { account, group } = await withNodegroup({}, { updateConfig: { updateStrategy: 'MINIMAL' } });
    const update = startUpdate(account);
    let [lowest, largest] = [4, 0];
    account.cluster.onNode(() => {
      lowest = Math.min(lowest, account.cluster.nodes().filter(({ ready }) => ready).length);
      largest = Math.max(largest, group().desiredCapacity);
    });
    await account.until(isOver(account, update));

    expect(describeUpdate(account, update.id).status).toBe('Successful');
    expect([lowest, largest]).toEqual([3, 4]);
    expect(phasesOf(account)).toEqual(['setup', 'replace old nodes']);
  });

  it('of an empty group changes its template and is done', async () => {
    const { account, group } = await withNodegroup({}, { scalingConfig: { minSize: 0, maxSize: 4, desiredSize: 0 } });
    const update = startUpdate(account);
    await account.until(isOver(account, update));

    expect(describeUpdate(account, update.id).status).toBe('Successful');
    expect([group().desiredCapacity, group().maxSize, account.cluster.nodes().length]).toEqual([0, 4, 0]);
    expect(describeNodegroup(account).releaseVersion).toBe(newAmi);
  });
});

describe('an update that fails', () => {
  it.each(['never-registers', 'never-ready'] as const)(
    'because new nodes are $0 ends with NodeCreationFailure after 15 minutes, the old nodes serving',
    async (defect) => {
      const { account, group } = await withNodegroup({ newGuest: { defect } });
      const update = startUpdate(account);
      const before = account.kernel.clock.now();
      await account.until(isOver(account, update));
      const { status, errors = [] } = describeUpdate(account, update.id);

      expect(status).toBe('Failed');
      expect(errors).toMatchObject([
        { errorCode: 'NodeCreationFailure', resourceIds: expect.arrayContaining([expect.stringMatching(/^i-/)]) },
      ]);
      expect(account.kernel.clock.now() - before).toBeGreaterThanOrEqual(15 * minute);
      expect(account.kernel.clock.now() - before).toBeLessThan(16 * minute);
      const old = account.cluster.nodes().filter(({ ready, unschedulable }) => ready && !unschedulable);
      expect(old.map(({ labels }) => labels['eks.amazonaws.com/nodegroup-image'])).toEqual([
        oldAmi,
        oldAmi,
        oldAmi,
        oldAmi,
      ]);
      expect(describeNodegroup(account)).toMatchObject({
        ...{ status: 'DEGRADED', releaseVersion: oldAmi },
        health: { issues: [{ code: 'NodeCreationFailure' }] },
      });
      expect(group().desiredCapacity).toBe(8);
    },
  );

  it('gives the group its size back where the switch says so', async () => {
    const { account, group } = await withNodegroup({
      newGuest: { defect: 'never-registers' },
      behaviour: { restoresSizeAfterFailure: true },
    });
    const update = startUpdate(account);
    await account.until(isOver(account, update));

    expect(group()).toMatchObject({ desiredCapacity: 4, maxSize: 8 });
  });

  it('because nothing can be launched says so', async () => {
    const { account, nodegroup } = await withNodegroup();
    const failing = account.kernel.faults as { onLaunch: unknown };
    failing.onLaunch = (name: string) =>
      name === nodegroup.groupName
        ? {
            at: 'launch',
            group: name,
            from: 0,
            until: Number.MAX_SAFE_INTEGER,
            code: 'InsufficientInstanceCapacity',
            message: 'There is no m5.xlarge capacity.',
          }
        : undefined;
    const update = startUpdate(account);
    await account.until(isOver(account, update));

    expect(describeUpdate(account, update.id).errors).toMatchObject([
      { errorCode: 'NodeCreationFailure', errorMessage: expect.stringContaining('no m5.xlarge capacity') },
    ]);
    expect(describeNodegroup(account).health?.issues).toContainEqual(
      expect.objectContaining({ code: 'AsgInstanceLaunchFailures' }),
    );
  });

  const blocked = async (force: boolean) => {
    const { account } = await withNodegroup();
    account.cluster.applyManifest(aDeployment('web', 4));
    account.cluster.applyManifest(aBudget('web', { maxUnavailable: 0 }));
    await account.pass(2 * minute);
    const update = startUpdate(account, { force });
    await account.until(isOver(account, update));
    return { account, update: describeUpdate(account, update.id) };
  };

  it('because a budget holds a node for 15 minutes ends with PodEvictionFailure and a mix of nodes', async () => {
    const { account, update } = await blocked(false);

    expect(update).toMatchObject({
      status: 'Failed',
      errors: [
        {
          errorCode: 'PodEvictionFailure',
          errorMessage: 'Reached max retries while trying to evict pods from nodes in node group win2022',
          resourceIds: [expect.stringMatching(/^ip-10-0-/)],
        },
      ],
    });
    expect(new Set(imagesOf(account))).toEqual(new Set([oldAmi, newAmi]));
  });

  it('does not fail with force: what a budget holds is taken after the 15 minutes', async () => {
    const { account, update } = await blocked(true);

    expect(update.status).toBe('Successful');
    await account.pass(5 * minute);
    expect(imagesOf(account)).toEqual([newAmi, newAmi, newAmi, newAmi]);
  });

  it('is repaired by a new version that carries the old AMI', async () => {
    const { account, group } = await withNodegroup({ newGuest: { defect: 'never-registers' } });
    const failed = startUpdate(account);
    await account.until(isOver(account, failed));
    account.ec2.addLaunchTemplateVersion({ LaunchTemplateId: account.templateId }, { sourceVersion: '1', data: {} });
    const repaired = startUpdate(account, { launchTemplate: { name: template, version: '3' } });
    await account.until(isOver(account, repaired));
    await account.pass(5 * minute);

    expect(describeUpdate(account, repaired.id).status).toBe('Successful');
    expect(imagesOf(account)).toEqual([oldAmi, oldAmi, oldAmi, oldAmi]);
    expect(group()).toMatchObject({ desiredCapacity: 4, maxSize: 8 });
    expect(describeNodegroup(account)).toMatchObject({ status: 'ACTIVE', health: { issues: [] } });
  });
});

describe('a request for an update', () => {
  it('with the same token is answered with the same update', async () => {
    const { account } = await withNodegroup();
    const first = startUpdate(account, { clientRequestToken: 'once' });
    const again = startUpdate(account, { clientRequestToken: 'once' });

    expect(again.id).toBe(first.id);
    expect(refusalOf(() => startUpdate(account, { clientRequestToken: 'once', force: true }))?.code).toBe(
      'InvalidRequestException',
    );
  });

  it('while another runs is refused with ResourceInUseException', async () => {
    const { account } = await withNodegroup();
    startUpdate(account);

    expect(refusalOf(() => startUpdate(account))?.code).toBe('ResourceInUseException');
  });

  it.each([
    { case: 'a Kubernetes version', input: { version: '1.35' }, code: 'InvalidParameterException' },
    { case: 'a release version', input: { releaseVersion: newAmi }, code: 'InvalidParameterException' },
    { case: 'no template', input: { launchTemplate: undefined }, code: 'InvalidParameterException' },
    {
      case: 'another template',
      input: { launchTemplate: { name: 'other', version: '1' } },
      code: 'InvalidParameterException',
    },
    {
      case: 'a version that does not exist',
      input: { launchTemplate: { name: template, version: '9' } },
      code: 'InvalidRequestException',
    },
    { case: 'another group', input: { nodegroupName: 'none' }, code: 'ResourceNotFoundException' },
    { case: 'another cluster', input: { clusterName: 'none' }, code: 'ResourceNotFoundException' },
  ])('with $case is refused with $code', async ({ input, code }) => {
    const { account } = await withNodegroup();

    expect(refusalOf(() => startUpdate(account, input))?.code).toBe(code);
    expect(describeNodegroup(account).status).toBe('ACTIVE');
  });

  it.each([
    { olderTemplateVersion: 'refuse' as const, code: 'InvalidParameterException' },
    { olderTemplateVersion: 'accept' as const, code: undefined },
  ])(
    'for an older version, with the switch at $olderTemplateVersion, is answered $code',
    async ({ olderTemplateVersion, code }) => {
      const { account } = await withNodegroup(
        { behaviour: { olderTemplateVersion } },
        { launchTemplate: { name: template, version: '2' } },
      );

      expect(refusalOf(() => startUpdate(account, { launchTemplate: { name: template, version: '1' } }))?.code).toBe(
        code,
      );
    },
  );

  it.each([{ updateChecksLaunchRights: true }, { updateChecksLaunchRights: false }])(
    'needs the rights of a launch besides its own: $updateChecksLaunchRights',
    async (behaviour) => {
      const { account } = await withNodegroup({ behaviour });
      const input = { clusterName: 'demo', nodegroupName: 'win2022', launchTemplate: { name: template, version: '2' } };
      const actions = new Set(account.needs('UpdateNodegroupVersion', input).map(({ action }) => action));

      expect(actions).toEqual(
        new Set([
          'eks:UpdateNodegroupVersion',
          ...(behaviour.updateChecksLaunchRights ? ['ec2:RunInstances', 'iam:PassRole'] : []),
        ]),
      );
    },
  );
});
