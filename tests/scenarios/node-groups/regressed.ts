import { join } from 'node:path';
import { readTrigger, runToEnd } from '../../../scripts/start/run.ts';
import type { Stage } from '../../../scripts/start/stage.ts';
import type { CaseAccount } from './case.ts';
import { oldAmi } from './case.ts';

const root = join(import.meta.dirname, '../../..');

/** Lets the image roll all groups, then sets one back to the version that it had before, as Terraform would. */
async function rollAndTakeBack(stage: Stage): Promise<void> {
  await runToEnd(stage, await readTrigger({ event: join(root, stage.scenario.event ?? '') }, undefined));
  const { autoScaling, ec2 } = stage.account;
  for (const { autoScalingGroupName } of stage.nodeGroups) {
    const { LaunchTemplateId } = autoScaling.group(autoScalingGroupName)?.launchTemplate ?? {};
    const before = ec2.launchTemplate({ LaunchTemplateId }, '1');
    if (before.data.ImageId !== oldAmi) throw new Error(`${autoScalingGroupName} did not begin with ${oldAmi}.`);
    autoScaling.setLaunchTemplate(autoScalingGroupName, { LaunchTemplateId, Version: '1' });
  }
}

/** A group that somebody has taken back since its last rollout. */
export const regressedAccount: CaseAccount = {
  name: 'regressed',
  circumstances: 'whose launch template went back to an older AMI since its last rollout',
  earlier: rollAndTakeBack,
  cases: [
    {
      kind: 'A numbered version',
      name: 'taken-back',
      outcome: 'patched',
      told: 'regressed',
      sentence: 'Rolled again. Plan and report say `Regressed`, with the versions and who made the present one.',
    },
  ],
};
