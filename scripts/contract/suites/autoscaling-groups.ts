import { type Check, holds, type Place, same } from '../check.ts';
import { type Fields, list, read, text } from '../fields.ts';

export const groupOf = async ({ ask, given }: Pick<Place, 'ask' | 'given'>): Promise<Fields> => {
  const answer = await ask('DescribeAutoScalingGroups', { AutoScalingGroupNames: [given('group')] });
  return (read(answer, 'AutoScalingGroups.0') ?? {}) as Fields;
};
export const inGroup = ({ given }: Pick<Place, 'given'>) => ({ AutoScalingGroupName: given('group') });
const memberOf = (group: Fields, id: string) =>
  list(group, 'Instances').find((one) => text(one, 'InstanceId') === id) as Fields;
const firstInstance = async (place: Place): Promise<string> => {
  const inService = list(await groupOf(place), 'Instances').filter(
    (one) => text(one, 'LifecycleState') === 'InService',
  );
  return text(inService[0], 'InstanceId');
};

export const groupChecks: readonly Check[] = [
  {
    name: 'answers a group that does not exist with an empty list, and changes of it with ValidationError',
    source: 'API reference, DescribeAutoScalingGroups and common errors',
    async run({ ask, refuse, uniqueName }) {
      const answer = await ask('DescribeAutoScalingGroups', { AutoScalingGroupNames: [uniqueName] });
      holds(list(answer, 'AutoScalingGroups').length === 0, 'no groups', answer.AutoScalingGroups);
      const nobody = { AutoScalingGroupName: uniqueName };
      await refuse('SetDesiredCapacity', { ...nobody, DesiredCapacity: 0 }, ['ValidationError']);
      await refuse('StartInstanceRefresh', nobody, ['ValidationError']);
      await refuse('DescribeLifecycleHooks', nobody, ['ValidationError']);
    },
  },
  {
    name: 'describes as many instances as a settled group desires, all of them healthy and in service',
    source: 'API reference, AutoScalingGroup',
    needs: ['group'],
    async run(place) {
      const group = await groupOf(place);
      same(group, 'AutoScalingGroupName', place.given('group'));
      const instances = list(group, 'Instances');
      holds(instances.length === group.DesiredCapacity, `${group.DesiredCapacity} instances`, instances);
      for (const one of instances) {
        same(one as Fields, 'HealthStatus', 'Healthy');
        same(one as Fields, 'LifecycleState', 'InService');
      }
    },
  },
  {
    name: 'leaves the instances out when asked to',
    source: 'API reference, DescribeAutoScalingGroups: IncludeInstances',
    needs: ['group'],
    async run({ ask, given }) {
      const question = { AutoScalingGroupNames: [given('group')], IncludeInstances: false };
      const group = read(await ask('DescribeAutoScalingGroups', question), 'AutoScalingGroups.0');
      holds(list(group, 'Instances').length === 0, 'no instances', read(group, 'Instances'));
    },
  },
  {
    name: 'lists every group once over pages of one',
    source: 'API reference, DescribeAutoScalingGroups: MaxRecords and NextToken',
    needs: ['group'],
    async run({ ask, given }) {
      const names: string[] = [];
      let token: string | undefined;
      do {
        const page = await ask('DescribeAutoScalingGroups', { MaxRecords: 1, ...(token && { NextToken: token }) });
        holds(list(page, 'AutoScalingGroups').length <= 1, 'at most one group', page.AutoScalingGroups);
        names.push(...list(page, 'AutoScalingGroups').map((one) => text(one, 'AutoScalingGroupName')));
        token = text(page, 'NextToken') || undefined;
      } while (token !== undefined && names.length < 500);
      holds(new Set(names).size === names.length && names.includes(given('group')), 'every group once', names);
    },
  },
  {
    name: 'refuses a paging token that it never gave out',
    source: 'model: InvalidNextToken',
    run: ({ refuse }) => refuse('DescribeAutoScalingGroups', { NextToken: 'never' }, ['InvalidNextToken']),
  },
  {
    name: 'gives at most a hundred groups at once',
    source: 'API reference, DescribeAutoScalingGroups: MaxRecords',
    run: ({ refuse }) => refuse('DescribeAutoScalingGroups', { MaxRecords: 101 }, ['ValidationError']),
  },
  {
    name: 'finds groups by a tag and shows the tag in both places',
    source: 'API reference, CreateOrUpdateTags, DescribeTags and Filter',
    changes: true,
    needs: ['group'],
    async run({ ask, given, uniqueName, undo }) {
      const about = { ResourceId: given('group'), ResourceType: 'auto-scaling-group', Key: uniqueName };
      undo(() => ask('DeleteTags', { Tags: [about] }));
      await ask('CreateOrUpdateTags', { Tags: [{ ...about, Value: 'a b', PropagateAtLaunch: false }] });
      const Filters = [{ Name: `tag:${uniqueName}`, Values: ['a b'] }];
      const found = await ask('DescribeAutoScalingGroups', { Filters });
      same({ names: list(found, 'AutoScalingGroups').map((one) => text(one, 'AutoScalingGroupName')) }, 'names', [
        given('group'),
      ]);
      const tags = await ask('DescribeTags', { Filters: [{ Name: 'key', Values: [uniqueName] }] });
      same(tags, 'Tags', [{ ...about, Value: 'a b', PropagateAtLaunch: false }]);
      await ask('DeleteTags', { Tags: [about] });
      const after = await ask('DescribeTags', { Filters: [{ Name: 'key', Values: [uniqueName] }] });
      holds(list(after, 'Tags').length === 0, 'no tag', after.Tags);
    },
  },
  {
    name: 'protects an instance from scale-in and takes the protection away',
    source: 'API reference, SetInstanceProtection',
    changes: true,
    needs: ['group'],
    async run(place) {
      const id = await firstInstance(place);
      const about = { ...inGroup(place), InstanceIds: [id] };
      place.undo(() => place.ask('SetInstanceProtection', { ...about, ProtectedFromScaleIn: false }));
      await place.ask('SetInstanceProtection', { ...about, ProtectedFromScaleIn: true });
      same(memberOf(await groupOf(place), id), 'ProtectedFromScaleIn', true);
      await place.ask('SetInstanceProtection', { ...about, ProtectedFromScaleIn: false });
      same(memberOf(await groupOf(place), id), 'ProtectedFromScaleIn', false);
    },
  },
  {
    name: 'moves an instance to standby and back, with the capacity',
    source: 'User guide, temporarily removing instances',
    changes: true,
    needs: ['group'],
    async run(place) {
      const before = await groupOf(place);
      const id = await firstInstance(place);
      const about = { ...inGroup(place), InstanceIds: [id] };
      const stateIs = (state: string) => async () =>
        text(memberOf(await groupOf(place), id), 'LifecycleState') === state;
      const least = { ...inGroup(place), MinSize: before.MinSize };
      await place.ask('UpdateAutoScalingGroup', { ...least, MinSize: 0 });
      place.undo(() => place.ask('UpdateAutoScalingGroup', least));
      const answer = await place.ask('EnterStandby', { ...about, ShouldDecrementDesiredCapacity: true });
      holds(list(answer, 'Activities').length === 1, 'one activity', answer.Activities);
      await place.until('standby', stateIs('Standby'), 120);
      same(await groupOf(place), 'DesiredCapacity', Number(before.DesiredCapacity) - 1);
      await place.ask('ExitStandby', about);
      await place.until('service again', stateIs('InService'), 300);
      same(await groupOf(place), 'DesiredCapacity', before.DesiredCapacity);
    },
  },
  {
    name: 'suspends the processes that are named and shows them',
    source: 'User guide, suspend and resume processes',
    changes: true,
    needs: ['group'],
    async run(place) {
      const about = { ...inGroup(place), ScalingProcesses: ['AZRebalance'] };
      place.undo(() => place.ask('ResumeProcesses', about));
      await place.ask('SuspendProcesses', about);
      same(await groupOf(place), 'SuspendedProcesses.0.ProcessName', 'AZRebalance');
      await place.ask('ResumeProcesses', about);
      same({ left: list(await groupOf(place), 'SuspendedProcesses').length }, 'left', 0);
      await place.refuse('SuspendProcesses', { ...about, ScalingProcesses: ['Nonsense'] }, ['ValidationError']);
    },
  },
  {
    name: 'refuses a capacity outside the bounds of the group',
    source: 'API reference, SetDesiredCapacity: from MinSize to MaxSize',
    needs: ['group'],
    async run(place) {
      const { MaxSize } = await groupOf(place);
      await place.refuse('SetDesiredCapacity', { ...inGroup(place), DesiredCapacity: Number(MaxSize) + 1 }, [
        'ValidationError',
      ]);
    },
  },
  {
    name: 'tells the activities of a group, the newest first',
    source: 'API reference, DescribeScalingActivities',
    changes: true,
    needs: ['group'],
    async run(place) {
      const id = await firstInstance(place);
      const { MinSize } = await groupOf(place);
      await place.ask('UpdateAutoScalingGroup', { ...inGroup(place), MinSize: 0 });
      place.undo(() => place.ask('UpdateAutoScalingGroup', { ...inGroup(place), MinSize }));
      await place.ask('EnterStandby', { ...inGroup(place), InstanceIds: [id], ShouldDecrementDesiredCapacity: true });
      await place.ask('ExitStandby', { ...inGroup(place), InstanceIds: [id] });
      const activities = list(await place.ask('DescribeScalingActivities', inGroup(place)), 'Activities');
      const times = activities.map((one) => (read(one, 'StartTime') as Date).getTime());
      holds(times.join() === times.toSorted((a, b) => b - a).join(), 'falling start times', times);
      holds(activities.length >= 2, 'the two moves at least', activities);
      await place.until(
        'an instance in service',
        async () => text(memberOf(await groupOf(place), id), 'LifecycleState') === 'InService',
        300,
      );
    },
  },
  {
    name: 'refuses to terminate an instance of no group',
    source: 'API reference, TerminateInstanceInAutoScalingGroup',
    run: ({ refuse }) =>
      refuse(
        'TerminateInstanceInAutoScalingGroup',
        { InstanceId: 'i-00000000000000000', ShouldDecrementDesiredCapacity: false },
        ['ValidationError'],
      ),
  },
  {
    name: 'knows two states of health, and instances of groups alone',
    source: 'API reference, SetInstanceHealth',
    needs: ['group'],
    async run(place) {
      const { refuse } = place;
      const InstanceId = text(await groupOf(place), 'Instances.0.InstanceId');
      await refuse('SetInstanceHealth', { InstanceId, HealthStatus: 'Poorly' }, ['ValidationError']);
      const nobody = { InstanceId: 'i-00000000000000000', HealthStatus: 'Unhealthy' };
      await refuse('SetInstanceHealth', nobody, ['ValidationError']);
    },
  },
  {
    name: 'refuses the tag of a group that does not exist and keys that are AWS’s own',
    source: 'API reference, CreateOrUpdateTags',
    needs: ['group'],
    async run({ refuse, given, uniqueName }) {
      const tag = { ResourceType: 'auto-scaling-group', Key: 'a', Value: 'b', PropagateAtLaunch: false };
      await refuse('CreateOrUpdateTags', { Tags: [{ ...tag, ResourceId: uniqueName }] }, ['ValidationError']);
      await refuse('CreateOrUpdateTags', { Tags: [{ ...tag, ResourceId: given('group'), Key: 'aws:a' }] }, [
        'ValidationError',
      ]);
    },
  },
];
