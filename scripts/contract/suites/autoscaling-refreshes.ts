import { type Check, holds, type Place, same } from '../check.ts';
import { type Fields, list, read, text } from '../fields.ts';
import { groupOf, inGroup } from './autoscaling-groups.ts';

const refreshOf = async (place: Place, id: string): Promise<Fields> => {
  const answer = await place.ask('DescribeInstanceRefreshes', { ...inGroup(place), InstanceRefreshIds: [id] });
  return (read(answer, 'InstanceRefreshes.0') ?? {}) as Fields;
};
const isOver = async (place: Place, id: string): Promise<boolean> =>
  /^(Successful|Failed|Cancelled|Rollback(Successful|Failed))$/.test(text(await refreshOf(place, id), 'Status'));

/** Starts to replace all instances, and calls it off when the check is over. */
async function startReplacing(place: Place): Promise<string> {
  const group = await groupOf(place);
  const DesiredConfiguration = { LaunchTemplate: templateOf(group) };
  const answer = await place.ask('StartInstanceRefresh', {
    ...inGroup(place),
    DesiredConfiguration,
    Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 110, SkipMatching: false },
  });
  const id = text(answer, 'InstanceRefreshId');
  place.undo(() => place.until('the end of the refresh', () => isOver(place, id), 3600));
  place.undo(async () => {
    if (await isOver(place, id)) return;
    const { Status } = await refreshOf(place, id);
    if (Status !== 'Cancelling') await place.ask('CancelInstanceRefresh', inGroup(place));
  });
  return id;
}

const templateOf = (group: Fields) => ({
  LaunchTemplateId: text(group, 'LaunchTemplate.LaunchTemplateId'),
  Version: text(group, 'LaunchTemplate.Version'),
});

export const refreshChecks: readonly Check[] = [
  {
    name: 'replaces nothing when all instances match, and succeeds',
    source: 'User guide, instance refresh with skip matching',
    changes: true,
    needs: ['group'],
    async run(place) {
      const group = await groupOf(place);
      const ids = list(group, 'Instances').map((one) => text(one, 'InstanceId'));
      const { InstanceRefreshId } = await place.ask('StartInstanceRefresh', {
        ...inGroup(place),
        DesiredConfiguration: { LaunchTemplate: templateOf(group) },
        Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 110, SkipMatching: true },
      });
      await place.until('the end of the refresh', () => isOver(place, String(InstanceRefreshId)), 900);
      same(await refreshOf(place, String(InstanceRefreshId)), 'Status', 'Successful');
      same({ ids: list(await groupOf(place), 'Instances').map((one) => text(one, 'InstanceId')) }, 'ids', ids);
    },
  },
  {
    name: 'lets one refresh at a time into a group',
    source: 'model: InstanceRefreshInProgress',
    changes: true,
    needs: ['group'],
    async run(place) {
      await startReplacing(place);
      await place.refuse('StartInstanceRefresh', inGroup(place), ['InstanceRefreshInProgress']);
    },
  },
  {
    name: 'refuses a new launch template while a refresh has a desired configuration',
    source: 'User guide, instance refresh: limitations',
    changes: true,
    needs: ['group'],
    async run(place) {
      const LaunchTemplate = templateOf(await groupOf(place));
      await startReplacing(place);
      await place.refuse('UpdateAutoScalingGroup', { ...inGroup(place), LaunchTemplate }, ['ValidationError']);
    },
  },
  {
    name: 'describes the preferences with which a refresh was started, the newest refresh first',
    source: 'API reference, InstanceRefresh',
    changes: true,
    needs: ['group'],
    async run(place) {
      const id = await startReplacing(place);
      const all = await place.ask('DescribeInstanceRefreshes', inGroup(place));
      same(all, 'InstanceRefreshes.0.InstanceRefreshId', id);
      same(all, 'InstanceRefreshes.0.Preferences.MinHealthyPercentage', 100);
      same(all, 'InstanceRefreshes.0.Preferences.MaxHealthyPercentage', 110);
      same(all, 'InstanceRefreshes.0.Preferences.SkipMatching', false);
      const { LaunchTemplateId } = templateOf(await groupOf(place));
      same(all, 'InstanceRefreshes.0.DesiredConfiguration.LaunchTemplate.LaunchTemplateId', LaunchTemplateId);
    },
  },
  {
    name: 'cancels a refresh, and then has none to cancel',
    source: 'API reference, CancelInstanceRefresh',
    changes: true,
    needs: ['group'],
    async run(place) {
      const id = await startReplacing(place);
      same(await place.ask('CancelInstanceRefresh', inGroup(place)), 'InstanceRefreshId', id);
      await place.until('the end of the refresh', () => isOver(place, id), 3600);
      same(await refreshOf(place, id), 'Status', 'Cancelled');
      await place.refuse('CancelInstanceRefresh', inGroup(place), ['ActiveInstanceRefreshNotFound']);
    },
  },
  {
    name: 'has nothing to cancel or roll back in a group at rest',
    source: 'model: ActiveInstanceRefreshNotFound',
    needs: ['group'],
    async run(place) {
      await place.refuse('CancelInstanceRefresh', inGroup(place), ['ActiveInstanceRefreshNotFound']);
      await place.refuse('RollbackInstanceRefresh', inGroup(place), ['ActiveInstanceRefreshNotFound']);
    },
  },
  {
    name: 'refuses preferences that contradict each other',
    source: 'API reference, RefreshPreferences',
    changes: true,
    needs: ['group'],
    async run(place) {
      const bad = (Preferences: Fields) =>
        place.refuse('StartInstanceRefresh', { ...inGroup(place), Preferences }, ['ValidationError']);
      await bad({ MaxHealthyPercentage: 120 });
      await bad({ MinHealthyPercentage: 0, MaxHealthyPercentage: 200 });
      await bad({ CheckpointPercentages: [50, 20] });
      await bad({ CheckpointPercentages: [50, 50, 100] });
    },
  },
  {
    name: 'describes no refresh that was never started',
    source: 'API reference, DescribeInstanceRefreshes',
    needs: ['group'],
    async run(place) {
      const InstanceRefreshIds = ['00000000-0000-4000-8000-000000000000'];
      const answer = await place.ask('DescribeInstanceRefreshes', { ...inGroup(place), InstanceRefreshIds });
      holds(list(answer, 'InstanceRefreshes').length === 0, 'no refreshes', answer.InstanceRefreshes);
    },
  },
];
