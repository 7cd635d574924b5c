import type { Kernel } from '../kernel/kernel.ts';
import type { Front, RequestOrigin } from '../kernel/wire.ts';
import { createIsolatedEnvironment, type IsolatedEnvironment } from './isolated-environment.ts';
import { sharedMemory } from './isolated-protocol.ts';
import { type EnvironmentSpec, invocationOfKey, type Runner } from './runner.ts';
import { createThreads } from './threads.ts';

/** A runner that needs to see the requests of its functions arrive. */
export type IsolatedRunner = Runner & {
  /** Every front that functions can reach over the network must be served through this. */
  readonly observe: (front: Front) => Front;
};

type Options = {
  readonly kernel: Pick<Kernel, 'clock'>;
  /** Base URL of the account, known only once its port is open. */
  readonly endpointUrl: string;
};

/**
 * Runs every execution environment in a worker thread of its own, which reaches the account and its clusters over
 * real HTTP and TLS. The clock stands still until every invocation has ended or waits for the account: for an answer
 * that the account still owes, or for account time itself.
 */
export function createIsolatedRunner({ kernel: { clock }, endpointUrl }: Options): IsolatedRunner {
  const environments = new Set<IsolatedEnvironment>();
  const owners = new Map<number, IsolatedEnvironment>();
  const accountTime = new SharedArrayBuffer(sharedMemory.accountBytes);
  const threads = createThreads(accountTime);
  const timeCell = new BigInt64Array(accountTime);
  let change = Promise.withResolvers<void>();

  const changed = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const showTime = () => Atomics.store(timeCell, 0, BigInt(clock.now()));
  const ownerOf = (origin: RequestOrigin | undefined) => origin && owners.get(invocationOfKey(origin.key));

  clock.watch({
    isQuiet: () => environments.values().every((environment) => environment.isQuiet()),
    changed: () => change.promise,
  });

  return {
    endpointUrl,
    start(spec: EnvironmentSpec) {
      const thread = threads.take(spec);
      const environment = createIsolatedEnvironment({ spec, clock, thread, showTime, changed, owners });
      environments.add(environment);
      return {
        invoke: environment.invoke,
        destroy() {
          environments.delete(environment);
          void environment.destroy();
        },
      };
    },
    kill: (origin) => ownerOf(origin)?.crash('Runtime exited with error: signal: killed'),
    observe: (front) => (request) => {
      const owner = ownerOf(request.origin);
      return owner === undefined ? front(request) : owner.observe(request, front);
    },
    async close() {
      await Promise.all([threads.close(), ...environments.values().map((environment) => environment.destroy())]);
      environments.clear();
    },
  };
}
