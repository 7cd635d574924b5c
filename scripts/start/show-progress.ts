import type { WriteStream } from 'node:tty';
import { describeChange, renderDisplay } from './display.ts';
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
    output.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
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
  const look = () => {
    const { now, nodeGroups } = observer.view();
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
