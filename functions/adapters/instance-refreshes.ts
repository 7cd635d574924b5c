import {
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  type DesiredConfiguration,
  type InstanceRefresh,
  type InstanceRefreshStatus,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { AwsUnavailable } from '../domain/errors.ts';
import type { RefreshPreferences } from '../domain/preferences.ts';
import type { Replacement } from '../domain/replacement.ts';
import { autoScaling } from './auto-scaling-client.ts';
import { awsCall, isAwsError } from './aws-call.ts';
import { isVersionUnknown } from './launch-templates.ts';

const statuses: Readonly<Record<InstanceRefreshStatus, Replacement['status']>> = {
  Pending: 'active',
  InProgress: 'active',
  Baking: 'active',
  Cancelling: 'cancelling',
  Successful: 'succeeded',
  Failed: 'failed',
  Cancelled: 'cancelled',
  RollbackInProgress: 'reversing',
  RollbackSuccessful: 'reversed',
  RollbackFailed: 'reverse-failed',
};

function translate(refresh: InstanceRefresh): Replacement {
  const { LaunchTemplate, MixedInstancesPolicy } = refresh.DesiredConfiguration ?? {};
  const desired = LaunchTemplate ?? MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  const version = Number(desired?.Version);
  return {
    id: refresh.InstanceRefreshId ?? '',
    status: statuses[refresh.Status ?? 'InProgress'],
    detail: refresh.StatusReason ?? `${refresh.PercentageComplete ?? 0} percent complete`,
    launchTemplate:
      desired?.LaunchTemplateId && Number.isInteger(version) ? { id: desired.LaunchTemplateId, version } : undefined,
  };
}

/** The group's instance refreshes, newest first: those of at least the last weeks that matter to a rollout. */
export async function listRefreshes(autoScalingGroupName: string): Promise<Replacement[]> {
  const { InstanceRefreshes = [] } = await awsCall('autoscaling:DescribeInstanceRefreshes', autoScalingGroupName, () =>
    autoScaling().send(
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: autoScalingGroupName, MaxRecords: 20 }),
    ),
  );
  return InstanceRefreshes.map(translate);
}

export async function findRefresh(autoScalingGroupName: string, refreshId: string): Promise<Replacement | undefined> {
  const { InstanceRefreshes = [] } = await awsCall('autoscaling:DescribeInstanceRefreshes', autoScalingGroupName, () =>
    autoScaling().send(
      new DescribeInstanceRefreshesCommand({
        AutoScalingGroupName: autoScalingGroupName,
        InstanceRefreshIds: [refreshId],
      }),
    ),
  );
  return InstanceRefreshes.map(translate)[0];
}

/**
 * Starts to replace every instance that is not of the desired configuration, and answers the id of the refresh.
 *
 * Not safe twice: AWS has no token for it. The caller looks first.
 *
 * @throws {AwsUnavailable} Another refresh was started a moment ago, and looking again tells whose it is; or the version
 * is too new to be known everywhere.
 */
export async function startRefresh(
  autoScalingGroupName: string,
  desired: DesiredConfiguration,
  preferences: RefreshPreferences,
): Promise<string> {
  try {
    const { InstanceRefreshId = '' } = await awsCall('autoscaling:StartInstanceRefresh', autoScalingGroupName, () =>
      autoScaling().send(
        new StartInstanceRefreshCommand({
          AutoScalingGroupName: autoScalingGroupName,
          Strategy: 'Rolling',
          DesiredConfiguration: desired,
          Preferences: { ...preferences, CheckpointPercentages: preferences.CheckpointPercentages?.slice() },
        }),
      ),
    );
    return InstanceRefreshId;
  } catch (error) {
    if (isVersionUnknown(error)) {
      throw new AwsUnavailable(`Auto Scaling does not know the version for ${autoScalingGroupName} yet`, {
        cause: error,
      });
    }
    if (!isAwsError(error, 'InstanceRefreshInProgressFault', 'InstanceRefreshInProgress')) throw error;
    throw new AwsUnavailable(`An instance refresh of ${autoScalingGroupName} began meanwhile`, { cause: error });
  }
}

/** Turns the group's running refresh around; `ended` when there is none that could be. */
export async function reverseRefresh(autoScalingGroupName: string): Promise<'reversing' | 'ended'> {
  try {
    await awsCall('autoscaling:RollbackInstanceRefresh', autoScalingGroupName, () =>
      autoScaling().send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: autoScalingGroupName })),
    );
    return 'reversing';
  } catch (error) {
    if (isAwsError(error, 'ActiveInstanceRefreshNotFoundFault', 'ActiveInstanceRefreshNotFound')) return 'ended';
    throw error;
  }
}

/** Stops the group's running refresh where it stands, if it is the one that is meant; safe twice. */
export async function cancelRefresh(autoScalingGroupName: string, refreshId: string): Promise<void> {
  if ((await findRefresh(autoScalingGroupName, refreshId))?.status !== 'active') return;
  try {
    await awsCall('autoscaling:CancelInstanceRefresh', autoScalingGroupName, () =>
      autoScaling().send(new CancelInstanceRefreshCommand({ AutoScalingGroupName: autoScalingGroupName })),
    );
  } catch (error) {
    if (isAwsError(error, 'ActiveInstanceRefreshNotFoundFault', 'ActiveInstanceRefreshNotFound')) return;
    throw error;
  }
}
