import { formatClock, formatDuration, plural } from './format.ts';
import type { NodeGroupView, Note, RunView } from './run-view.ts';

const barWidth = 20;

/** So many of the newest notes stand below a display that is redrawn in place. */
const shownNotes = 4;

/** The live display, one string per line: the run and the account's clock, then one line per node group. */
export function renderDisplay(view: RunView, width: number): string[] {
  const elapsed = formatDuration(view.now - view.startedAt);
  const head = `${view.scenario}  ${formatClock(view.now)}  (${elapsed} of account time)  ${view.phase}`;
  const names = Math.max(10, ...view.nodeGroups.map((group) => pathOf(group).length));
  const phases = Math.max(20, ...view.nodeGroups.map((group) => group.phase.length));
  const groups = view.nodeGroups.flatMap((group) => {
    const moves = describeMoves(group);
    return [renderNodeGroup(group, names, phases), ...(moves === '' ? [] : [`   ${moves}`])];
  });
  const lowest = view.workloads.map(({ workload, lowestReady, inPlace }) => `${workload} ${lowestReady} of ${inPlace}`);
  const workloads = lowest.length === 0 ? [] : [` lowest Ready: ${lowest.join(', ')}`];
  const notes = view.notes.slice(-shownNotes).map(describeNote);
  return [head, ...groups, ...workloads, ...notes.map((note) => ` ${note}`)].map((line) =>
    line.slice(0, Math.max(20, width)),
  );
}

/** `05:27:00  mail: reglaze succeeded` */
export const describeNote = ({ at, text }: Note): string => `${formatClock(at)}  ${text}`;

/** The nodes of a group that leave, what is in their way, and what rests in its warm pool; empty without any. */
function describeMoves({ drains, pool }: NodeGroupView): string {
  const { waiting, draining, settling, held, forced } = drains;
  const counted = [
    draining > 0 ? `${plural(draining, 'node')} draining` : '',
    settling > 0 ? `${plural(settling, 'node')} empty, pods starting elsewhere` : '',
    waiting > 0 ? `${plural(waiting, 'node')} waiting for a turn` : '',
    held.length > 0 ? `held back: ${held.map(({ pod, budget }) => `${pod} by budget ${budget}`).join(', ')}` : '',
    forced > 0 ? `${plural(forced, 'pod')} forced` : '',
    pool ? `warm pool: ${pool.new} new, ${pool.old} old` : '',
  ];
  return counted.filter((text) => text !== '').join('; ');
}

function renderNodeGroup(group: NodeGroupView, names: number, phases: number): string {
  const share = group.newNodes + group.oldNodes === 0 ? 0 : group.newNodes / (group.newNodes + group.oldNodes);
  return [
    ` ${pathOf(group).padEnd(names)}`,
    group.kind.padEnd(12),
    group.phase.padEnd(phases),
    progressBar(share),
    `new ${String(group.newNodes).padStart(2)}`,
    `old ${String(group.oldNodes).padStart(2)}`,
    `Ready ${String(group.readyNodes).padStart(2)} of ${group.desired}`,
  ].join('  ');
}

function progressBar(share: number): string {
  const full = Math.round(share * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${String(Math.round(share * 100)).padStart(3)}%`;
}

/** What changed since the last look, for output that is no terminal: one line per change of a node group. */
export function describeChange(before: NodeGroupView | undefined, after: NodeGroupView): string | undefined {
  const same =
    before !== undefined &&
    before.phase === after.phase &&
    before.newNodes === after.newNodes &&
    before.oldNodes === after.oldNodes &&
    describeMoves(before) === describeMoves(after);
  if (same) return undefined;
  const { phase, newNodes, oldNodes, readyNodes, desired } = after;
  const moves = describeMoves(after);
  const nodes = `${newNodes} new, ${plural(oldNodes, 'old node')}, ${readyNodes} of ${desired} Ready`;
  return `${pathOf(after)}: ${phase} (${nodes})${moves === '' ? '' : `; ${moves}`}`;
}

const pathOf = (group: NodeGroupView) => `${group.cluster}/${group.name}`;
