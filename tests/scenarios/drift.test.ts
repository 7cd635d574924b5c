import { describe, expect, it } from 'vitest';
import type { Scenario, ScenarioNodeGroup } from '../../simulator/scenario/schema.ts';
import { inAccount, type SeveralRuns } from '../support/several-runs.ts';

const [clusterName, name] = ['shop', 'web'];

/** The first group alone, as `group` has it. */
const only =
  (group: Partial<ScenarioNodeGroup>) =>
  ({ clusters: [cluster] }: Scenario): void => {
    cluster?.nodeGroups.splice(1);
    Object.assign(cluster?.nodeGroups[0] ?? {}, group);
  };

type Description = Readonly<Record<string, unknown>>;

/** Everything that AWS describes of a group's configuration: what infrastructure as code compares with itself. */
async function describeAll({ stage, call }: SeveralRuns): Promise<Description> {
  const { autoScaling, ec2, eks } = stage.account;
  const [{ autoScalingGroupName = '', kind } = {}] = stage.nodeGroups;
  const inGroup = { AutoScalingGroupName: autoScalingGroupName };
  const { AutoScalingGroups } = await call<{ AutoScalingGroups: Record<string, unknown>[] }>(
    autoScaling.service,
    'DescribeAutoScalingGroups',
    { AutoScalingGroupNames: [autoScalingGroupName] },
  );
  const { Instances: _, ...group } = AutoScalingGroups[0] ?? {};
  const { LifecycleHooks } = await call<{ LifecycleHooks: { LifecycleHookName: string }[] }>(
    autoScaling.service,
    'DescribeLifecycleHooks',
    inGroup,
  );
  return {
    group,
    // One stays on purpose: without it a node that leaves after the run would not be drained.
    hooks: LifecycleHooks.filter(({ LifecycleHookName }) => LifecycleHookName !== 'reglaze-drain'),
    templates: await call(ec2.service, 'DescribeLaunchTemplates', {}),
    ...(kind === 'managed' && {
      nodegroup: await call(eks.service, 'DescribeNodegroup', { clusterName, nodegroupName: name }),
    }),
  };
}

/** The paths at which two descriptions differ, with what stood and what stands there. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${path}: ${before} -> ${after}`];
  }
  if (before instanceof Date || after instanceof Date) {
    return String(before) === String(after) ? [] : [`${path}: a time`];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return keys.flatMap((key) =>
    differences((before as Description)[key], (after as Description)[key], path === '' ? key : `${path}.${key}`),
  );
}

/** EKS makes a launch template of its own for each group, and a version of it at each update. */
const ofEks = /^templates\.LaunchTemplates\.1\./;
const newestVersion = (index: number) => `templates.LaunchTemplates.${index}.LatestVersionNumber: 1 -> 2`;

describe('a run changes nothing in a group but the version that it launches', () => {
  it.each<{ case: string; group: Partial<ScenarioNodeGroup>; changes: readonly string[] }>([
    { case: 'a numbered version', group: {}, changes: ['group.LaunchTemplate.Version: 1 -> 2', newestVersion(0)] },
    {
      case: 'a numbered version of a mixed instances policy',
      group: { mixedInstances: { overrides: [{ instanceType: 'm5.xlarge' }, { instanceType: 'r5.xlarge' }] } },
      changes: [
        'group.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version: 1 -> 2',
        newestVersion(0),
      ],
    },
    {
      case: '$Latest, which moves with the newest version',
      group: { version: '$Latest' },
      changes: [newestVersion(0)],
    },
    {
      case: '$Default, which is what is moved',
      group: { version: '$Default' },
      changes: ['templates.LaunchTemplates.0.DefaultVersionNumber: 1 -> 2', newestVersion(0)],
    },
    {
      case: 'a managed node group',
      group: { kind: 'managed' },
      changes: [
        'nodegroup.nodegroup.launchTemplate.version: 1 -> 2',
        'nodegroup.nodegroup.modifiedAt: a time',
        'nodegroup.nodegroup.releaseVersion: ami-0a1b2c3d4e5f60001 -> ami-0a1b2c3d4e5f60002',
        newestVersion(0),
      ],
    },
  ])('with $case', async ({ group, changes }) => {
    await inAccount('tiny-month', only(group), async (runs) => {
      const before = await describeAll(runs);
      const { summary } = await runs.run();
      expect(summary?.nodeGroups).toMatchObject([{ outcome: 'patched' }]);
      const found = differences(before, await describeAll(runs));
      const isEksOwn = (difference: string) =>
        group.kind === 'managed' && (ofEks.test(difference) || difference.startsWith('group.MixedInstancesPolicy.'));

      expect(found.filter((difference) => !isEksOwn(difference)).toSorted()).toEqual([...changes].toSorted());
    });
  });

  it('and not even that when it goes back', async () => {
    const change = (scenario: Scenario) => {
      only({})(scenario);
      Object.assign(scenario.amis[1] ?? {}, { defect: 'never-registers' });
    };
    await inAccount('tiny-month', change, async (runs) => {
      const before = await describeAll(runs);
      expect((await runs.run()).summary?.nodeGroups).toMatchObject([{ outcome: 'rolled-back' }]);
      expect(differences(before, await describeAll(runs))).toEqual([newestVersion(0)]);
    });
  });
});
