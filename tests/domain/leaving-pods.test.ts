import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DrainSituation,
  hangingMarginSeconds,
  isDone,
  type LeavingPod,
  mostLeavingAtOnce,
  mostStartingPerReceiver,
  type PodAction,
  planPods,
} from '../../functions/domain/leaving-pods.ts';
import { minutesAgo, now } from '../support/builders.ts';

const aPod = (overrides: Partial<LeavingPod> = {}): LeavingPod => ({
  namespace: 'store',
  name: 'web-1',
  uid: 'uid-1',
  labels: { app: 'web' },
  controller: { kind: 'ReplicaSet', name: 'web' },
  isMirror: false,
  isFinished: false,
  dueAt: undefined,
  hasLocalData: false,
  claims: [],
  claimsWithOwn: [],
  isForced: false,
  isUnique: false,
  ...overrides,
});

const before: DrainSituation = {
  drainDeadline: new Date(now.getTime() + 60_000).toISOString(),
  onDrainTimeout: 'force',
  starting: 0,
  receivers: 3,
};
const after = { ...before, drainDeadline: minutesAgo(1).toISOString() };
const daemon = { kind: 'DaemonSet', name: 'logs' };
const stateful = { controller: { kind: 'StatefulSet', name: 'db' }, isUnique: true };
const hanging = new Date(now.getTime() - (hangingMarginSeconds + 1) * 1000);
const actionOf = (pod: Partial<LeavingPod>, situation: DrainSituation): PodAction | undefined =>
  planPods([aPod(pod)], situation, now)[0]?.action;

describe('a pod on a node that leaves', () => {
  it.each<{ case: string; pod: Partial<LeavingPod>; early: PodAction; late: PodAction }>([
    { case: 'of a deployment', pod: {}, early: 'evict', late: 'delete' },
    { case: 'of a daemonset', pod: { controller: daemon }, early: 'stay', late: 'stay' },
    { case: 'of the kubelet’s own', pod: { isMirror: true, controller: undefined }, early: 'stay', late: 'stay' },
    { case: 'that nobody makes again', pod: { controller: undefined }, early: 'evict', late: 'delete' },
    { case: 'with local data', pod: { hasLocalData: true }, early: 'evict', late: 'delete' },
    { case: 'that has ended', pod: { isFinished: true }, early: 'delete', late: 'delete' },
    { case: 'of a statefulset', pod: stateful, early: 'evict', late: 'delete' },
    { case: 'that is ending', pod: { dueAt: now }, early: 'wait', late: 'wait' },
    { case: 'that hangs', pod: { dueAt: hanging }, early: 'force', late: 'force' },
    { case: 'of a statefulset that hangs', pod: { ...stateful, dueAt: hanging }, early: 'hold', late: 'hold' },
    { case: 'that its finalizers keep', pod: { isForced: true, dueAt: hanging }, early: 'hold', late: 'hold' },
    { case: 'of a daemonset that ends', pod: { controller: daemon, dueAt: hanging }, early: 'stay', late: 'stay' },
  ])('$case: $early before the deadline, $late after it under force', ({ pod, early, late }) => {
    expect([actionOf(pod, before), actionOf(pod, after)]).toEqual([early, late]);
  });

  it('is asked like before the deadline when the policy is to wait', () => {
    expect(actionOf({}, { ...after, onDrainTimeout: 'wait' })).toBe('evict');
  });
});

describe('a node', () => {
  it.each<{ case: string; pods: LeavingPod[]; situation: DrainSituation; done: boolean }>([
    { case: 'with nothing that moves', pods: [aPod({ controller: daemon })], situation: before, done: true },
    { case: 'with a pod to evict', pods: [aPod()], situation: before, done: false },
    {
      case: 'with one that must not be forced',
      pods: [aPod({ ...stateful, dueAt: hanging })],
      situation: before,
      done: false,
    },
    {
      case: 'with such a one, past the deadline',
      pods: [aPod({ ...stateful, dueAt: hanging })],
      situation: after,
      done: true,
    },
    { case: 'with one that still has its grace', pods: [aPod({ dueAt: now })], situation: after, done: false },
  ])('$case is done: $done', ({ pods, situation, done }) => {
    expect(isDone(planPods(pods, situation, now), situation, now)).toBe(done);
  });
});

const anyPod = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 8 }),
    controller: fc.constantFrom({ kind: 'ReplicaSet', name: 'web' }, daemon, stateful.controller, undefined),
    isMirror: fc.boolean(),
    isFinished: fc.boolean(),
    dueAt: fc.constantFrom(undefined, now, hanging),
    isForced: fc.boolean(),
    hasLocalData: fc.boolean(),
    isUnique: fc.boolean(),
  })
  .map((pod) => aPod({ ...pod, isUnique: pod.isUnique || pod.controller?.kind === 'StatefulSet' }));
const anySituation = fc.record({
  drainDeadline: fc.constantFrom(before.drainDeadline, after.drainDeadline),
  onDrainTimeout: fc.constantFrom('wait' as const, 'force' as const),
  starting: fc.nat({ max: 30 }),
  receivers: fc.nat({ max: 6 }),
});

describe('what a pass does', () => {
  const count = (planned: readonly { readonly action: PodAction }[], ...actions: PodAction[]) =>
    planned.filter(({ action }) => actions.includes(action)).length;

  it('never lets more pods leave, nor more start elsewhere, than the limits say', () => {
    fc.assert(
      fc.property(fc.array(anyPod, { maxLength: 40 }), anySituation, (pods, situation) => {
        const planned = planPods(pods, situation, now);
        const asked = count(planned, 'evict');
        const leaving = pods.filter(
          (pod) => pod.dueAt !== undefined && !['stay'].includes(actionOf(pod, situation) ?? ''),
        );
        const room =
          mostStartingPerReceiver * Math.max(1, situation.receivers) - Math.max(situation.starting, leaving.length);
        expect(asked).toBeLessThanOrEqual(Math.max(0, mostLeavingAtOnce - leaving.length));
        expect(asked).toBeLessThanOrEqual(Math.max(0, room));
      }),
    );
  });

  it('never forces a pod of which there could then be two, nor anything but what has ended before its time', () => {
    fc.assert(
      fc.property(fc.array(anyPod, { maxLength: 20 }), anySituation, (pods, situation) => {
        const isForced = situation.onDrainTimeout === 'force' && situation.drainDeadline === after.drainDeadline;
        const planned = planPods(pods, situation, now);
        const withAction = (wanted: PodAction) =>
          planned.filter(({ action }) => action === wanted).map(({ pod }) => pod);
        expect(withAction('force').filter((pod) => pod.isUnique || pod.isForced || pod.dueAt !== hanging)).toEqual([]);
        expect(withAction('delete').filter(({ isFinished }) => !isFinished && !isForced)).toEqual([]);
      }),
    );
  });

  it('asks no pod again that leaves because it was asked, as far as it may be asked at all', () => {
    fc.assert(
      fc.property(fc.array(anyPod, { maxLength: 20 }), anySituation, (pods, situation) => {
        const asked = planPods(pods, situation, now)
          .filter(({ action }) => action === 'evict' || action === 'delete')
          .map(({ pod }) => ({ ...pod, dueAt: new Date(now.getTime() + 30_000) }));
        expect(count(planPods(asked, situation, now), 'wait')).toBe(asked.length);
      }),
    );
  });

  it('does the same to a pod whatever the order, where the limits do not bind', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyPod, { maxLength: 5, selector: ({ name }) => name }), (pods) => {
        const plan = (list: LeavingPod[]) =>
          new Map(planPods(list, before, now).map(({ pod, action }) => [pod.name, action]));
        expect(plan(pods.toReversed())).toEqual(plan(pods));
      }),
    );
  });
});
