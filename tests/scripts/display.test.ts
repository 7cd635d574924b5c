import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeChange, renderDisplay } from '../../scripts/start/display.ts';
import { formatDuration, renderTable } from '../../scripts/start/format.ts';
import type { NodeGroupView, RunView } from '../../scripts/start/run-view.ts';

const aNodeGroupView = (overrides: Partial<NodeGroupView> = {}): NodeGroupView => ({
  cluster: 'shop',
  name: 'web',
  kind: 'self-managed',
  phase: 'Watch the rollout',
  newNodes: 2,
  oldNodes: 6,
  readyNodes: 8,
  desired: 8,
  ...overrides,
});

const aRunView = (nodeGroups: readonly NodeGroupView[]): RunView => ({
  scenario: 'first-month',
  phase: 'Roll the node groups',
  startedAt: Date.UTC(2026, 4, 16, 4, 12),
  now: Date.UTC(2026, 4, 16, 5, 17),
  nodeGroups,
});

describe('renderDisplay', () => {
  it('shows phase, new, old and Ready nodes, progress and the clock', () => {
    const [head, line] = renderDisplay(aRunView([aNodeGroupView()]), 200);
    expect(head).toContain('05:17:00');
    expect(head).toContain('1 h 05 min');
    for (const part of ['shop/web', 'Watch the rollout', 'new  2', 'old  6', 'Ready  8 of 8', '█████░', ' 25%']) {
      expect(line).toContain(part);
    }
  });

  it('never writes wider than the terminal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 240 }), fc.string({ maxLength: 60 }), (width, phase) => {
        const lines = renderDisplay(aRunView([aNodeGroupView({ phase })]), width);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('shows a group without nodes as not begun', () => {
    expect(renderDisplay(aRunView([aNodeGroupView({ newNodes: 0, oldNodes: 0 })]), 200)[1]).toContain('  0%');
  });
});

describe('describeChange', () => {
  it.each([
    { case: 'the first look', before: undefined, says: 'Watch the rollout' },
    { case: 'a new phase', before: aNodeGroupView({ phase: 'Take the lease' }), says: 'Watch the rollout' },
    { case: 'a new node', before: aNodeGroupView({ newNodes: 1 }), says: '2 new' },
  ])('speaks of $case', ({ before, says }) => {
    expect(describeChange(before, aNodeGroupView())).toContain(says);
  });

  it('is silent when nothing changed', () => {
    expect(describeChange(aNodeGroupView(), aNodeGroupView())).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    { case: 'seconds', ms: 12_400, text: '12 s' },
    { case: 'minutes', ms: 423_000, text: '7 min 03 s' },
    { case: 'hours', ms: 3_900_000, text: '1 h 05 min' },
  ])('writes $case', ({ ms, text }) => expect(formatDuration(ms)).toBe(text));
});

describe('renderTable', () => {
  it('aligns words to the left and numbers to the right', () => {
    expect(
      renderTable(
        ['group', 'nodes'],
        [
          ['web', '8'],
          ['reports', '12'],
        ],
      ),
    ).toEqual(['group    nodes', '───────  ─────', 'web          8', 'reports     12']);
  });
});
