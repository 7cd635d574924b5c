import type { EntryPoint } from './function-code.ts';
import type { Invocation, Outcome } from './runner.ts';

/**
 * What the account and the worker thread of one execution environment share without messages.
 * `account` is one for all environments, `own` is one for each.
 */
export type SharedMemory = { readonly account: SharedArrayBuffer; readonly own: SharedArrayBuffer };

export const sharedMemory = {
  accountBytes: 8,
  ownBytes: 8,
  /** In `own`: goes up whenever the worker starts or receives something. */
  activity: 0,
  /** In `own`: 1 while the environment is frozen between two invocations. */
  frozen: 1,
} as const;

/** What a worker thread is started with, before it is known whose it will be. */
export type WorkerData = {
  readonly shared: SharedMemory;
  /** Directory of the host process's compile cache, if it has one. */
  readonly compileCache: string | undefined;
};

/** The first message to a worker thread, which waits for it frozen: the execution environment that it becomes. */
export type WorkerStart = {
  readonly variables: Readonly<Record<string, string>>;
  readonly files: ReadonlyMap<string, string>;
  readonly entryPoint: EntryPoint;
  readonly formats: ReadonlyMap<string, 'module' | 'commonjs'>;
  readonly handler: string;
  readonly functionName: string;
  readonly architecture: 'arm64' | 'x86_64';
  readonly randomSeed: string;
};

export type ToWorker =
  | { readonly type: 'invoke'; readonly sequence: number; readonly invocation: Invocation }
  /** Account time has reached what the worker's earliest timer waits for. */
  | { readonly type: 'tick'; readonly sequence: number };

/** An open request as the worker sees it. */
export type OpenRequest = {
  readonly key: string;
  /** `held`: the function has not ended it, or its agent has no free socket, so it is not on its way yet. */
  readonly state: 'held' | 'sent' | 'answered';
  /** Bytes of the body of the answer that have come in. */
  readonly bytes: number;
  /** The function does not read on, so the rest of the answer cannot come in. */
  readonly isFull: boolean;
};

/** Said by a worker that has nothing to do until the account does something. */
export type IdleReport = {
  readonly activity: number;
  /** The last message that it has worked off. */
  readonly sequence: number;
  readonly requests: readonly OpenRequest[];
  readonly timerDue: number | undefined;
};

export type FromWorker =
  | { readonly type: 'line'; readonly invocation: number; readonly step: number; readonly line: string }
  | { readonly type: 'idle'; readonly report: IdleReport }
  | { readonly type: 'outcome'; readonly invocation: number; readonly outcome: Outcome };
