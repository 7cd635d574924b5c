import { formatClock, formatDuration, plural } from './format.ts';
import type { NodeGroupView, RunView } from './run-view.ts';

const barWidth = 20;

/** The live display, one string per line: the run and the account's clock, then one line per node group. */
export function renderDisplay(view: RunView, width: number): string[] {
  const elapsed = formatDuration(view.now - view.startedAt);
  const head = `${view.scenario}  ${formatClock(view.now)}  (${elapsed} of account time)  ${view.phase}`;
  const names = Math.max(10, ...view.nodeGroups.map((group) => pathOf(group).length));
  const phases = Math.max(20, ...view.nodeGroups.map((group) => group.phase.length));
  return [head, ...view.nodeGroups.map((group) => renderNodeGroup(group, names, phases))].map((line) =>
    line.slice(0, Math.max(20, width)),
  );
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
    before.oldNodes === after.oldNodes;
  if (same) return undefined;
  const { phase, newNodes, oldNodes, readyNodes, desired } = after;
  return `${pathOf(after)}: ${phase} (${newNodes} new, ${plural(oldNodes, 'old node')}, ${readyNodes} of ${desired} Ready)`;
}

const pathOf = (group: NodeGroupView) => `${group.cluster}/${group.name}`;
