/** Thrown where a part of an execution is waiting when that part is stopped. No state sees it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** A part of an execution that can be stopped as a whole: all of it, or one branch. */
export type Scope = {
  /** @throws {Interrupted} */
  readonly check: () => void;
  /** Stops what waits here and in every fork. */
  readonly interrupt: () => void;
  /** A part that ends with this one, and can end before. */
  readonly fork: () => Scope;
  /** Lets go of a fork that has come to its end. */
  readonly release: (fork: Scope) => void;
  /**
   * Waits for one of the two callbacks of `start`. What `start` returns is called instead when the part is
   * stopped first. @throws {Interrupted}
   */
  readonly suspend: <T>(start: Start<T>) => Promise<T>;
};

type Start<T> = (resume: (value: T) => void, fail: (error: Error) => void) => () => void;

export function createScope(): Scope {
  const waiting = new Set<() => void>();
  let isOver = false;

  const check = () => {
    if (isOver) throw new Interrupted();
  };
  const scope: Scope = {
    check,
    interrupt() {
      isOver = true;
      for (const giveUp of [...waiting]) giveUp();
      waiting.clear();
    },
    fork() {
      const fork = createScope();
      if (isOver) fork.interrupt();
      waiting.add(fork.interrupt);
      return fork;
    },
    release: (fork) => {
      waiting.delete(fork.interrupt);
    },
    async suspend<T>(start: Start<T>): Promise<T> {
      check();
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      let isSettled = false;
      const settle = (act: () => void) => {
        if (isSettled) return;
        isSettled = true;
        waiting.delete(giveUp);
        act();
      };
      const giveUp = () =>
        settle(() => {
          cancel();
          reject(new Interrupted());
        });
      waiting.add(giveUp);
      const cancel = start(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
      return promise;
    },
  };
  return scope;
}
