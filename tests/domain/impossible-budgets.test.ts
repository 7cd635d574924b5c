import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetWarnings, type ImpossibleBudget, isImpossible } from '../../functions/domain/impossible-budgets.ts';
import { type LabelSelector, selectorText } from '../../functions/domain/label-selector.ts';

const node = 'ip-10-0-0-1';
const web = { workload: 'Deployment/web', nodeName: node };
const aBudget = (overrides: Partial<ImpossibleBudget> = {}): ImpossibleBudget => ({
  ...{ budget: 'store/web', expected: 2, needed: 2, pods: [web, web] },
  ...overrides,
});
const warn = (impossible: readonly ImpossibleBudget[], unread = 0) =>
  budgetWarnings({ impossible, unread }, new Set([node]));

describe('a disruption budget', () => {
  it.each([
    { case: 'that needs all of its pods', expected: 3, needed: 3, impossible: true },
    { case: 'that needs more than there are', expected: 1, needed: 2, impossible: true },
    { case: 'that lets one go', expected: 3, needed: 2, impossible: false },
    { case: 'that covers no pod', expected: 0, needed: 0, impossible: false },
    { case: 'that covers no pod and needs some', expected: 0, needed: 1, impossible: false },
  ])('$case is impossible: $impossible', ({ expected, needed, impossible }) => {
    expect(isImpossible({ expected, needed })).toBe(impossible);
  });
});

describe('the warnings of a plan', () => {
  it('name the budget with its numbers, and the workloads with their pods on nodes of the group', () => {
    const agent = { workload: 'StatefulSet/agent', nodeName: node };
    const elsewhere = { workload: 'Deployment/linux', nodeName: 'ip-10-0-0-9' };
    const [warning, ...others] = warn([aBudget({ pods: [web, agent, web, elsewhere] })]);
    expect(warning).toEqual({
      error: 'ImpossibleBudget',
      cause: expect.stringMatching(/store\/web .* 2 of 2.* Deployment\/web \(2\), StatefulSet\/agent \(1\)\./),
    });
    expect(warning?.cause).not.toContain('linux');
    expect(others).toEqual([]);
  });

  it.each([
    { case: 'of pods elsewhere', view: { impossible: [aBudget({ pods: [{ ...web, nodeName: 'x' }] })], unread: 0 } },
    { case: 'when nobody has looked', view: undefined },
    { case: 'when there is no such budget', view: { impossible: [], unread: 0 } },
  ])('say nothing $case', ({ view }) => {
    expect(budgetWarnings(view, new Set([node]))).toEqual([]);
  });

  it('say that nobody could look, and what to do', () => {
    expect(budgetWarnings({ unseen: 'Apply reader.yml again.' }, new Set([node]))).toEqual([
      { error: 'BudgetsUnseen', cause: 'Apply reader.yml again.' },
    ]);
  });

  it('stay few and short, and say how many they leave out', () => {
    const pods = Array.from({ length: 40 }, (_, index) => ({ workload: `Deployment/web-${index}`, nodeName: node }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.nat(100), (count, unread) => {
        const budgets = Array.from({ length: count }, (_, index) => aBudget({ budget: `store/web-${index}`, pods }));
        const warnings = warn(budgets, unread);
        expect(warnings.length).toBeLessThanOrEqual(6);
        expect(Math.max(0, ...warnings.map(({ cause }) => cause.length))).toBeLessThan(500);
        expect(warnings.some(({ cause }) => cause.includes(`${count - 5 + unread} more budgets`))).toBe(
          count - 5 + unread > 0,
        );
      }),
    );
  });
});

describe('a selector as a query', () => {
  it.each<{ selector: LabelSelector; text: string }>([
    { selector: {}, text: '' },
    { selector: { matchLabels: { app: 'web', tier: 'front' } }, text: 'app=web,tier=front' },
    {
      selector: {
        matchLabels: { app: 'web' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['a', 'b'] },
          { key: 'zone', operator: 'NotIn', values: ['c'] },
          { key: 'canary', operator: 'DoesNotExist' },
          { key: 'team', operator: 'Exists' },
        ],
      },
      text: 'app=web,tier in (a,b),zone notin (c),!canary,team',
    },
  ])('is "$text"', ({ selector, text }) => {
    expect(selectorText(selector)).toBe(text);
  });
});
