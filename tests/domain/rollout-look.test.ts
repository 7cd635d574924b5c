import { describe, expect, it } from 'vitest';
import { type LookDependencies, lookAtInstances } from '../../functions/domain/rollout-look.ts';
import { aKey, anInstance, aState } from '../support/builders.ts';

const failure = { at: new Date('2026-05-16T05:00:00Z'), message: 'no capacity' };

const dependencies = (overrides: Partial<LookDependencies>): LookDependencies => ({
  listInstances: async () => [],
  withImages: async (groups) => [...groups],
  findImageIds: async () => new Map(),
  listNodes: async () => [],
  findLaunchFailure: async () => failure,
  now: new Date('2026-05-16T05:01:00Z'),
  ...overrides,
});

describe('lookAtInstances', () => {
  it('tells of the newest launch that failed', async () => {
    const look = await lookAtInstances(aKey(), aState({ hook: 'open' }), dependencies({}));
    expect(look.launchFailure).toEqual(failure);
  });

  it('asks for no failed launch while an instance comes up, since the newest launch did not fail', async () => {
    const asked: string[] = [];
    const look = await lookAtInstances(
      aKey(),
      aState({ hook: 'open' }),
      dependencies({
        listInstances: async () => [anInstance({ lifecycleState: 'Pending:Wait' })],
        findLaunchFailure: async (name) => {
          asked.push(name);
          return failure;
        },
      }),
    );
    expect(look.launchFailure).toBeUndefined();
    expect(asked).toEqual([]);
  });
});
