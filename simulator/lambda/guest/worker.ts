import diagnostics from 'node:diagnostics_channel';
import { enableCompileCache, flushCompileCache, syncBuiltinESMExports } from 'node:module';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import {
  type FromWorker,
  sharedMemory,
  type ToWorker,
  type WorkerData,
  type WorkerStart,
} from '../isolated-protocol.ts';
import { arrivalKey, exitError, exitReason, type Invocation, type Outcome } from '../runner.ts';
import { callHandler, describeError, resolveHandler } from './handler.ts';
import { createPulse } from './pulse.ts';
import { createGuestRandom } from './randomness.ts';
import { createGuestTimers } from './timers.ts';
import { installWorld } from './worker-globals.ts';
import { serveTaskFiles } from './worker-modules.ts';
import { trackRequests } from './worker-requests.ts';

// The first file of the worker thread behind one execution environment: it makes the thread a function's world and
// then serves one invocation after another.

// A thread that is started from a text has these as globals; a function's ES module must not find them.
for (const name of ['require', 'module', 'exports', '__filename', '__dirname'])
  Reflect.deleteProperty(globalThis, name);

const { shared, compileCache } = workerData as WorkerData;
const port = parentPort as NonNullable<typeof parentPort>;
if (compileCache !== undefined) enableCompileCache(compileCache);
const accountTime = new BigInt64Array(shared.account);
const own = new Int32Array(shared.own);

// So far the thread is nobody's.
Atomics.wait(own, sharedMemory.frozen, 1);
const start = receiveMessageOnPort(port)?.message as WorkerStart;
Object.assign(process.env, start.variables);

let current: Invocation | undefined;
let lastSequence = 0;
let step = 0;

const now = () => Number(Atomics.load(accountTime, 0));
const send = (message: FromWorker) => port.postMessage(message);
const random = createGuestRandom(start.randomSeed);
const counter = { increment: () => Atomics.add(own, sharedMemory.activity, 1) + 1 };

const pulse = createPulse(counter, (activity) => {
  if (current === undefined) return;
  send({
    type: 'idle',
    report: { activity, sequence: lastSequence, requests: requests.open(), timerDue: timers.earliest() },
  });
});
const timers = createGuestTimers(now, pulse.beat);
const requests = trackRequests({
  pulse,
  timers,
  nextOrigin: () => ({ functionName: start.functionName, key: arrivalKey(current?.number ?? 0, step++) }),
});

installWorld({
  now,
  random,
  timers,
  pulse,
  files: start.files,
  architecture: start.architecture,
  requestId: () => current?.requestId,
  writeLine: (line) => send({ type: 'line', invocation: current?.number ?? 0, step: step++, line }),
  exit(code) {
    crash(exitError(current?.requestId ?? '', exitReason(code)));
  },
});
serveTaskFiles(start.files, start.formats);
syncBuiltinESMExports();

process.on('uncaughtException', (error) => crash(describeError(error)));
process.on('unhandledRejection', (reason) => {
  const { errorMessage, trace = [], errorType } = describeError(reason);
  crash({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: `${errorType}: ${errorMessage}`, trace });
});
diagnostics.subscribe('undici:request:create', () => {
  throw new Error('undici is not simulated: use node:http or node:https');
});

let loading: Promise<ReturnType<typeof resolveHandler>> | undefined;
const load = () => {
  loading ??= import(`file:///var/task/${start.entryPoint.file}`).then((exports) =>
    resolveHandler(
      start.entryPoint.format === 'module' ? exports : exports.default,
      start.entryPoint.exportName,
      start.handler,
    ),
  );
  return loading;
};

/** One timer per turn, so that what each one resolves runs before the next. */
const runTimers = () => {
  if (timers.runNextDue()) setImmediate(runTimers);
};

port.on('message', (message: ToWorker) => {
  lastSequence = message.sequence;
  pulse.beat();
  if (message.type === 'invoke') void serve(message.invocation);
  else runTimers();
});

async function serve(invocation: Invocation): Promise<void> {
  current = invocation;
  step = 0;
  random.seed(invocation.randomSeed);
  process.env._X_AMZN_TRACE_ID = invocation.traceId;
  const isFirst = loading === undefined;
  const outcome = await callHandler(load, invocation, now);
  // By now it knows the functions that an invocation needs. The thread may be ended at any time.
  if (isFirst) flushCompileCache();
  finish(outcome);
}

/** Reports the end and freezes the thread, wherever its other work stands, until the next invocation. */
function finish(outcome: Outcome): void {
  if (current === undefined) return;
  Atomics.store(own, sharedMemory.frozen, 1);
  send({ type: 'outcome', invocation: current.number, outcome });
  current = undefined;
  Atomics.wait(own, sharedMemory.frozen, 1);
}

/** As `finish`, but nothing comes back from it: the account ends the thread. */
function crash(error: ReturnType<typeof describeError>): never {
  finish({ kind: 'exited', error });
  for (;;) Atomics.wait(own, sharedMemory.frozen, Atomics.load(own, sharedMemory.frozen));
}
