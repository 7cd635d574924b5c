import type { WriteStream } from 'node:tty';
import { describeChange, describeNote, renderDisplay } from './display.ts';
import { formatClock } from './format.ts';
import type { Observer } from './observer.ts';
import type { NodeGroupView } from './run-view.ts';

const redrawEveryMs = 100;

/** Shows a run while it goes on: redrawn in place on a terminal, a line per change elsewhere. Returns how to stop. */
export function showProgress(observer: Observer, output: WriteStream): () => void {
  return output.isTTY ? redrawInPlace(observer, output) : writeChanges(observer, output);
}

function redrawInPlace(observer: Observer, output: WriteStream): () => void {
  let drawn = 0;
  const draw = () => {
    const lines = renderDisplay(observer.view(), output.columns ?? 100);
    const up = drawn > 0 ? `\u001b[${drawn}A` : '';
    // There may be fewer lines than before: what is below the last one goes, too.
    output.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`);
    drawn = lines.length;
  };
  draw();
  const timer = setInterval(draw, redrawEveryMs);
  return () => {
    clearInterval(timer);
    draw();
  };
}

function writeChanges(observer: Observer, output: WriteStream): () => void {
  const last = new Map<string, NodeGroupView>();
  let told = 0;
  const look = () => {
    const { now, nodeGroups, notes } = observer.view();
    for (const note of notes.slice(told)) output.write(`${describeNote(note)}\n`);
    told = notes.length;
    for (const group of nodeGroups) {
      const path = `${group.cluster}/${group.name}`;
      const change = describeChange(last.get(path), group);
      if (change !== undefined) output.write(`${formatClock(now)}  ${change}\n`);
      last.set(path, group);
    }
  };
  look();
  const timer = setInterval(look, redrawEveryMs);
  return () => {
    clearInterval(timer);
    look();
  };
}
