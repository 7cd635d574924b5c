import { describe, expect, it } from 'vitest';
import { type LookDependencies, lookAtInstances } from '../../functions/domain/rollout-look.ts';
import { aKey, aNode, anInstance, aSight, aState } from '../support/builders.ts';

const failure = { at: new Date('2026-05-16T05:00:00Z'), message: 'no capacity' };

const dependencies = (overrides: Partial<LookDependencies>): LookDependencies => ({
  viewGroup: async () => aSight([]),
  withImages: async (groups) => [...groups],
  findImageIds: async () => new Map(),
  listNodes: async () => [],
  findLaunchFailure: async () => failure,
  isGated: async () => true,
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
        viewGroup: async () => aSight([anInstance({ lifecycleState: 'Pending:Wait' })]),
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

describe('a rollout whose hook was deleted', () => {
  const state = aState({ hook: 'open' });
  const entered = anInstance({ instanceId: 'i-0c', imageId: state.image.amiId });
  const ungated = (overrides: Partial<LookDependencies>) =>
    lookAtInstances(aKey(), state, dependencies({ isGated: async () => false, ...overrides }));

  it('fails when new instances entered service before a node had proved the AMI', async () => {
    const look = await ungated({ viewGroup: async () => aSight([entered, anInstance()]) });
    expect(look).toMatchObject({
      gateMissing: true,
      neverJoined: [{ error: 'AdmissionRemoved', cause: expect.stringContaining('i-0c') }],
    });
  });

  it('goes on when a node has proved the AMI', async () => {
    const other = anInstance({ instanceId: 'i-0d', imageId: state.image.amiId });
    const look = await ungated({
      viewGroup: async () => aSight([entered, other]),
      listNodes: async () => [aNode({ instanceId: 'i-0d' })],
    });
    expect(look).toMatchObject({ gateMissing: true, neverJoined: [] });
  });

  it('goes on when nothing new entered service', async () => {
    const look = await ungated({ viewGroup: async () => aSight([anInstance()]) });
    expect(look).toMatchObject({ gateMissing: true, neverJoined: [] });
  });

  it('is not asked about while an instance waits, since it waits at the hook', async () => {
    const look = await ungated({ viewGroup: async () => aSight([anInstance({ lifecycleState: 'Pending:Wait' })]) });
    expect(look.gateMissing).toBe(false);
  });
});
