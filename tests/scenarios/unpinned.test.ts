import { describe, expect, it } from 'vitest';
import { at, linger, startRun, stopExecutions } from '../../scripts/hunt/interventions.ts';
import { brokenPromises } from '../../scripts/hunt/promises.ts';
import { stopTrial, tryIt } from '../../scripts/hunt/trials.ts';
import type { Stage } from '../../scripts/start/stage.ts';
import type { Operation } from '../../simulator/kernel/service.ts';
import type { Scenario, ScenarioNodeGroup } from '../../simulator/scenario/schema.ts';
import { changesOf, entriesOf, leftovers, type Played, play } from '../support/play.ts';

type Change = Partial<ScenarioNodeGroup>;

const oldAmi = 'ami-0a1b2c3d4e5f60001';
const newAmi = 'ami-0a1b2c3d4e5f60002';
const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
const shared: Change = { launchTemplate: 'windows' };
const follows = { 'reglaze:channel': 'windows-2022-core' };

/** The groups of the scenario's cluster, each of one node, by what differs from a group of the channel. */
const withGroups = (groups: Readonly<Record<string, Change>>) => (scenario: Scenario) => {
  const [cluster] = scenario.clusters;
  const [model] = cluster?.nodeGroups ?? [];
  if (cluster === undefined || model === undefined) throw new Error('The scenario has no group.');
  cluster.nodeGroups = Object.entries(groups).map(([name, change]) => ({
    ...{ ...model, size: 1, minSize: 1, maxSize: 3, olderVersions: 0, tags: follows },
    ...{ name, ...change },
  }));
};

const templateOf = ({ stage }: Played, group: string) => {
  const { LaunchTemplateId = '', Version = '' } = stage.account.autoScaling.group(group)?.launchTemplate ?? {};
  const { version, data } = stage.account.ec2.launchTemplate({ LaunchTemplateId }, Version);
  return { names: Version, stands: version, ami: data.ImageId };
};

const outcomesOf = ({ document }: Played) =>
  Object.fromEntries(document.nodeGroups.map(({ name, outcome }) => [name, outcome]));

/** The operations that functions have called with success, in order. */
const callsOf = ({ log }: Played) =>
  entriesOf(log, 'call.aws')
    .filter(({ functionName, error }) => functionName !== undefined && error === undefined)
    .map(({ operation }) => String(operation).split('.')[1] ?? '');

const reasonsOf = ({ document }: Played) =>
  Object.fromEntries(document.nodeGroups.map(({ name, reason }) => [name, reason]));

describe('a group that follows its launch template alone', () => {
  it.each(['$Latest', '$Default'] as const)('%s ends on the new AMI and follows it again', async (version) => {
    const played = await play('tiny-month', { change: withGroups({ web: { version, olderVersions: 2 } }) });

    expect(brokenPromises(played, { expected: 'patched' })).toEqual([]);
    expect(templateOf(played, 'web')).toEqual({ names: version, stands: 4, ami: newAmi });
  });

  it.each(['$Latest', '$Default'] as const)('%s ends on the old AMI when the new one is bad', async (version) => {
    const played = await play('broken-ami', { change: withGroups({ web: { version, olderVersions: 2 } }) });

    expect(brokenPromises(played, { expected: 'restored', mayNotBlame: [] })).toEqual([]);
    expect(templateOf(played, 'web')).toMatchObject({ names: version, ami: oldAmi });
  });

  it('is up to date for a second run of the same image, which changes nothing', async () => {
    let callsBefore = 0;
    const played = await play('tiny-month', {
      change: withGroups({ web: { version: '$Latest' } }),
      before: (stage) =>
        at(stage, { machine: 'patch-fleet', state: 'Finish', nth: 1 }, (account) => {
          callsBefore = account.account.kernel.log.entries().length;
          startRun(imageArn)(account);
        }),
    });
    const second = played.log.slice(callsBefore);

    expect(brokenPromises(played, { expected: 'patched' })).toEqual([]);
    expect(entriesOf(second, 'function.invoked').length).toBeGreaterThan(2);
    expect(changesOf(second)).toEqual([]);
    expect(
      entriesOf(second, 'call.aws').filter(({ operation }) => operation === 'S3.PutObject').length,
    ).toBeGreaterThan(0);
    expect(templateOf(played, 'web')).toMatchObject({ names: '$Latest', stands: 2 });
  });
});

describe('groups that share a launch template', () => {
  it.each<{ name: string; versions: readonly Change['version'][] }>([
    { name: 'two through $Latest', versions: ['$Latest', '$Latest'] },
    { name: 'two through $Default', versions: ['$Default', '$Default'] },
    { name: 'three through $Latest', versions: ['$Latest', '$Latest', '$Latest'] },
    { name: 'one through each, and one by number', versions: ['$Latest', '$Default', 2] },
  ])('$name are all patched, and follow what they have proved', async ({ versions }) => {
    const names = ['web', 'orders', 'api'].slice(0, versions.length);
    const groups = names.map((name, index): [string, Change] => [name, { ...shared, version: versions[index] ?? 1 }]);
    const [[first, model] = ['', {}], ...others] = groups;
    const change = withGroups(Object.fromEntries([[first, { ...model, olderVersions: 2 }], ...others]));
    const played = await play('tiny-month', { change });
    const configured = played.log.findLastIndex(
      ({ kind, details }) =>
        kind === 'call.aws' &&
        String(details.functionName).endsWith('create-template-version') &&
        String(details.operation).endsWith('UpdateAutoScalingGroup'),
    );
    const made = played.log.findIndex(
      ({ kind, details }) => kind === 'launch-template.version' && details.imageId === newAmi,
    );

    expect(brokenPromises(played, { expected: 'patched' })).toEqual([]);
    expect(names.map((name) => templateOf(played, name).ami)).toEqual(names.map(() => newAmi));
    expect(configured).toBeGreaterThan(0);
    expect(configured).toBeLessThan(made);
  });

  it('are patched in different clusters, too', async () => {
    const played = await play('tiny-month', {
      change: (scenario) => {
        withGroups({ web: { ...shared, version: '$Latest' }, orders: { ...shared, version: '$Latest' } })(scenario);
        const [shop] = scenario.clusters;
        const moved = shop?.nodeGroups.pop();
        if (shop && moved) scenario.clusters.push({ ...shop, name: 'back-office', nodeGroups: [moved] });
      },
    });

    expect(brokenPromises(played, { expected: 'patched' })).toEqual([]);
    expect(outcomesOf(played)).toEqual({ web: 'patched', orders: 'patched' });
  });

  it('go back together when the AMI is bad, and $Latest is the old one again', async () => {
    const played = await play('broken-ami', {
      change: withGroups({ web: { ...shared, version: '$Latest' }, orders: { ...shared, version: '$Latest' } }),
    });

    expect(brokenPromises(played, { expected: 'restored', mayNotBlame: [] })).toEqual([]);
    expect(templateOf(played, 'web')).toMatchObject({ names: '$Latest', ami: oldAmi });
    expect(outcomesOf(played)).toEqual({ web: 'rolled-back', orders: 'rolled-back' });
  });

  it('go back together when one of them cannot go on, also the one that has proved the AMI', async () => {
    const played = await play('tiny-month', {
      change: withGroups({
        web: { ...shared, version: '$Latest' },
        orders: { ...shared, version: '$Latest', size: 3, maxSize: 5 },
      }),
      before: (stage) =>
        at(stage, { machine: 'roll-node-group', state: 'Promote version', nth: 1 }, ({ account }) => {
          void account.autoScaling.service.operations.CancelInstanceRefresh?.run(
            { AutoScalingGroupName: 'orders' } as never,
            { caller: { arn: 'an operator' }, requestId: 'by-hand' },
          );
        }),
    });

    expect(brokenPromises(played, { expected: 'restored', othersChangeGroup: true })).toEqual([]);
    expect(outcomesOf(played)).toEqual({ web: 'rolled-back', orders: 'rolled-back' });
    expect(reasonsOf(played)).toMatchObject({
      web: { error: 'UnitFailed', cause: expect.stringContaining('shop/orders, which did not get') },
      orders: { error: 'ReplacementCancelled' },
    });
  });

  it('at different numbers are rolled without regard for each other', async () => {
    const played = await play('tiny-month', {
      change: withGroups({ web: { ...shared, olderVersions: 1, version: 1 }, orders: { ...shared, version: 2 } }),
    });

    expect(brokenPromises(played, { expected: 'patched' })).toEqual([]);
    expect(callsOf(played)).not.toContain('UpdateAutoScalingGroup');
    expect(templateOf(played, 'web').names).not.toBe(templateOf(played, 'orders').names);
  });
});

describe('a group of the unit that does not go along', () => {
  it.each<{ case: string; other: Change; input?: object; says: string }>([
    { case: 'has not opted in', other: { tags: {} }, says: 'shop/orders has not opted in' },
    {
      case: 'follows another channel',
      other: { tags: { 'reglaze:channel': 'windows-2019-core' } },
      says: 'the channel windows-2019-core',
    },
    {
      case: 'is held',
      other: { tags: { ...follows, 'reglaze:hold-until': '2026-07-01', 'reglaze:hold-reason': 'sale' } },
      says: 'is held until 2026-07-01: sale',
    },
    { case: 'is blocked', other: { suspended: ['Launch'] }, says: 'shop/orders has suspended Launch' },
    { case: 'has no instances', other: { size: 0, minSize: 0 }, says: 'shop/orders has no instances' },
    {
      case: 'is left out by hand',
      other: {},
      input: { imageArn, nodeGroups: [{ cluster: 'shop', name: 'web' }] },
      says: 'shop/orders is left out of this run',
    },
  ])('$case: nothing is changed, and every other says why', async ({ other, input, says }) => {
    const played = await play('tiny-month', {
      change: withGroups({
        web: { ...shared, version: '$Latest' },
        orders: { ...shared, version: '$Latest', ...other },
      }),
      ...(input && { input: JSON.stringify(input) }),
    });

    expect(reasonsOf(played).web).toMatchObject({ error: 'TemplateShared', cause: expect.stringContaining(says) });
    expect(outcomesOf(played).web).toBe('blocked');
    expect(changesOf(played.log)).toEqual([]);
    expect(callsOf(played)).not.toContain('UpdateAutoScalingGroup');
  });

  it('also blocks one that names a number, whose new version would move $Latest', async () => {
    const played = await play('tiny-month', {
      change: withGroups({ web: { ...shared }, orders: { ...shared, version: '$Latest', tags: {} } }),
    });

    expect(reasonsOf(played).web).toMatchObject({ error: 'TemplateShared' });
    expect(changesOf(played.log)).toEqual([]);
  });

  it('does not matter to one that names a number, as long as it follows $Default', async () => {
    const played = await play('tiny-month', {
      change: withGroups({
        web: { ...shared, olderVersions: 1 },
        orders: { ...shared, version: '$Default', tags: {} },
      }),
    });

    expect(outcomesOf(played)).toEqual({ web: 'patched' });
    expect(templateOf(played, 'orders')).toEqual({ names: '$Default', stands: 1, ami: oldAmi });
  });
});

describe('a managed node group that shares the launch template', () => {
  // EKS takes no template with an instance profile, so the self-managed group has a later version that has one.
  const managed: Change = { ...shared, kind: 'managed' };

  it('is not disturbed when it has not opted in', async () => {
    const played = await play('tiny-month', {
      change: withGroups({ web: { ...managed, tags: {} }, orders: { ...shared, version: '$Latest' } }),
    });
    const nodes = played.stage.nodeGroups.find(({ name }) => name === 'web');
    const group = played.stage.account.autoScaling.group(nodes?.autoScalingGroupName ?? '');

    expect(outcomesOf(played)).toEqual({ orders: 'patched' });
    expect(group?.instances.map(({ imageId }) => imageId)).toEqual([oldAmi]);
    expect(entriesOf(played.log, 'nodegroup.update')).toEqual([]);
    expect(leftovers(played.stage)).toEqual([]);
  });

  it('moves together with the one that follows $Latest when it has', async () => {
    const played = await play('tiny-month', {
      change: withGroups({ web: managed, orders: { ...shared, version: '$Latest' } }),
    });

    expect(brokenPromises(played, { expected: 'patched' })).toEqual([]);
    expect(outcomesOf(played)).toEqual({ web: 'patched', orders: 'patched' });
  });
});

describe('a managed node group and one that follows $Latest', () => {
  it('go back together; the version by which EKS goes back is not what $Latest stands for', async () => {
    const played = await play('broken-ami', {
      change: withGroups({ web: { ...shared, kind: 'managed' }, orders: { ...shared, version: '$Latest' } }),
    });
    const { LaunchTemplateId = '' } = played.stage.account.autoScaling.group('orders')?.launchTemplate ?? {};
    const { data } = played.stage.account.ec2.launchTemplate({ LaunchTemplateId }, '$Latest');

    expect(brokenPromises(played, { expected: 'restored', mayNotBlame: [] })).toEqual([]);
    expect(templateOf(played, 'orders')).toMatchObject({ names: '$Latest', ami: oldAmi });
    // Only the self-managed group's own versions have an instance profile.
    expect(data.IamInstanceProfile).toBeDefined();
  });
});

describe('somebody who changes the launch template during the run', () => {
  const byHand = (operation: string, input: object) => (stage: Stage) => {
    const { ec2 } = stage.account;
    const { LaunchTemplateId = '' } = stage.account.autoScaling.group('web')?.launchTemplate ?? {};
    const { run } = ec2.service.operations[operation] as unknown as Operation<object>;
    void run({ LaunchTemplateId, ...input }, { caller: { arn: 'an operator' }, requestId: operation });
  };
  const watching = { machine: 'roll-node-group', state: 'Watch nodes', nth: 2 };

  it.each<{ case: string; version: '$Latest' | '$Default'; operation: string; input: object; says: string }>([
    {
      case: 'by a version of their own, keeps $Latest from what nobody has proved',
      ...{ version: '$Latest', operation: 'CreateLaunchTemplateVersion' },
      input: { SourceVersion: '1', LaunchTemplateData: { InstanceType: 'm5.2xlarge' } },
      says: 'somebody made version 3 during the run',
    },
    {
      case: 'by another default, keeps $Default from what nobody has proved',
      ...{ version: '$Default', operation: 'ModifyLaunchTemplate', input: { DefaultVersion: '2' } },
      says: 'somebody made version 2 the default during the run',
    },
  ])('$case: the group stays at what it has proved, and that is told', async ({ version, operation, input, says }) => {
    const played = await play('tiny-month', {
      change: withGroups({ web: { version, olderVersions: version === '$Default' ? 1 : 0 } }),
      before: (stage) => at(stage, watching, byHand(operation, input)),
    });

    expect(outcomesOf(played)).toEqual({ web: 'partly-patched' });
    expect(reasonsOf(played).web).toMatchObject({ error: 'VersionPinned', cause: expect.stringContaining(says) });
    expect(templateOf(played, 'web')).toMatchObject({ names: expect.stringMatching(/^\d$/), ami: newAmi });
    expect(played.document.run.status).toBe('FAILED');
  });
});

describe('executions that end in the middle', () => {
  it.each([
    ['Take lease', 2],
    ['Make launch template version', 1],
    ['Make launch template version', 2],
    ['Open admission', 1],
    ['Start replacing nodes', 2],
    ['Watch nodes', 5],
    ['Promote version', 1],
    ['Close admission', 1],
    ['Release lease', 1],
    ['Release lease', 2],
  ])('at "%s" %i leave no pin', async (state, nth) => {
    const moment = { machine: 'roll-node-group', state, nth };

    expect(await tryIt(stopTrial('shared-latest', 'roll-node-group', moment))).toEqual([]);
  });

  it('leave a template that a second run can roll', async () => {
    const played = await play('tiny-month', {
      change: withGroups({ web: { ...shared, version: '$Latest' }, orders: { ...shared, version: '$Latest' } }),
      before: (stage) => {
        linger(stage, 90 * 60_000);
        at(stage, { machine: 'roll-node-group', state: 'Watch nodes', nth: 5 }, stopExecutions('roll-node-group'));
        at(stage, { machine: 'patch-fleet', state: 'Report failure', nth: 1 }, startRun(imageArn));
      },
    });

    expect(leftovers(played.stage)).toEqual([]);
    expect(['web', 'orders'].map((name) => templateOf(played, name))).toMatchObject([
      { names: '$Latest', ami: newAmi },
      { names: '$Latest', ami: newAmi },
    ]);
  });
});
