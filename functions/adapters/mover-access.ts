import type { Reason } from '../domain/errors.ts';
import { connectApiServer } from './api-server.ts';
import { refusalOf } from './kubernetes.ts';

/** The Leases by which draining nodes take turns. Who may read them was given what the mover's manifest gives. */
const leases = '/apis/coordination.k8s.io/v1/namespaces/reglaze/leases?limit=1';

/**
 * Why the mover role could not drain nodes of a cluster; undefined when it may. An answer, since a plan reports it.
 *
 * @throws {KubernetesUnavailable} The cluster cannot be reached; with `give-up` that is an answer, too.
 */
export type FindMoverRefusal = (
  clusterName: string,
  whenUnavailable: 'try-again' | 'give-up',
) => Promise<Reason | undefined>;

/** Asks clusters as the mover role. */
export const moverRefusals =
  (roleArn: () => string): FindMoverRefusal =>
  async (clusterName, whenUnavailable) => {
    try {
      const api = await connectApiServer(clusterName, roleArn());
      await api.get(leases);
      return undefined;
    } catch (error) {
      const refused = refusalOf(clusterName, error, whenUnavailable);
      if (refused === undefined) throw error;
      return refused;
    }
  };
