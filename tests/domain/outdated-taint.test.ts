import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decidePreference,
  outdatedTaint,
  planTaints,
  withOutdatedTaint,
  withoutOutdatedTaint,
  withTaintsDone,
  withTaintsIntended,
} from '../../functions/domain/outdated-taint.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import { anInstance, aRollingState } from '../support/builders.ts';

const foreign = fc.array(
  fc.record({
    key: fc.constantFrom('dedicated', 'node.kubernetes.io/unschedulable', 'reglaze.dev/other', 'reglaze.dev/outdated'),
    effect: fc.constantFrom('NoSchedule', 'NoExecute'),
  }),
);

describe('the taint of outdated nodes', () => {
  it('comes and goes beside the taints of others, in their order, once', () => {
    fc.assert(
      fc.property(foreign, (taints) => {
        const tainted = withOutdatedTaint(taints);
        expect(tainted).toEqual([...taints, outdatedTaint]);
        expect(withOutdatedTaint(tainted)).toBe(tainted);
        expect(withoutOutdatedTaint(tainted)).toEqual(taints);
        expect(withoutOutdatedTaint(taints)).toBe(taints);
      }),
    );
  });

  it('keeps no pod off a node', () => {
    expect(outdatedTaint.effect).toBe('PreferNoSchedule');
  });
});

const nodes = [{ instanceId: 'i-0a', nodeName: 'ip-a' }];
const marked = { amiId: 'ami-0new', nodes, done: true as const };

describe('a new node that can work', () => {
  const { lease: _, ...released } = aRollingState({ phase: 'released' });
  const cases: { case: string; state: StateFile | undefined; imageId?: string | undefined; answer: string }[] = [
    { case: 'is the first of its rollout', state: aRollingState(), answer: 'prefer' },
    { case: 'comes after the others were marked', state: aRollingState({ taints: marked }), answer: 'nothing' },
    {
      case: 'comes after a step that did not finish',
      state: aRollingState({ taints: { amiId: 'ami-0new', nodes } }),
      answer: 'prefer',
    },
    {
      case: 'is the first on the way back',
      state: aRollingState({ phase: 'rolling-back', taints: marked }),
      imageId: 'ami-0old',
      answer: 'prefer',
    },
    { case: 'is on the old AMI', state: aRollingState(), imageId: 'ami-0old', answer: 'nothing' },
    { case: 'is not known to EC2 any more', state: aRollingState(), imageId: undefined, answer: 'nothing' },
    { case: 'comes before anything is replaced', state: aRollingState({ phase: 'admitting' }), answer: 'nothing' },
    { case: 'comes when everything is', state: aRollingState({ phase: 'proved' }), answer: 'nothing' },
    { case: 'comes after the end', state: released, answer: 'withdraw' },
    { case: 'comes when another run works', state: { ...released, taints: marked }, answer: 'nothing' },
    { case: 'belongs to no known group', state: undefined, answer: 'nothing' },
  ];
  it.each(cases)('that $case: $answer', ({ state, answer, ...rest }) => {
    const imageId = 'imageId' in rest ? rest.imageId : 'ami-0new';
    expect(decidePreference(state, { run: 'run-1', imageId })).toBe(answer);
  });
});

describe('the nodes that are marked', () => {
  const named = (instanceId: string, imageId: string | undefined, lifecycleState = 'InService') => ({
    ...anInstance({ instanceId, imageId, lifecycleState }),
    nodeName: `node-of-${instanceId}`,
  });
  const group = [
    named('i-0old', 'ami-0old'),
    named('i-0odd', 'ami-0odd'),
    named('i-0new', 'ami-0new'),
    named('i-0unknown', undefined),
    named('i-0leaving', 'ami-0old', 'Terminating:Wait'),
  ];

  it('are those on another AMI that stay, and no other', () => {
    expect(planTaints(aRollingState(), group)).toEqual({
      amiId: 'ami-0new',
      put: [
        { instanceId: 'i-0old', nodeName: 'node-of-i-0old' },
        { instanceId: 'i-0odd', nodeName: 'node-of-i-0odd' },
      ],
      take: [],
    });
  });

  it('change when the group goes back', () => {
    const before = withTaintsDone(aRollingState(), planTaints(aRollingState(), group));
    const plan = planTaints({ ...before, phase: 'rolling-back' }, group);
    expect(plan.put.map(({ instanceId }) => instanceId)).toEqual(['i-0odd', 'i-0new']);
    expect(plan.take.map(({ instanceId }) => instanceId)).toEqual(['i-0old']);
  });

  it('are in the state file before the first is marked, with those that are to lose it', () => {
    const images = fc.constantFrom('ami-0old', 'ami-0new', 'ami-0odd', undefined);
    fc.assert(
      fc.property(fc.array(images), fc.array(images), (earlier, later) => {
        const instances = (list: typeof earlier) => list.map((imageId, index) => named(`i-${index}`, imageId));
        const first = withTaintsDone(aRollingState(), planTaints(aRollingState(), instances(earlier)));
        const state: StateFile = { ...first, phase: 'rolling-back' };
        const plan = planTaints(state, instances(later));
        const bearing = new Set(first.taints?.nodes.map(({ instanceId }) => instanceId));
        for (const { instanceId } of plan.put) bearing.add(instanceId);
        const written = withTaintsIntended(state, plan).taints?.nodes.map(({ instanceId }) => instanceId);

        expect(new Set(written)).toEqual(bearing);
        expect(withTaintsDone(state, plan).taints?.nodes).toEqual(plan.put);
      }),
    );
  });
});
