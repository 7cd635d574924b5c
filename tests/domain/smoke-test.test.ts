import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginTest,
  continueTest,
  decideTest,
  isAwaited,
  markOf,
  podsOf,
  type SmokeTest,
  unfinishedPods,
} from '../../functions/domain/smoke-test.ts';
import type { PodVerdict } from '../../functions/domain/test-pod.ts';
import { anImage, aPolicy, aRollingState, now } from '../support/builders.ts';

const waiting = { run: 'run-1', instanceId: 'i-0c', imageId: 'ami-0new' };
const begun = beginTest({ ...waiting, nodeName: 'node-c' }, now);
const broken: PodVerdict = { result: 'failed', layer: 'service-routing', detail: 'no answer came in time (curl: 28)' };
const compared = continueTest(begun, broken, { controlNode: 'node-a', now });
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

describe('who tests', () => {
  it.each([
    { case: 'the first new node', state: aRollingState(), test: 'begin' },
    { case: 'a node without a state file', state: undefined, test: 'not-needed' },
    { case: "a node of another run's time", state: aRollingState({ lease: undefined }), test: 'not-needed' },
    {
      case: 'a node that the way back brings',
      state: aRollingState({ image: anImage({ amiId: 'ami-0other' }) }),
      test: 'not-needed',
    },
    {
      case: 'a node of a group that wants no test',
      state: aRollingState({ policy: aPolicy({ smokeTest: 'off' }) }),
      test: 'not-needed',
    },
    { case: 'the node whose test runs', state: aRollingState({ smokeTest: begun }), test: 'go-on' },
    {
      case: 'a node beside it',
      state: aRollingState({ smokeTest: { ...begun, instanceId: 'i-0d' } }),
      test: 'wait',
    },
    {
      case: 'a node after it',
      state: aRollingState({ smokeTest: { ...begun, instanceId: 'i-0d', result: 'passed' } }),
      test: 'passed',
    },
    {
      case: 'the first node on another AMI than the last test',
      state: aRollingState({ smokeTest: { ...begun, amiId: 'ami-0last', result: 'passed' } }),
      test: 'begin',
    },
  ] as const)('$case: $test', ({ state, test }) => {
    expect(decideTest(state, waiting, now).test).toBe(test);
  });

  it('is another node once the one whose admission died has had its time', () => {
    const state = aRollingState({ smokeTest: { ...begun, instanceId: 'i-0dead' } });
    expect(decideTest(state, waiting, later(6)).test).toBe('wait');
    expect(decideTest(state, waiting, later(7)).test).toBe('begin');
  });

  it('shares a bad result and its finding', () => {
    const failed = continueTest(compared, { result: 'passed' }, { controlNode: undefined, now });
    const state = aRollingState({ smokeTest: { ...failed, instanceId: 'i-0first' } });
    expect(decideTest(state, waiting, now)).toEqual({ test: 'failed', finding: failed.finding });
  });
});

/** The test after what its pods showed one after another, and how each pod ended. */
function playOut(verdicts: readonly PodVerdict[], controlNode: string | undefined) {
  const ends: string[] = [];
  const test = verdicts.reduce<SmokeTest>((current, verdict) => {
    if (current.result !== undefined) return current;
    if (verdict.result !== 'running') ends.push(verdict.result);
    return continueTest(current, verdict, { controlNode, now });
  }, begun);
  return { test, ends };
}

describe('a test', () => {
  it('that passes ends without a comparison', () => {
    const passed = continueTest(begun, { result: 'passed' }, { controlNode: 'node-a', now });
    expect(passed).toEqual({ ...begun, result: 'passed' });
    expect(unfinishedPods(passed)).toEqual([]);
  });

  it('that fails is compared with a node of the old AMI, in a time of its own', () => {
    expect(compared).toMatchObject({ failure: { layer: 'service-routing' }, control: { nodeName: 'node-a' } });
    expect(compared.result).toBeUndefined();
    expect(unfinishedPods(compared)).toEqual(['smoke-test-i-0c', 'smoke-test-control-i-0c']);
  });

  it('blames the AMI where the old node can do what the new one cannot', () => {
    const failed = continueTest(compared, { result: 'passed' }, { controlNode: undefined, now });
    expect(failed).toMatchObject({
      result: 'failed',
      finding: { error: 'SmokeTestFailed', cause: expect.stringMatching(/node-c.*ami-0new.*service-routing.*node-a/) },
    });
    expect(markOf(failed, now)).toBe('2026-05-16T05:00:00Z service-routing');
  });

  it.each([
    { case: 'the old node fails, too', test: compared, verdict: broken, says: 'not to blame' },
    {
      case: 'the container image cannot be had',
      test: begun,
      verdict: { result: 'failed', layer: 'container-image', detail: 'ErrImagePull' } as const,
      says: 'registry',
    },
  ])('does not blame the AMI where $case', ({ test, verdict, says }) => {
    const ended = continueTest(test, verdict, { controlNode: 'node-a', now });
    expect(ended).toMatchObject({ result: 'inconclusive', finding: { error: 'SmokeTestInconclusive' } });
    expect(ended.finding?.cause).toContain(says);
    expect(markOf(ended, now)).toBeUndefined();
  });

  it('does not blame the AMI where there is nothing to compare it with', () => {
    expect(continueTest(begun, broken, { controlNode: undefined, now }).result).toBe('inconclusive');
  });

  it('is the same while its pod runs', () => {
    for (const test of [begun, compared]) {
      expect(continueTest(test, { result: 'running' }, { controlNode: 'node-a', now })).toBe(test);
    }
  });

  it('is awaited by its own run only, and until it has a result', () => {
    const state = aRollingState({ smokeTest: begun });
    expect(isAwaited(state, 'run-1', begun)).toBe(true);
    expect(isAwaited(state, 'run-2', begun)).toBe(false);
    expect(isAwaited(aRollingState({ smokeTest: { ...begun, result: 'passed' } }), 'run-1', begun)).toBe(false);
    expect(isAwaited(aRollingState(), 'run-1', begun)).toBe(false);
  });

  it('never marks an AMI unless a pod has passed on an old node after one has failed on the new one', () => {
    const verdict = fc.constantFrom<PodVerdict>(
      { result: 'running' },
      { result: 'passed' },
      broken,
      { result: 'failed', layer: 'container-image', detail: 'ErrImagePull' },
      { result: 'failed', layer: 'pod-start', detail: 'ContainerCreating' },
    );
    fc.assert(
      fc.property(fc.array(verdict, { maxLength: 8 }), fc.boolean(), (verdicts, hasControl) => {
        const { test, ends } = playOut(verdicts, hasControl ? 'node-a' : undefined);
        const isBlamed = markOf(test, now) !== undefined;
        expect(isBlamed).toBe(test.result === 'failed');
        expect(isBlamed).toBe(ends.join() === 'failed,passed');
        expect(podsOf(test)).toHaveLength(test.failure ? 2 : 1);
      }),
    );
  });
});
