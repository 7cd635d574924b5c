import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetWarnings, type ImpossibleBudget, isImpossible } from '../../functions/domain/impossible-budgets.ts';
import { type LabelSelector, mayShare, selectorText, selects } from '../../functions/domain/label-selector.ts';

const node = 'ip-10-0-0-1';
const web = { workload: 'Deployment/web', nodeName: node };
const aBudget = (overrides: Partial<ImpossibleBudget> = {}): ImpossibleBudget => ({
  ...{ budget: 'store/web', expected: 2, needed: 2, pods: [web, web] },
  ...overrides,
});
const warn = (impossible: readonly ImpossibleBudget[], unread = 0) =>
  budgetWarnings({ impossible, doubled: [], unread }, new Set([node]));

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
    {
      case: 'of pods elsewhere',
      view: { impossible: [aBudget({ pods: [{ ...web, nodeName: 'x' }] })], doubled: [], unread: 0 },
    },
    { case: 'when nobody has looked', view: undefined },
    { case: 'when there is no such budget', view: { impossible: [], doubled: [], unread: 0 } },
  ])('say nothing $case', ({ view }) => {
    expect(budgetWarnings(view, new Set([node]))).toEqual([]);
  });

  it('name two budgets over the same pods, of which none can be evicted whatever they allow', () => {
    const elsewhere = { workload: 'Deployment/linux', nodeName: 'ip-10-0-0-9' };
    const doubled = [
      { budgets: ['store/web', 'store/team'], pods: [web, elsewhere, web] },
      { budgets: ['store/linux', 'store/team'], pods: [elsewhere] },
      { budgets: ['store/none', 'store/team'], pods: [] },
    ];
    expect(budgetWarnings({ impossible: [], doubled, unread: 0 }, new Set([node]))).toEqual([
      {
        error: 'SeveralBudgets',
        cause: expect.stringMatching(
          /store\/web and store\/team cover the same pods, .*those of Deployment\/web \(2\)\./,
        ),
      },
    ]);
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

describe('two selectors', () => {
  const label = fc.constantFrom('a', 'b', 'c');
  const requirement = fc.record({
    key: label,
    operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: fc.array(label, { minLength: 1, maxLength: 2 }),
  });
  const selector = fc.record({
    matchLabels: fc.dictionary(label, label, { maxKeys: 2 }),
    matchExpressions: fc.array(requirement, { maxLength: 2 }),
  });

  it('that select the same labels are always found', () => {
    fc.assert(
      fc.property(selector, selector, fc.dictionary(label, label), (a, b, labels) => {
        fc.pre(selects(a, labels) && selects(b, labels));
        expect(mayShare(a, b)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each<{ case: string; a: LabelSelector | undefined; b: LabelSelector | undefined; shared: boolean }>([
    { case: 'different values', a: { matchLabels: { app: 'web' } }, b: { matchLabels: { app: 'db' } }, shared: false },
    { case: 'different labels', a: { matchLabels: { app: 'web' } }, b: { matchLabels: { team: 'a' } }, shared: true },
    {
      case: 'a value that is not in a list',
      a: { matchLabels: { app: 'web' } },
      b: { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'api'] }] },
      shared: false,
    },
    { case: 'all pods', a: { matchLabels: { app: 'web' } }, b: {}, shared: true },
    { case: 'no pod', a: { matchLabels: { app: 'web' } }, b: undefined, shared: false },
  ])('that want $case may share pods: $shared', ({ a, b, shared }) => {
    expect([mayShare(a, b), mayShare(b, a)]).toEqual([shared, shared]);
  });
});
