/** Operations of Node.js that are under way in this thread and will wake it up by themselves. */
const inFlight =
  /^(FSReq|GetAddrInfo|GetNameInfo|ProcessWrap|Worker|Zlib|.*(Cipher|Crypto|Hash|Sign|KeyPair|RandomBytes|Job))/;

/** How many turns of the event loop nothing may happen in before a thread counts as idle. */
const settledTurns = 4;

/** Feels whether the thread computes. */
export type Pulse = {
  /** Something was started or came in. */
  readonly beat: () => void;
  /** Holds off idleness until the returned function is called. */
  readonly hold: () => () => void;
};

/** @param counter Goes up with every beat. @param onIdle Called once after the last beat, when all has settled. */
export function createPulse(counter: { readonly increment: () => number }, onIdle: (activity: number) => void): Pulse {
  const turn = setImmediate;
  let activity = 0;
  let holds = 0;
  let isChecking = false;

  const check = (seen: number, turns: number) => {
    const isBusy = holds > 0 || process.getActiveResourcesInfo().some((name) => inFlight.test(name));
    const next = activity !== seen || isBusy ? 0 : turns + 1;
    if (next <= settledTurns) return void turn(check, activity, next);
    isChecking = false;
    onIdle(activity);
  };
  const beat = () => {
    activity = counter.increment();
    if (isChecking) return;
    isChecking = true;
    turn(check, activity, 0);
  };

  return {
    beat,
    hold() {
      holds += 1;
      beat();
      return () => {
        holds -= 1;
        beat();
      };
    },
  };
}
