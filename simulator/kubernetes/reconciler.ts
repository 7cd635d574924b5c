import type { Clock } from '../kernel/clock.ts';

/** Runs `reconcile` once, `delayMs` after the first of any number of triggers. */
export function createReconciler(clock: Pick<Clock, 'after'>, delayMs: number, reconcile: () => void) {
  let isPlanned = false;
  return {
    trigger() {
      if (isPlanned) return;
      isPlanned = true;
      clock.after(delayMs, () => {
        isPlanned = false;
        reconcile();
      });
    },
  };
}
