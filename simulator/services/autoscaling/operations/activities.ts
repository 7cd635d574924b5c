import type { DescribeScalingActivitiesCommandInput, Filter, ScalingProcessQuery } from '@aws-sdk/client-auto-scaling';
import type { Operation } from '../../../kernel/service.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import { type Activity, describeActivity, inSeconds } from '../activities.ts';
import { type AutoScalingState, findGroup, wakeSoon } from '../autoscaling-state.ts';
import { validationError } from '../errors.ts';
import { describePermission, groupPermission } from '../permissions.ts';
import { pageOf } from './description.ts';

/** Scaling activities are kept for six weeks. */
const REMEMBERED = 42 * 24 * 3_600_000;

const PROCESSES = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];

/** What a group has done, and which of its processes may act. */
export function activityOperations(state: AutoScalingState): Record<string, Operation> {
  return {
    DescribeScalingActivities: {
      needs: describePermission('DescribeScalingActivities'),
      run: (input: DescribeScalingActivitiesCommandInput) => describeActivities(state, input),
    },
    SuspendProcesses: {
      needs: onGroup('SuspendProcesses'),
      run(input: ScalingProcessQuery) {
        const group = findGroup(state, input.AutoScalingGroupName);
        const reason = `User suspended at ${inSeconds(state.kernel.clock.now())}`;
        for (const process of processesOf(input)) group.suspended.set(process, reason);
        wakeSoon(state, group);
        return {};
      },
    },
    ResumeProcesses: {
      needs: onGroup('ResumeProcesses'),
      run(input: ScalingProcessQuery) {
        const group = findGroup(state, input.AutoScalingGroupName);
        for (const process of processesOf(input)) group.suspended.delete(process);
        wakeSoon(state, group);
        return {};
      },
    },
  };

  function onGroup(operation: string) {
    return (input: ScalingProcessQuery) => [groupPermission(state, operation, input.AutoScalingGroupName)];
  }
}

/** Newest first. The account never deletes a group, so there are no activities of deleted ones. */
function describeActivities(state: AutoScalingState, input: DescribeScalingActivitiesCommandInput) {
  const groups =
    input.AutoScalingGroupName === undefined
      ? [...state.groups.values()]
      : [findGroup(state, input.AutoScalingGroupName)];
  const found = groups
    .flatMap((group) => group.activities.map((activity) => ({ group, activity })))
    .filter(({ activity }) => activity.startedAt + REMEMBERED > state.kernel.clock.now())
    .filter(({ activity }) => !input.ActivityIds?.length || input.ActivityIds.includes(activity.id))
    .filter(({ activity }) => (input.Filters ?? []).every((filter) => matchesFilter(activity, filter)))
    .toReversed()
    .toSorted((a, b) => b.activity.startedAt - a.activity.startedAt);
  const { items, next } = pageOf(found, input, 100);
  return { Activities: items.map(({ group, activity }) => describeActivity(group, activity)), ...next };
}

function matchesFilter({ startedAt, status }: Activity, { Name, Values = [] }: Filter): boolean {
  const [value = ''] = Values;
  if (Name === 'StartTimeLowerBound') return startedAt >= Date.parse(value);
  if (Name === 'StartTimeUpperBound') return startedAt <= Date.parse(value);
  if (Name === 'Status') return Values.includes(status);
  throw notSimulated(`The simulator knows no filter '${Name}' of DescribeScalingActivities.`);
}

function processesOf({ ScalingProcesses: given }: ScalingProcessQuery): readonly string[] {
  const unknown = given?.find((process) => !PROCESSES.includes(process));
  if (unknown !== undefined) throw validationError(`Invalid scaling process: ${unknown}`);
  return given?.length ? given : PROCESSES;
}
