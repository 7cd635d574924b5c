import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reason } from '../../functions/domain/errors.ts';
import type { NodeGroup } from '../../functions/domain/node-group.ts';
import { concernsChannel, planGroup, selectGroups } from '../../functions/domain/plan.ts';
import type { ClusterView } from '../../functions/domain/preflight.ts';
import { aGroup, aNode, anImage, anInstance, aRelease, fromAmazon, fromTemplate, now } from '../support/builders.ts';

const cluster: ClusterView = { nodes: [aNode(), aNode({ name: 'b', instanceId: 'i-0b' })] };
const context = { image: anImage(), cluster, activeReplacement: undefined, leaseHolder: undefined, now };

const plan = (group: Partial<NodeGroup>, overrides: Partial<typeof context> | object = {}) =>
  planGroup(aGroup(group), { ...context, ...overrides });

const channel = { 'reglaze:channel': 'windows-2022-core' };
const patched = [anInstance({ imageId: 'ami-0new' }), anInstance({ instanceId: 'i-0b', imageId: 'ami-0new' })];

describe('the plan of a node group', () => {
  it('rolls a group on an older AMI and says what it runs now', () => {
    expect(plan({})).toEqual({
      cluster: 'demo',
      name: 'win2022',
      kind: 'self-managed',
      outcome: 'planned',
      nodes: { total: 2, patched: 0 },
      fromAmi: 'ami-0old',
      toAmi: 'ami-0new',
      fromPatchLevel: '10.0.20348.4648',
      launchTemplate: { id: 'lt-0a', fromVersion: 7 },
      estimate: { rounds: 2, usualSeconds: 1280, longestSeconds: 16_320, deregistrationSeconds: 0 },
    });
  });

  it('does not try an AMI again that a smoke test has blamed, unless somebody says so', () => {
    const image = anImage({ failedSmokeTest: '2026-05-15T04:31:00Z service-routing' });
    expect(plan({}, { image })).toMatchObject({
      outcome: 'blocked',
      reason: { error: 'AmiFailedSmokeTest', cause: expect.stringContaining('service-routing') },
    });
    expect(plan({}, { image, retryFailedAmi: true }).outcome).toBe('planned');
  });

  it('is blocked where pods cannot be watched only if the group needs that', () => {
    const refusing = { cluster: { ...cluster, podsRefused: reason('ClusterAccessDenied', 'kubectl apply') } };
    const needy = { tags: { ...channel, 'reglaze:require-daemonsets': 'kube-system/agent' } };
    expect(plan({}, refusing).outcome).toBe('planned');
    expect(plan(needy, refusing)).toMatchObject({ outcome: 'blocked', reason: { error: 'ClusterAccessDenied' } });
    expect(plan(needy).outcome).toBe('planned');
  });

  it.each<{ case: string; group: Partial<NodeGroup>; end: { outcome: string; error?: string } }>([
    { case: 'one behind the release', group: { source: fromAmazon() }, end: { outcome: 'planned' } },
    {
      case: 'one on the release',
      group: { source: fromAmazon('1.35-2026.05.16'), instances: patched },
      end: { outcome: 'up-to-date' },
    },
    {
      case: 'one on the release with a node that is not',
      group: { source: fromAmazon('1.35-2026.05.16') },
      end: { outcome: 'planned' },
    },
    {
      case: 'one on a newer release',
      group: { source: fromAmazon('1.35-2026.06.13') },
      end: { outcome: 'skipped', error: 'NewerImage' },
    },
    { case: 'one on an AMI of its own', group: {}, end: { outcome: 'blocked', error: 'NotAmazonsAmi' } },
    {
      case: 'one that is not Windows',
      group: { source: fromAmazon('1.35-20260516', 'AL2023_x86_64_STANDARD') },
      end: { outcome: 'blocked', error: 'NotWindows' },
    },
  ])("of Amazon's release for $case: $end.outcome", ({ group, end }) => {
    const tags = { ...channel, 'reglaze:channel': 'amazon' };
    const report = plan({ kind: 'managed', tags, ...group }, { image: aRelease() });
    expect({ outcome: report.outcome, ...(report.reason && { error: report.reason.error }) }).toEqual(end);
    expect(report.warnings?.map(({ error }) => error)).toEqual(end.outcome === 'planned' ? ['NoWayBack'] : undefined);
  });

  it('leaves a group alone that is on the AMI, whatever else would forbid a rollout', () => {
    const group = { source: fromTemplate('ami-0new'), instances: patched, suspendedProcesses: ['Launch'] };
    expect(plan(group)).toMatchObject({ outcome: 'up-to-date', toPatchLevel: '10.0.20348.4648' });
  });

  it('goes on with a group of which a part is on the AMI already', () => {
    const instances = [anInstance({ imageId: 'ami-0new' }), anInstance({ instanceId: 'i-0b' })];
    expect(plan({ instances })).toMatchObject({ outcome: 'planned', nodes: { total: 2, patched: 1 } });
  });

  it.each<{ case: string; group: Partial<NodeGroup>; with?: object; error: string }>([
    { case: 'a bad tag', group: { tags: { ...channel, 'reglaze:rin': 'a' } }, error: 'TagInvalid' },
    { case: 'a window tag', group: { tags: { ...channel, 'reglaze:window': 'a' } }, error: 'TagNotSupported' },
    {
      case: 'a tag on the Auto Scaling group of a managed group',
      group: { kind: 'managed', misplacedTags: ['reglaze:channel'] },
      error: 'TagMisplaced',
    },
    {
      case: 'a group without a cluster tag',
      group: { cluster: undefined },
      with: { cluster: undefined },
      error: 'ClusterUnknown',
    },
    {
      case: 'a cluster without access',
      group: {},
      with: { cluster: { refused: reason('ClusterAccessDenied', 'npm run grant') } },
      error: 'ClusterAccessDenied',
    },
    {
      case: 'a launch configuration',
      group: { source: { type: 'launch-configuration', name: 'lc' } },
      error: 'LaunchConfiguration',
    },
    {
      case: 'a mixed instances policy',
      group: { source: { type: 'mixed-instances-policy' } },
      error: 'MixedInstancesPolicy',
    },
    {
      case: "Amazon's own AMI",
      group: { kind: 'managed', source: fromAmazon() },
      error: 'AmazonsOwnAmi',
    },
    {
      case: 'a template version that is gone',
      group: { source: fromTemplate(undefined) },
      error: 'LaunchTemplateMissing',
    },
    { case: 'an AMI from a parameter', group: { source: fromTemplate('resolve:ssm:/ami') }, error: 'AmiFromParameter' },
    {
      case: 'instance types by attributes',
      group: {
        source: {
          type: 'launch-template',
          template: { id: 'lt-0a', version: 7 },
          imageId: 'ami-0old',
          hasInstanceRequirements: true,
        },
      },
      error: 'AttributeBasedInstanceTypes',
    },
    { case: 'a suspended Launch process', group: { suspendedProcesses: ['Launch'] }, error: 'ProcessesSuspended' },
    {
      case: 'a suspended InstanceRefresh process',
      group: { suspendedProcesses: ['AZRebalance', 'InstanceRefresh'] },
      error: 'ProcessesSuspended',
    },
    {
      case: "somebody else's refresh",
      group: {},
      with: { activeReplacement: 'Instance refresh 08b9' },
      error: 'ReplacementByOthers',
    },
    {
      case: 'the MINIMAL strategy',
      group: { kind: 'managed', updateStrategy: 'MINIMAL' },
      error: 'MinimalUpdateStrategy',
    },
    {
      case: 'a managed group that is being deleted',
      group: { kind: 'managed', status: 'DELETING' },
      error: 'NodeGroupNotActive',
    },
    {
      case: 'nodes of another Server line',
      group: {},
      with: { image: anImage({ serverLine: '2025' }) },
      error: 'OtherServerLine',
    },
    {
      case: 'an instance that runs something else',
      group: { instances: [anInstance({ imageId: 'ami-0odd' })] },
      error: 'InstancesDiffer',
    },
    {
      case: 'an old instance under a template that is new',
      group: { source: fromTemplate('ami-0new') },
      error: 'InstancesDiffer',
    },
  ])('blocks $case', ({ group, with: overrides = {}, error }) => {
    expect(plan(group, overrides)).toMatchObject({ outcome: 'blocked', reason: { error } });
  });

  it('lets processes be suspended that no replacement needs', () => {
    expect(plan({ suspendedProcesses: ['AZRebalance', 'AlarmNotification'] }).outcome).toBe('planned');
  });

  it.each([
    {
      case: 'a group that is held',
      group: { tags: { ...channel, 'reglaze:hold-until': '2026-06-01' } },
      with: {},
      error: 'Held',
    },
    { case: 'a group without instances', group: { instances: [], desiredCapacity: 0 }, with: {}, error: 'NoInstances' },
  ])('skips $case', ({ group, with: overrides, error }) => {
    expect(plan(group, overrides)).toMatchObject({ outcome: 'skipped', reason: { error } });
  });

  it('plans a group that another run is rolling, since it is waited for, and names that run', () => {
    const mixed = { instances: [anInstance(), anInstance({ instanceId: 'i-0b', imageId: 'ami-0other' })] };
    expect(plan(mixed, { leaseHolder: 'run-0', activeReplacement: 'x' })).toMatchObject({
      outcome: 'planned',
      reason: { error: 'LeaseHeld', cause: expect.stringContaining('run-0') },
    });
  });

  it('rolls a group whose hold is over', () => {
    expect(plan({ tags: { ...channel, 'reglaze:hold-until': '2026-05-16' } }).outcome).toBe('planned');
  });

  it('never plans a group against an obstacle, however many there are', () => {
    const obstacles = fc.subarray<Partial<NodeGroup>>(
      [
        { suspendedProcesses: ['Launch'] },
        { source: fromTemplate('resolve:ssm:/a') },
        { updateStrategy: 'MINIMAL' },
        { cluster: undefined },
      ],
      { minLength: 1 },
    );
    fc.assert(
      fc.property(obstacles, (chosen) => {
        const group = Object.assign({}, ...chosen) as Partial<NodeGroup>;
        expect(plan(group).outcome).toBe('blocked');
      }),
    );
  });
});

describe('a channel', () => {
  it.each([
    { case: 'a follower', tags: channel, concerned: true },
    { case: 'a group of another channel', tags: { 'reglaze:channel': 'windows-2025-core' }, concerned: false },
    { case: 'a group without our tags', tags: { Name: 'a' }, concerned: false },
    { case: 'a group whose channel tag has a typo', tags: { 'reglaze:chanel': 'a' }, concerned: true },
  ])('concerns $case: $concerned', ({ tags, concerned }) => {
    expect(concernsChannel(tags as Record<string, string>, 'windows-2022-core')).toBe(concerned);
  });
});

describe('the groups of a run', () => {
  const a = aGroup({ name: 'a' });
  const b = aGroup({ name: 'b' });

  it('come in one order whatever order they were found in', () => {
    expect(selectGroups([b, a], anImage(), undefined)).toEqual(selectGroups([a, b], anImage(), undefined));
  });

  it('can be limited to some', () => {
    expect(selectGroups([a, b], anImage(), [{ cluster: 'demo', name: 'b' }])).toEqual([b]);
  });

  it("of Amazon's release are of its type and Kubernetes version, and all that cannot have it", () => {
    const same = aGroup({ name: 'same', source: fromAmazon() });
    const type = aGroup({ name: 'type', source: fromAmazon('1.35-2026.04.18', 'WINDOWS_FULL_2022_x86_64') });
    const version = aGroup({ name: 'version', source: { ...fromAmazon(), kubernetesVersion: '1.34' } });
    const linux = aGroup({ name: 'linux', source: fromAmazon('1.35-20260516', 'AL2023_x86_64_STANDARD') });
    expect(selectGroups([same, type, version, linux, a], aRelease(), undefined)).toEqual([a, linux, same]);
  });

  it('show a managed group with misplaced tags once, as misplaced', () => {
    const marked = aGroup({ name: 'a', kind: 'managed', misplacedTags: ['reglaze:channel'] });
    const found = aGroup({ name: 'a', kind: 'managed' });
    expect(selectGroups([marked, found], anImage(), undefined)).toEqual([marked]);
    expect(selectGroups([found, marked], anImage(), undefined)).toEqual([marked]);
  });

  it.each([
    { case: 'a group that does not follow the channel', groups: [a], only: [{ cluster: 'demo', name: 'x' }] },
    { case: 'a channel that nobody follows', groups: [], only: undefined },
  ])('are refused for $case', ({ groups, only }) => {
    expect(() => selectGroups(groups, anImage(), only)).toThrow(
      expect.objectContaining({ name: 'NodeGroupNotFound', message: expect.stringContaining('windows-2022-core') }),
    );
  });
});
