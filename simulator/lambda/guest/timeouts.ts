import type { EventEmitter } from 'node:events';
import type { GuestTimers } from './timers.ts';

/** `AbortSignal` whose `timeout` counts account time. Signals made by it are ordinary ones. */
export function createAbortSignal(timers: GuestTimers): typeof AbortSignal {
  const timeout = (delayMs: number): AbortSignal => {
    const controller = new AbortController();
    timers.setTimeout(
      () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      delayMs,
    );
    return controller.signal;
  };
  return new Proxy(AbortSignal, {
    get: (target, name) => (name === 'timeout' ? timeout : Reflect.get(target, name)),
  });
}

/**
 * The inactivity time-out of one request, in account time.
 *
 * @returns `set` as in `request.setTimeout`, and `touch`, to be called whenever something comes in.
 */
export function createInactivityTimeout(request: EventEmitter, timers: GuestTimers) {
  let handle: unknown;
  let delayMs = 0;
  let expire = () => {};
  const touch = () => {
    timers.clear(handle);
    if (delayMs > 0) handle = timers.setTimeout(expire, delayMs);
  };
  request.once('close', () => {
    delayMs = 0;
    touch();
  });
  return {
    touch,
    set(nextDelayMs: number, onTimeout: () => void) {
      delayMs = nextDelayMs;
      expire = onTimeout;
      touch();
    },
  };
}
