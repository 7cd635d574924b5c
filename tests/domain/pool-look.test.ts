import { describe, expect, it } from 'vitest';
import type { GroupSight } from '../../functions/domain/autoscaler.ts';
import { lookAtInstances } from '../../functions/domain/rollout-look.ts';
import { aKey, anInstance, aRollingState, minutesAgo, now } from '../support/builders.ts';

const key = aKey();

/** One look at a group whose pool has one instance, with what was asked besides. */
async function look(lifecycleState: string, minutes: number) {
  const asked: string[] = [];
  const launchedAt = new Date(minutesAgo(minutes));
  const pool = [anInstance({ instanceId: 'i-0w', lifecycleState, launchedAt, imageId: 'ami-0new' })];
  const group: GroupSight = { instances: [anInstance()], pool, desired: 1, autoscaled: false };
  const seen = await lookAtInstances(key, aRollingState({ hook: 'open' }), {
    viewGroup: async () => group,
    withImages: async (groups) => groups.map(({ instances }) => ({ instances })),
    findImageIds: async () => new Map(),
    listNodes: async () => [],
    findLaunchFailure: async () => {
      asked.push('launches');
      return undefined;
    },
    listHookNames: async () => {
      asked.push('hooks');
      return ['reglaze-admit', 'reglaze-drain'];
    },
    now,
  });
  return { ...seen, asked };
}

describe('a look at a rollout whose group has a warm pool', () => {
  it.each([
    { state: 'Warmed:Pending:Wait', minutes: 3, admitted: ['i-0w'] },
    { state: 'Warmed:Pending:Wait', minutes: 1, admitted: [] },
    // Nobody waits for so long unasked: it is being admitted, or drained into the pool.
    { state: 'Warmed:Pending:Wait', minutes: 6, admitted: [] },
    { state: 'Warmed:Pending', minutes: 3, admitted: [] },
    { state: 'Warmed:Stopped', minutes: 3, admitted: [] },
    { state: 'Warmed:Terminating:Wait', minutes: 3, admitted: [] },
  ])('finds who waits there for nobody: $state after $minutes minutes', async ({ state, minutes, admitted }) => {
    const { unattended } = await look(state, minutes);
    expect(unattended.map(({ instanceId }) => instanceId)).toEqual(admitted);
    for (const admission of unattended) expect(admission).toMatchObject({ ...key, destination: 'WarmPool' });
  });

  it('takes its time while something boots there, and then does not ask for failed launches', async () => {
    expect(await look('Warmed:Pending:Wait', 3)).toMatchObject({ isBooting: true, asked: ['hooks'] });
    expect(await look('Warmed:Stopped', 60)).toMatchObject({ isBooting: false, asked: ['launches', 'hooks'] });
  });
});
