import type { Clock, Timer } from '../kernel/clock.ts';

/** Wakes somebody at the earliest of the moments that were asked for. Waking up too early does no harm to him. */
export type Alarm = {
  readonly isSetBy: (dueAt: number) => boolean;
  readonly setBy: (dueAt: number) => void;
  readonly cancel: () => void;
};

export function createAlarm(clock: Pick<Clock, 'now' | 'after'>, ring: () => void): Alarm {
  let timer: Timer | undefined;
  const alarm: Alarm = {
    isSetBy: (dueAt) => timer !== undefined && timer.at <= dueAt,
    setBy(dueAt) {
      if (alarm.isSetBy(dueAt)) return;
      alarm.cancel();
      timer = clock.after(dueAt - clock.now(), () => {
        timer = undefined;
        ring();
      });
    },
    cancel() {
      timer?.cancel();
      timer = undefined;
    },
  };
  return alarm;
}
