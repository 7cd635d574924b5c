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
  listHookNames: async () => ['reglaze-admit', 'reglaze-drain'],
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
    lookAtInstances(aKey(), state, dependencies({ listHookNames: async () => ['reglaze-drain'], ...overrides }));

  it('fails when new instances entered service before a node had proved the AMI', async () => {
    const look = await ungated({ viewGroup: async () => aSight([entered, anInstance()]) });
    expect(look).toMatchObject({
      missingHooks: { admit: true, drain: false },
      neverJoined: [{ error: 'AdmissionRemoved', cause: expect.stringContaining('i-0c') }],
    });
  });

  it('goes on when a node has proved the AMI', async () => {
    const other = anInstance({ instanceId: 'i-0d', imageId: state.image.amiId });
    const look = await ungated({
      viewGroup: async () => aSight([entered, other]),
      listNodes: async () => [aNode({ instanceId: 'i-0d' })],
    });
    expect(look).toMatchObject({ missingHooks: { admit: true }, neverJoined: [] });
  });

  it('goes on when nothing new entered service', async () => {
    const look = await ungated({ viewGroup: async () => aSight([anInstance()]) });
    expect(look).toMatchObject({ missingHooks: { admit: true }, neverJoined: [] });
  });

  it('is not asked about while an instance waits, since it waits at the hook', async () => {
    const look = await ungated({ viewGroup: async () => aSight([anInstance({ lifecycleState: 'Pending:Wait' })]) });
    expect(look.missingHooks.admit).toBe(false);
  });
});

describe('a rollout whose drain hook was deleted', () => {
  const hooks = (...names: string[]) => ({ listHookNames: async () => names });
  const booting = { viewGroup: async () => aSight([anInstance({ lifecycleState: 'Pending:Wait' })]) };

  it.each([
    { case: 'where it is ours', drainHook: 'ours' as const, names: ['reglaze-admit', 'backup'], missing: true },
    {
      case: 'where it is there',
      drainHook: 'ours' as const,
      names: ['reglaze-admit', 'reglaze-drain'],
      missing: false,
    },
    { case: 'where another tool drains', drainHook: 'foreign' as const, names: ['reglaze-admit'], missing: false },
    { case: 'where nobody put one', drainHook: undefined, names: ['reglaze-admit'], missing: false },
  ])('misses it $case: $missing, also while a machine boots', async ({ drainHook, names, missing }) => {
    const state = aState({ hook: 'open', ...(drainHook && { drainHook }) });
    const idle = await lookAtInstances(aKey(), state, dependencies(hooks(...names)));
    const look = await lookAtInstances(aKey(), state, dependencies({ ...hooks(...names), ...booting }));
    expect([idle, look].map(({ missingHooks }) => missingHooks)).toEqual(
      Array(2).fill({ admit: false, drain: missing }),
    );
  });
});
