import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeChange, renderDisplay } from '../../scripts/start/display.ts';
import { formatDuration, renderTable } from '../../scripts/start/format.ts';
import type { NodeGroupView, RunView } from '../../scripts/start/run-view.ts';

const noDrains = { waiting: 0, draining: 0, settling: 0, held: [], forced: 0 };
const aNodeGroupView = (overrides: Partial<NodeGroupView> = {}): NodeGroupView => ({
  cluster: 'shop',
  name: 'web',
  kind: 'self-managed',
  phase: 'Watch the rollout',
  newNodes: 2,
  oldNodes: 6,
  readyNodes: 8,
  desired: 8,
  drains: noDrains,
  ...overrides,
});

const aRunView = (nodeGroups: readonly NodeGroupView[]): RunView => ({
  scenario: 'first-month',
  phase: 'Roll the node groups',
  startedAt: Date.UTC(2026, 4, 16, 4, 12),
  now: Date.UTC(2026, 4, 16, 5, 17),
  nodeGroups,
  ...{ workloads: [], notes: [] },
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

  it('shows below a group which nodes leave, what keeps its pods, and what was forced', () => {
    const held = [{ pod: 'store/web-1', budget: 'web' }];
    const lines = renderDisplay(
      aRunView([
        aNodeGroupView({ drains: { waiting: 2, draining: 1, settling: 1, held, forced: 1 } }),
        aNodeGroupView({ name: 'quiet' }),
      ]),
      200,
    );
    expect(lines).toHaveLength(4);
    expect(lines[2]).toBe(
      '   1 node draining; 1 node empty, pods starting elsewhere; 2 nodes waiting for a turn; ' +
        'held back: store/web-1 by budget web; 1 pod forced',
    );
  });

  it('shows below a group what rests in its warm pool, and a change of that', () => {
    const [before, after] = [1, 0].map((old) => aNodeGroupView({ pool: { new: 2 - old, old } }));
    expect(renderDisplay(aRunView([before as NodeGroupView]), 200)[2]).toBe('   warm pool: 1 new, 1 old');
    expect(describeChange(before, after as NodeGroupView)).toContain('warm pool: 2 new, 0 old');
  });

  it('shows the lowest number of Ready pods of each workload', () => {
    const workloads = [{ cluster: 'shop', workload: 'store/Deployment/web', inPlace: 6, lowestReady: 5 }];
    const lines = renderDisplay({ ...aRunView([]), workloads }, 200);
    expect(lines.at(-1)).toBe(' lowest Ready: store/Deployment/web 5 of 6');
  });

  it('shows the newest mails and deeds of operators', () => {
    const notes = [1, 2, 3, 4, 5].map((number) => ({ at: Date.UTC(2026, 4, 16, 5, number), text: `mail: ${number}` }));
    const lines = renderDisplay({ ...aRunView([]), notes }, 200);
    expect(lines.slice(1)).toEqual([2, 3, 4, 5].map((number) => ` 05:0${number}:00  mail: ${number}`));
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
    { case: 'an end of a drain', before: aNodeGroupView({ drains: { ...noDrains, draining: 1 } }), says: '8 of 8' },
  ])('speaks of $case', ({ before, says }) => {
    expect(describeChange(before, aNodeGroupView())).toContain(says);
  });

  it('speaks of a node that begins to drain', () => {
    const after = aNodeGroupView({ drains: { ...noDrains, draining: 1 } });
    expect(describeChange(aNodeGroupView(), after)).toContain('; 1 node draining');
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
