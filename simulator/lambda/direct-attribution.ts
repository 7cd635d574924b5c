import { AsyncLocalStorage } from 'node:async_hooks';
import { describeError } from './guest/handler.ts';
import type { FunctionError } from './runner.ts';

/** Somebody whose code runs in this process and who answers for what it throws. */
export type Culprit = { readonly crash: (error: FunctionError) => void };

const current = new AsyncLocalStorage<Culprit>();
let expecting = 0;

/** Runs code of `culprit`. A promise that it leaves rejected and unhandled, now or later, ends the culprit. */
export function attribute<T>(culprit: Culprit, run: () => T): T {
  return current.run(culprit, run);
}

/** Listens for such promises until the returned function is called. */
export function expectRejections(): () => void {
  if (expecting++ === 0) process.on('unhandledRejection', onRejection);
  return () => {
    if (--expecting === 0) process.off('unhandledRejection', onRejection);
  };
}

function onRejection(reason: unknown): void {
  const culprit = current.getStore();
  // A mistake of the simulator itself must end the process, as it would without this listener.
  if (culprit === undefined) throw reason;
  const { errorType, errorMessage, trace = [] } = describeError(reason);
  culprit.crash({
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: `${errorType}: ${errorMessage}`,
    trace,
  });
}
