import type { FunctionError, Invocation, Outcome } from '../runner.ts';

type Handler = (event: unknown, context: unknown) => unknown;

/** Finds the exported handler. Throws what Lambda's Node.js runtime reports when there is none. */
export function resolveHandler(exports: Record<string, unknown>, exportName: string, handlerString: string): Handler {
  const found = exportName
    .split('.')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], exports);
  if (typeof found !== 'function') {
    throw runtimeError('Runtime.HandlerNotFound', `${handlerString} is undefined or not exported`);
  }
  if (found.length >= 3) {
    throw runtimeError(
      'Runtime.CallbackHandlerDeprecated',
      `${handlerString} takes a callback; nodejs24.x accepts asynchronous handlers only`,
    );
  }
  return found as Handler;
}

/**
 * Calls a handler the way Lambda's Node.js runtime does. Never rejects. When its module cannot be loaded the
 * environment is of no use any more, so that counts as an exit.
 */
export async function callHandler(
  load: () => Promise<Handler>,
  invocation: Invocation,
  now: () => number,
): Promise<Outcome> {
  let handler: Handler;
  try {
    handler = await load();
  } catch (error) {
    return { kind: 'exited', error: describeError(error) };
  }
  try {
    const result = await handler(JSON.parse(invocation.payload), createContext(invocation, now));
    return { kind: 'returned', payload: JSON.stringify(result ?? null) ?? 'null' };
  } catch (error) {
    return { kind: 'threw', error: describeError(error) };
  }
}

/** The second parameter of a handler. */
export function createContext({ context, requestId, deadline }: Invocation, now: () => number) {
  return {
    ...context,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - now()),
  };
}

/**
 * The error as Lambda reports it: name, message and the stack. Of the stack only the lines of the function's own
 * files are kept, because those of Node.js and of the simulator differ from AWS.
 */
export function describeError(error: unknown): FunctionError {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const [head = '', ...frames] = splitStack(error);
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: [head, ...frames.filter((frame) => frame.includes('/var/task/')).map((frame) => frame.trim())],
  };
}

/** An error that the runtime itself raises, under the name that Lambda gives it. */
export function runtimeError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function splitStack(error: Error): string[] {
  const stack = String(error.stack ?? '');
  const firstFrame = stack.search(/\n\s+at /);
  return firstFrame < 0 ? [stack] : [stack.slice(0, firstFrame), ...stack.slice(firstFrame + 1).split('\n')];
}
