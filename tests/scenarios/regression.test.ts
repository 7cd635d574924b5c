import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { inAccount, type SeveralRuns, terraform } from '../support/several-runs.ts';

const [oldAmi, newAmi] = ['ami-0a1b2c3d4e5f60001', 'ami-0a1b2c3d4e5f60002'];
const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
const AutoScalingGroupName = 'web';

const only =
  (kind: 'self-managed' | 'managed') =>
  ({ clusters: [cluster] }: Scenario): void => {
    cluster?.nodeGroups.splice(1);
    Object.assign(cluster?.nodeGroups[0] ?? {}, { kind });
  };
const selfManaged = only('self-managed');

const templateOf = ({ stage }: SeveralRuns) => stage.account.ec2.service;
const addVersion = async (runs: SeveralRuns, LaunchTemplateId: string, ImageId: string) => {
  type Reply = { LaunchTemplateVersion: { VersionNumber: number } };
  const input = { LaunchTemplateId, SourceVersion: '1', LaunchTemplateData: { ImageId } };
  return (await runs.call<Reply>(templateOf(runs), 'CreateLaunchTemplateVersion', input)).LaunchTemplateVersion
    .VersionNumber;
};
const setVersion = (runs: SeveralRuns, LaunchTemplateId: string, Version: string) =>
  runs.call(runs.stage.account.autoScaling.service, 'UpdateAutoScalingGroup', {
    AutoScalingGroupName,
    LaunchTemplate: { LaunchTemplateId, Version },
  });

describe('a group whose launch template somebody took back', () => {
  it('is planned as regressed, with the versions and who made the present one, and rolls again', async () => {
    await inAccount('tiny-month', selfManaged, async (runs) => {
      const first = await runs.run();
      const template = first.summary?.nodeGroups[0]?.launchTemplate?.id ?? '';
      const version = await addVersion(runs, template, oldAmi);
      await setVersion(runs, template, String(version));

      const plan = await runs.run({ imageArn, dryRun: true });
      const regressed = { fromVersion: 2, fromAmi: newAmi, toVersion: 3, toAmi: oldAmi, author: terraform };
      expect(plan.summary?.nodeGroups).toMatchObject([
        { outcome: 'planned', regressed, reason: { error: 'Regressed', cause: expect.stringContaining(terraform) } },
      ]);

      const again = await runs.run({ imageArn });
      expect(again.summary).toMatchObject({ status: 'succeeded', nodeGroups: [{ outcome: 'patched', regressed }] });
      expect(again.summary?.nodeGroups[0]?.reason).toBeUndefined();
    });
  });

  it('is known by the age of its AMI when that is not the one that the last rollout replaced', async () => {
    const older = { id: 'ami-0a1b2c3d4e5f60000', name: 'older', createdAt: '2025-11-11T00:00:00Z' };
    const change = (scenario: Scenario) => {
      selfManaged(scenario);
      const [sample] = scenario.amis;
      if (sample) scenario.amis.push({ ...sample, ...older });
    };
    await inAccount('tiny-month', change, async (runs) => {
      const first = await runs.run();
      const template = first.summary?.nodeGroups[0]?.launchTemplate?.id ?? '';
      await setVersion(runs, template, String(await addVersion(runs, template, older.id)));

      const plan = await runs.run({ imageArn, dryRun: true });
      expect(plan.summary?.nodeGroups).toMatchObject([{ regressed: { fromVersion: 2, toAmi: older.id } }]);
    });
  });

  it.each([
    { case: 'a newer AMI of its owner', createdAt: '2026-05-16T03:00:00Z' },
    { case: 'an AMI of the same age', createdAt: undefined },
  ])('is not said of $case', async ({ createdAt }) => {
    const own = { id: 'ami-0a1b2c3d4e5f60009', name: 'own', createdAt };
    const change = (scenario: Scenario) => {
      selfManaged(scenario);
      const [sample] = scenario.amis;
      if (sample) scenario.amis.push({ ...sample, ...own });
    };
    await inAccount('tiny-month', change, async (runs) => {
      const first = await runs.run();
      const template = first.summary?.nodeGroups[0]?.launchTemplate?.id ?? '';
      await setVersion(runs, template, String(await addVersion(runs, template, own.id)));

      const { summary } = await runs.run({ imageArn, dryRun: true });
      expect(summary?.nodeGroups).toMatchObject([{ outcome: 'planned', fromAmi: own.id }]);
      expect(summary?.nodeGroups[0]).not.toHaveProperty('regressed');
      expect(summary?.nodeGroups[0]).not.toHaveProperty('reason');
    });
  });

  it('is not said of a group that was rolled back', async () => {
    const change = (scenario: Scenario) => {
      selfManaged(scenario);
      Object.assign(scenario.amis[1] ?? {}, { defect: 'never-registers' });
    };
    await inAccount('tiny-month', change, async (runs) => {
      expect((await runs.run()).summary?.nodeGroups).toMatchObject([{ outcome: 'rolled-back' }]);

      const { summary } = await runs.run({ imageArn, dryRun: true });
      expect(summary?.nodeGroups).toMatchObject([{ outcome: 'planned', rejected: true }]);
      expect(summary?.nodeGroups[0]).not.toHaveProperty('regressed');
    });
  });

  it('is found when the template’s default is set back, in a group that follows it', async () => {
    const change = (scenario: Scenario) => {
      selfManaged(scenario);
      Object.assign(scenario.clusters[0]?.nodeGroups[0] ?? {}, { version: '$Default' });
    };
    await inAccount('tiny-month', change, async (runs) => {
      const first = await runs.run();
      const LaunchTemplateId = first.summary?.nodeGroups[0]?.launchTemplate?.id ?? '';
      await runs.call(templateOf(runs), 'ModifyLaunchTemplate', { LaunchTemplateId, DefaultVersion: '1' });

      const { summary } = await runs.run({ imageArn, dryRun: true });
      expect(summary?.nodeGroups).toMatchObject([{ regressed: { fromAmi: newAmi, toVersion: 1, toAmi: oldAmi } }]);
    });
  });

  it('is said of managed groups too', async () => {
    await inAccount('tiny-month', only('managed'), async (runs) => {
      const first = await runs.run();
      const id = first.summary?.nodeGroups[0]?.launchTemplate?.id ?? '';
      const version = String(await addVersion(runs, id, oldAmi));
      const { service } = runs.stage.account.eks;
      const [clusterName, nodegroupName] = ['shop', 'web'];
      const launchTemplate = { id, version };
      await runs.call(service, 'UpdateNodegroupVersion', { clusterName, nodegroupName, launchTemplate });
      await runs.until(() => runs.stage.account.kernel.clock.now() > (first.execution.stopDate ?? 0) + 3 * 3_600_000);

      const again = await runs.run({ imageArn });
      const regressed = { fromVersion: 2, toVersion: 3, toAmi: oldAmi, author: terraform };
      expect(again.summary?.nodeGroups).toMatchObject([{ outcome: 'patched', regressed }]);
    });
  });
});
