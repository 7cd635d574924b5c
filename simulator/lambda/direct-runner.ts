import type { Kernel } from '../kernel/kernel.ts';
import { attribute, expectRejections } from './direct-attribution.ts';
import { createDirectEnvironment, type DirectEnvironment } from './direct-environment.ts';
import type { Hosts } from './direct-network.ts';
import { invocationOfKey, type Runner } from './runner.ts';

type Options = {
  readonly kernel: Pick<Kernel, 'clock'>;
  /** Base URL under which the functions know the account; `hosts` must hold its host and port. */
  readonly endpointUrl: string;
  /** Read at every request, so a cluster may be added later. */
  readonly hosts: Hosts;
};

/**
 * Runs functions inside this process and without sockets: requests are handed to the fronts as they would stand on
 * the wire. Fast enough for thousands of runs; the same functions, results and order of events as isolated.
 */
export function createDirectRunner({ kernel: { clock }, endpointUrl, hosts }: Options): Runner {
  const environments = new Set<DirectEnvironment>();
  const owners = new Map<number, DirectEnvironment>();
  let change = Promise.withResolvers<void>();

  const changed = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const stopExpecting = expectRejections();
  clock.watch({
    isQuiet: () => [...environments].every((environment) => environment.isQuiet()),
    changed: () => change.promise,
  });

  return {
    endpointUrl,
    start(spec) {
      const environment = createDirectEnvironment({ spec, clock, hosts, changed, owners, attribute });
      environments.add(environment);
      return {
        invoke: environment.invoke,
        destroy() {
          environments.delete(environment);
          environment.destroy();
        },
      };
    },
    kill: (origin) => owners.get(invocationOfKey(origin.key))?.crash('Runtime exited with error: signal: killed'),
    async close() {
      stopExpecting();
      for (const environment of environments) environment.destroy();
      environments.clear();
    },
  };
}
