import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { findEntryPoint, formatOf } from './function-code.ts';
import { workerSource } from './guest-bundle.ts';
import { sharedMemory, type WorkerData, type WorkerStart } from './isolated-protocol.ts';
import type { EnvironmentSpec } from './runner.ts';

/** A worker thread and the memory that it shares with nobody but the account. */
export type Thread = { readonly worker: Worker; readonly own: Int32Array<SharedArrayBuffer> };

/**
 * Threads for execution environments, one of them always ahead: it starts on another core while the account works, and
 * is frozen until it is told what it becomes. Nothing of a function is in it before that.
 */
export function createThreads(account: SharedArrayBuffer) {
  let spare: Thread | undefined = startThread(account);

  return {
    /** The thread of a new execution environment. */
    take(spec: EnvironmentSpec): Thread {
      const start = startOf(spec);
      const thread = spare ?? startThread(account);
      spare = startThread(account);
      thread.worker.postMessage(start);
      Atomics.store(thread.own, sharedMemory.frozen, 0);
      Atomics.notify(thread.own, sharedMemory.frozen);
      return thread;
    },
    async close(): Promise<void> {
      const last = spare;
      spare = undefined;
      await last?.worker.terminate();
    },
  };
}

function startThread(account: SharedArrayBuffer): Thread {
  const memory = new SharedArrayBuffer(sharedMemory.ownBytes);
  const own = new Int32Array(memory);
  Atomics.store(own, sharedMemory.frozen, 1);
  const workerData: WorkerData = { shared: { account, own: memory }, compileCache: compileCacheOfHost() };
  return { worker: new Worker(workerSource(), { eval: true, env: {}, workerData }), own };
}

function startOf({ code, handler, variables, functionName, architecture, randomSeed }: EnvironmentSpec): WorkerStart {
  const entryPoint = findEntryPoint(code, handler);
  if (entryPoint === undefined) throw new Error(`${functionName} has no file for its handler ${handler}`);
  const formats = new Map([...code.files.keys()].map((file) => [file, formatOf(code, file)] as const));
  return { variables, files: code.files, entryPoint, formats, handler, functionName, architecture, randomSeed };
}

/** Node.js answers with the folder for its own version, inside the one that it was given. */
function compileCacheOfHost(): string | undefined {
  const directory = getCompileCacheDir();
  return directory && dirname(directory);
}
