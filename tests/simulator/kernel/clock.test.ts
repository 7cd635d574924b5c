import { setTimeout as wallPause } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../../simulator/kernel/clock.ts';

const never = () => false;

describe('createClock', () => {
  it('fires timers by time, and those of one time in the order of asking', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 20 }), { maxLength: 60 }), async (delays) => {
        const clock = createClock(1000);
        const fired: { delay: number; order: number }[] = [];
        for (const [order, delay] of delays.entries()) clock.after(delay, () => fired.push({ delay, order }));
        await clock.run(never);

        const expected = delays
          .map((delay, order) => ({ delay, order }))
          .sort((a, b) => a.delay - b.delay || a.order - b.order);
        expect(fired).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('never fires a cancelled timer', async () => {
    const clock = createClock(0);
    const fired: string[] = [];
    const cancelled = clock.after(5, () => fired.push('cancelled'));
    clock.after(10, () => fired.push('kept'));
    cancelled.cancel();
    await clock.run(never);
    expect(fired).toEqual(['kept']);
  });

  it('stands still while somebody computes', async () => {
    const clock = createClock(0);
    let seenAt = -1;
    clock.after(10, () => {
      void clock.busy(wallPause(20)).then(() => {
        seenAt = clock.now();
      });
    });
    clock.after(11, () => undefined);
    await clock.run(never);
    expect(seenAt).toBe(10);
  });

  it('stands still while a witness is not quiet', async () => {
    const clock = createClock(0);
    let quiet = true;
    let wake = () => {};
    clock.watch({
      isQuiet: () => quiet,
      changed: () =>
        new Promise((resolve) => {
          wake = resolve;
        }),
    });
    let answeredAt = -1;
    clock.after(10, () => {
      quiet = false;
      void wallPause(20).then(() => {
        clock.arrive('answer', () => {
          answeredAt = clock.now();
        });
        quiet = true;
        wake();
      });
    });
    clock.after(500, () => undefined);
    await clock.run(never);
    expect(answeredAt).toBe(10);
  });

  it('takes in what arrives within one instant in the order of the keys, whichever came first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 12 }), async (keys) => {
        const clock = createClock(0);
        const taken: string[] = [];
        clock.after(1, () => {
          for (const key of keys) clock.arrive(key, () => taken.push(key));
        });
        await clock.run(never);
        expect(taken).toEqual([...keys].sort((a, b) => (a < b ? -1 : 1)));
      }),
      { numRuns: 30 },
    );
  });

  it('takes no longer than its pace allows, nor much less', async () => {
    const clock = createClock(0, 100);
    clock.after(3000, () => undefined);
    const before = performance.now();
    await clock.run(never);
    expect(performance.now() - before).toBeGreaterThan(25);
    expect(clock.now()).toBe(3000);
  });

  it('gives what arrives between two timers the time of its arrival when a pace is set', async () => {
    const clock = createClock(0, 1000);
    let arrivedAt = -1;
    clock.after(60_000, () => undefined);
    void wallPause(20).then(() =>
      clock.arrive('visitor', () => {
        arrivedAt = clock.now();
      }),
    );
    await clock.run(never);
    expect(arrivedAt).toBeGreaterThan(0);
    expect(arrivedAt).toBeLessThan(60_000);
  });

  it('waits for visitors when asked to, instead of ending', async () => {
    const clock = createClock(0);
    let over = false;
    void wallPause(20).then(() =>
      clock.arrive('visitor', () => {
        over = true;
      }),
    );
    expect(await clock.run(() => over, { idle: 'wait' })).toBe(true);
    expect(await clock.run(never)).toBe(false);
  });
});
