import type { RequestOrigin } from '../kernel/wire.ts';
import type { FunctionCode } from './function-code.ts';

/** What one execution environment is made from. */
export type EnvironmentSpec = {
  /** The same in every run of the same seed, such as `drain-node:3/2`. */
  readonly environmentId: string;
  readonly functionName: string;
  readonly code: FunctionCode;
  /** `path/file.export`, as the function's configuration has it. */
  readonly handler: string;
  readonly architecture: 'arm64' | 'x86_64';
  /** All of the environment's variables, those of Lambda included. */
  readonly variables: Readonly<Record<string, string>>;
  /** Seed of the chance that the module draws while it loads: 32 hexadecimal digits. */
  readonly randomSeed: string;
  /** One line of standard output or error. Called inside a callback of the clock. */
  readonly writeLog: (line: string) => void;
};

/** One call of a handler. `number` counts all invocations of the account and orders their requests. */
export type Invocation = {
  readonly number: number;
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  readonly randomSeed: string;
  readonly traceId: string;
  /** Account time at which Lambda ends the invocation, whatever it does. */
  readonly deadline: number;
  readonly context: {
    readonly functionName: string;
    readonly functionVersion: string;
    readonly invokedFunctionArn: string;
    readonly memoryLimitInMB: string;
    readonly logGroupName: string;
    readonly logStreamName: string;
  };
};

/** An error in the form in which Lambda reports it. */
export type FunctionError = {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
};

/** How an invocation ended. After `exited` the environment is gone. */
export type Outcome =
  | { readonly kind: 'returned'; readonly payload: string }
  | { readonly kind: 'threw'; readonly error: FunctionError }
  | { readonly kind: 'exited'; readonly error: FunctionError };

/** One execution environment. It serves one invocation at a time and is frozen between two. */
export type Environment = {
  /** `settle` is called once, in a callback of the clock, unless the environment is destroyed before. */
  readonly invoke: (invocation: Invocation, settle: (outcome: Outcome) => void) => void;
  /** Stops whatever runs in it, at once and for good. */
  readonly destroy: () => void;
};

/** Runs the code of functions. While one computes, the clock stands still. */
export type Runner = {
  /** Where functions find the account: their `AWS_ENDPOINT_URL`. */
  readonly endpointUrl: string;
  readonly start: (spec: EnvironmentSpec) => Environment;
  /** Ends the environment that sent this request as a crash would: its invocation settles as `Runtime.ExitError`. */
  readonly kill: (origin: RequestOrigin) => void;
  readonly close: () => Promise<void>;
};

/** Sorts everything that one invocation does: its requests and lines by number, its end last. */
export function arrivalKey(invocation: number, step: number | 'end' | 'timer'): string {
  const suffix = typeof step === 'number' ? String(step).padStart(6, '0') : step;
  return `${String(invocation).padStart(8, '0')}.${suffix}`;
}

/** The number of the invocation in the key of a request. */
export const invocationOfKey = (key: string): number => Number.parseInt(key, 10);

/** What is left of an invocation whose environment ended under it. */
export function exitError(requestId: string, reason: string): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` };
}

/** What Lambda says of a process that ended by itself. */
export const exitReason = (code: number): string =>
  code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`;

/** A handler whose promise nothing can settle any more: Node.js would end with an unexpected exit code. */
export const neverSettled: FunctionError = {
  errorType: 'Runtime.NodeJsExit',
  errorMessage: 'The handler waits for nothing that could still happen: a promise of it will never settle',
};
