import type { Activity as ActivityShape, ScalingActivityStatusCode } from '@aws-sdk/client-auto-scaling';
import type { AutoScalingState } from './autoscaling-state.ts';
import type { Group } from './group.ts';

export type Activity = {
  readonly id: string;
  readonly kind: 'launch' | 'terminate' | 'other';
  readonly cause: string;
  readonly startedAt: number;
  readonly availabilityZone: string;
  readonly subnetId: string;
  instanceId: string | undefined;
  description: string;
  status: ScalingActivityStatusCode;
  message: string | undefined;
  progress: number;
  endedAt: number | undefined;
};

/** Longest text of the model's `XmlStringMaxLen255`. */
const LONGEST_MESSAGE = 255;

export type NewActivity = Pick<
  Activity,
  'kind' | 'cause' | 'availabilityZone' | 'subnetId' | 'description' | 'status'
> & {
  readonly instanceId?: string;
};

export function startActivity({ kernel }: AutoScalingState, group: Group, activity: NewActivity): Activity {
  const started: Activity = {
    instanceId: undefined,
    ...activity,
    id: kernel.random.uuid('activity', group.name, group.activities.length),
    startedAt: kernel.clock.now(),
    message: undefined,
    progress: 0,
    endedAt: undefined,
  };
  group.activities.push(started);
  group.lastScalingAt = kernel.clock.now();
  writeLog(kernel.log.write, group, started);
  return started;
}

/** Moves an activity on without ending it. */
export function updateActivity(
  { kernel }: AutoScalingState,
  group: Group,
  activity: Activity | undefined,
  status: ScalingActivityStatusCode,
  progress: number,
): void {
  if (activity === undefined || activity.endedAt !== undefined) return;
  activity.status = status;
  activity.progress = progress;
  writeLog(kernel.log.write, group, activity);
}

/** Ends a launch or a termination and says so on the event bus. Nothing happens when it has ended already. */
export function endActivity(
  state: AutoScalingState,
  group: Group,
  activity: Activity | undefined,
  status: 'Successful' | 'Failed' | 'Cancelled',
  message?: string,
): void {
  if (activity === undefined || activity.endedAt !== undefined) return;
  activity.status = status;
  activity.progress = 100;
  activity.endedAt = state.kernel.clock.now();
  activity.message = message?.slice(0, LONGEST_MESSAGE);
  writeLog(state.kernel.log.write, group, activity);
  if (activity.kind !== 'other') putEvent(state, group, activity);
}

export function describeActivity(group: Group, activity: Activity): ActivityShape {
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: group.name,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.startedAt),
    ...(activity.endedAt !== undefined && { EndTime: new Date(activity.endedAt) }),
    StatusCode: activity.status,
    ...(activity.message !== undefined && { StatusMessage: activity.message }),
    Progress: activity.progress,
    Details: JSON.stringify(placeOf(activity)),
    AutoScalingGroupARN: group.arn,
  };
}

/** Times in the texts of Auto Scaling have no fraction of a second. */
export function inSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

function placeOf({ subnetId, availabilityZone }: Activity): Record<string, string> {
  return { 'Subnet ID': subnetId, 'Availability Zone': availabilityZone };
}

/** The documented event of a success still carries the status code InProgress. */
function putEvent({ kernel, events }: AutoScalingState, group: Group, activity: Activity): void {
  const { identity } = kernel;
  const isLaunch = activity.kind === 'launch';
  const isSuccess = activity.status === 'Successful';
  const instanceArn = `arn:${identity.partition}:ec2:${identity.region}:${identity.accountId}:instance/`;
  events.put({
    source: 'aws.autoscaling',
    'detail-type': `EC2 Instance ${isLaunch ? 'Launch' : 'Terminate'} ${isSuccess ? 'Successful' : 'Unsuccessful'}`,
    resources: [group.arn, `${instanceArn}${activity.instanceId ?? ''}`],
    detail: {
      StatusCode: isSuccess ? 'InProgress' : activity.status,
      Description: activity.description,
      AutoScalingGroupName: group.name,
      ActivityId: activity.id,
      Details: placeOf(activity),
      RequestId: activity.id,
      StatusMessage: activity.message ?? '',
      StartTime: inSeconds(activity.startedAt),
      EndTime: inSeconds(activity.endedAt ?? activity.startedAt),
      EC2InstanceId: activity.instanceId ?? '',
      Cause: activity.cause,
      Origin: isLaunch ? 'EC2' : 'AutoScalingGroup',
      Destination: isLaunch ? 'AutoScalingGroup' : 'EC2',
    },
  });
}

function writeLog(
  write: AutoScalingState['kernel']['log']['write'],
  group: Group,
  { id, status, kind, instanceId, cause, message }: Activity,
): void {
  write('activity', { group: group.name, activityId: id, kind, status, instanceId, cause, message });
}
