import { describe, expect, it } from 'vitest';
import type { Scenario, ScenarioNodeGroup } from '../../simulator/scenario/schema.ts';
import { entriesOf, leftovers, play } from '../support/play.ts';
import { inAccount } from '../support/several-runs.ts';
import { releaseAmis, releaseInput } from './node-groups/amazon.ts';
import { newAmi, oldAmi } from './node-groups/case.ts';

const amiType = 'WINDOWS_CORE_2022_x86_64';
const input = JSON.stringify(releaseInput);

/** The groups of the scenario, managed and on the earlier release; the second one of another type in other tests. */
const onAmazonsAmi = (scenario: Scenario, second: Partial<ScenarioNodeGroup> = {}): void => {
  releaseAmis(scenario);
  const [cluster] = scenario.clusters;
  const [web, orders] = cluster?.nodeGroups ?? [];
  if (cluster === undefined || web === undefined || orders === undefined) throw new Error('The scenario has changed.');
  const common = {
    ...({ kind: 'managed', ami: oldAmi, size: 2, maxSize: 6, tags: { 'reglaze:channel': 'amazon' } } as const),
    amazonsAmi: { amiType, releaseVersion: '1.35-2026.04.18' } as const,
  };
  cluster.nodeGroups = [
    { ...web, ...common },
    { ...orders, ...common, ...second },
  ];
};

const publishAt = (scenario: Scenario, minute: number): void => {
  for (const release of scenario.releases) if (release.ami === newAmi) release.minute = minute;
};

describe("a channel of Amazon's own AMIs", () => {
  it('is started by the daily sweep once there is a newer release, once', async () => {
    const change = (scenario: Scenario) => {
      onAmazonsAmi(scenario);
      // After the first sweep at 06:15, which finds nothing to do.
      publishAt(scenario, 6 * 60);
    };
    await inAccount('tiny-month', change, async ({ stage, until }) => {
      const { account } = stage;
      const runs = () =>
        account.stepFunctions.executions().filter(({ machineName }) => machineName.endsWith('-patch-fleet'));
      const sweptAt = Date.parse(stage.scenario.startsAt) + 3 * 3_600_000;
      await until(() => account.kernel.clock.now() > sweptAt);
      expect(runs()).toEqual([]);

      await until(() => runs().some(({ status }) => status !== 'RUNNING'));
      await until(() => account.kernel.clock.now() > sweptAt + 48 * 3_600_000);
      expect(runs()).toMatchObject([{ status: 'SUCCEEDED', input: input }]);
      expect(runs()[0]?.name).toMatch(/^amazon-WINDOWS_CORE_2022_x86_64-1\.35-2026\.05\.16-/);
      expect(leftovers(stage)).toEqual([]);
    });
  }, 120_000);

  it('says in the plan that there is no way back, and changes nothing', async () => {
    await inAccount('tiny-month', onAmazonsAmi, async ({ run, stage }) => {
      const { summary } = await run({ ...releaseInput, dryRun: true });
      for (const group of summary?.nodeGroups ?? []) {
        expect(group).toMatchObject({
          outcome: 'planned',
          release: { fromVersion: '1.35-2026.04.18', toVersion: '1.35-2026.05.16' },
          warnings: [{ error: 'NoWayBack' }],
        });
      }
      expect(summary?.nodeGroups).toHaveLength(2);
      const updates = entriesOf(stage.account.kernel.log.entries(), 'nodegroup.update');
      expect(updates).toEqual([]);
    });
  });

  it('leaves groups of another type to a run of their own', async () => {
    const other = { amazonsAmi: { amiType: 'WINDOWS_FULL_2022_x86_64', releaseVersion: '1.35-2026.04.18' } } as const;
    const { document } = await play('tiny-month', { input, change: (scenario) => onAmazonsAmi(scenario, other) });
    expect(document.nodeGroups).toMatchObject([{ name: 'web', outcome: 'patched' }]);
  });

  it.each([
    { case: 'with a parameter that tells the release', releaseVersionParameter: true },
    { case: 'by the name of the AMI alone', releaseVersionParameter: false },
  ])('reads a release whose name has other separators, $case', async ({ releaseVersionParameter }) => {
    const change = (scenario: Scenario) => {
      onAmazonsAmi(scenario);
      scenario.behaviour.eks = { releaseVersionParameter };
      for (const ami of scenario.amis) ami.name = ami.name.replaceAll('.05.16', '-05-16');
      // EKS spells it as its parameter does; without one the name is all there is.
      for (const release of scenario.releases) {
        if (!releaseVersionParameter) release.version = release.version.replaceAll('.05.16', '-05-16');
      }
    };
    const { document } = await play('tiny-month', { input, change });
    expect(document.nodeGroups.map(({ outcome }) => outcome)).toEqual(['patched', 'patched']);
  });
});

describe.each(['setup', 'success'] as const)('a release that does not work, told from %s on', (from) => {
  it('ends its groups where EKS has left them, and says that there is no way back', async () => {
    const change = (scenario: Scenario) => {
      onAmazonsAmi(scenario);
      scenario.behaviour.eks = { describesNewVersionFrom: from };
      for (const ami of scenario.amis) if (ami.id === newAmi) ami.defect = 'never-ready';
    };
    const { document, stage } = await play('tiny-month', { input, change });
    expect(document.run.error?.name).toBe('NoWayBack');
    for (const group of document.nodeGroups) {
      expect(group).toMatchObject({ outcome: 'failed', reason: { error: 'NoWayBack' }, readyNodes: { lowest: 2 } });
      expect(group.reason?.cause).toContain('release 1.35-2026.04.18');
      expect(group.reason?.cause).toMatch(/because of (NodeNeverJoined|ReplacementFailed)/);
    }
    expect(leftovers(stage)).toEqual([]);
  });
});

describe('the rollout of a release that is stopped', () => {
  it('is settled once EKS has ended its update: there is no way back', async () => {
    const change = (scenario: Scenario) => {
      onAmazonsAmi(scenario);
      scenario.operator = [
        {
          when: { machine: 'roll-node-group', state: 'Watch nodes', nth: 4 },
          does: { kind: 'stop-executions', of: 'patch-fleet', error: 'StoppedByOperator', cause: 'The change board.' },
        },
      ];
    };
    const { document, stage } = await play('tiny-month', { input, change });
    expect(document.run.status).toBe('ABORTED');
    for (const group of document.nodeGroups) {
      expect(group).toMatchObject({ outcome: 'failed', reason: { error: 'NoWayBack' }, readyNodes: { lowest: 2 } });
    }
    expect(leftovers(stage)).toEqual([]);
    expect(entriesOf(stage.account.kernel.log.entries(), 'nodegroup.update')).not.toContainEqual(
      expect.objectContaining({ status: 'Failed' }),
    );
  });
});

describe('a release that AWS does not have', () => {
  it.each([
    { case: 'no parameter', release: { amiType, kubernetesVersion: '1.36' }, error: 'ReleaseNotFound' },
    {
      case: 'a type of Linux',
      release: { amiType: 'AL2023_x86_64_STANDARD', kubernetesVersion: '1.35' },
      error: 'InvalidInput',
    },
    { case: 'a misspelt field', release: { amitype: amiType, kubernetesVersion: '1.35' }, error: 'InvalidInput' },
  ])('ends the run with a named error: $case', async ({ release, error }) => {
    const { document } = await play('tiny-month', { input: JSON.stringify({ release }), change: onAmazonsAmi });
    expect(document.run.error?.name).toBe(error);
  });
});
