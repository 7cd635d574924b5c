import { describe, expect, it } from 'vitest';
import { selects } from '../../functions/domain/label-selector.ts';
import {
  type Budget,
  type LeftPod,
  podsInTheWay,
  podsInTheWaySentence,
} from '../../functions/domain/pods-in-the-way.ts';

const aPod = (overrides: Partial<LeftPod> = {}): LeftPod => ({
  ...{ namespace: 'store', name: 'ledger-1', nodeName: 'ip-10-0-0-1', labels: { app: 'ledger' }, isTerminating: false },
  ...overrides,
});
const aBudget = (overrides: Partial<Budget> = {}): Budget => ({
  ...{ namespace: 'store', name: 'ledger', selector: { matchLabels: { app: 'ledger' } } },
  ...{ disruptionsAllowed: 0, healthy: 2, needed: 2 },
  ...overrides,
});

describe('podsInTheWay', () => {
  it('names a pod, its node, and the numbers of the budget that holds it', () => {
    expect(podsInTheWay([aPod()], [aBudget()])).toEqual([
      {
        pod: 'store/ledger-1',
        nodeName: 'ip-10-0-0-1',
        why: 'the budget ledger allows no disruption: 2 pods needed, 2 healthy',
      },
    ]);
  });

  it.each([
    { case: 'a budget that allows one', budgets: [aBudget({ disruptionsAllowed: 1 })] },
    { case: 'a budget in another namespace', budgets: [aBudget({ namespace: 'other' })] },
    { case: 'a budget of other pods', budgets: [aBudget({ selector: { matchLabels: { app: 'web' } } })] },
    { case: 'a budget without selector', budgets: [aBudget({ selector: undefined })] },
    { case: 'no budget', budgets: [] },
  ])('has no pod with $case', ({ budgets }) => {
    expect(podsInTheWay([aPod()], budgets)).toEqual([]);
  });

  it('has a pod that does not end, whatever its budgets, and one that two budgets cover, whatever they allow', () => {
    const free = aBudget({ disruptionsAllowed: 1 });
    expect(podsInTheWay([aPod({ isTerminating: true })], [free])).toMatchObject([
      { why: 'it does not come to its end' },
    ]);
    expect(podsInTheWay([aPod()], [free, aBudget({ name: 'all', selector: {}, disruptionsAllowed: 1 })])).toMatchObject(
      [{ why: 'more than one budget covers it: ledger and all' }],
    );
  });

  it('tells five pods by name and counts the others', () => {
    const pods = Array.from({ length: 7 }, (_, index) => aPod({ name: `ledger-${index}` }));
    const sentence = podsInTheWaySentence(podsInTheWay(pods, [aBudget()]));
    expect(sentence).toContain('store/ledger-4 on ip-10-0-0-1 (the budget ledger allows no disruption');
    expect(sentence).not.toContain('ledger-5');
    expect(sentence).toMatch(/, and 2 more\.$/);
  });
});

describe('selects', () => {
  it.each([
    { operator: 'In', values: ['a', 'b'], selected: [true, false, false] },
    { operator: 'NotIn', values: ['a'], selected: [false, true, true] },
    { operator: 'Exists', values: undefined, selected: [true, true, false] },
    { operator: 'DoesNotExist', values: undefined, selected: [false, false, true] },
    { operator: 'Resembles', values: ['a'], selected: [false, false, false] },
  ])('knows $operator', ({ operator, values, selected }) => {
    const selector = { matchExpressions: [{ key: 'tier', operator, values }] };
    expect([{ tier: 'a' }, { tier: 'c' }, {}].map((labels) => selects(selector, labels as never))).toEqual(selected);
  });

  it('takes everything by an empty selector, nothing by a missing one, and asks for all that is said', () => {
    expect([selects({}, {}), selects(undefined, {})]).toEqual([true, false]);
    const both = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] };
    expect([selects(both, { app: 'web' }), selects(both, { app: 'web', tier: 'x' })]).toEqual([false, true]);
  });
});
