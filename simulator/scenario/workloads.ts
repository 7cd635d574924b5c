import * as v from 'valibot';
import type { Cluster } from '../kubernetes/cluster.ts';
import { ApiError } from '../kubernetes/status.ts';
import { number, strictObject } from '../schema/shapes.ts';
import type { ScenarioCluster } from './schema.ts';

const seconds = v.strictTuple([v.pipe(number, v.minValue(0)), v.pipe(number, v.minValue(0))]);

/** A Kubernetes object as `kubectl apply` takes it. The API server of the cluster judges what is in it. */
export const manifest = v.custom<Readonly<Record<string, unknown>>>(
  (given) => isManifest(given),
  'a Kubernetes manifest with apiVersion, kind and metadata.name',
);

function isManifest(given: unknown): boolean {
  const { apiVersion, kind, metadata } = Object(given) as Readonly<Record<string, unknown>>;
  const { name } = Object(metadata) as { readonly name?: unknown };
  return [apiVersion, kind, name].every((value) => typeof value === 'string' && value !== '');
}

/** How long the containers of one workload take. */
export const containerBehaviour = strictObject({
  workload: v.pipe(
    v.string(),
    v.regex(/^[^/]+\/[A-Z][A-Za-z]+\/[^/]+$/, 'a workload as <namespace>/<kind>/<name>, such as store/Deployment/web'),
  ),
  startSeconds: v.optional(seconds),
  stopSeconds: v.optional(seconds),
  stop: v.optional(v.picklist(['ignored', 'never'])),
  runSeconds: v.optional(seconds),
});

export const containerImage = strictObject({
  image: v.string(),
  pullSeconds: v.optional(seconds),
  sizeBytes: v.optional(v.pipe(number, v.minValue(0))),
});

/**
 * Puts the workloads of a scenario in place: applied in their order, running and Ready at once.
 *
 * @throws {Error} The API server refuses one of them.
 */
export function settleWorkloads(cluster: Cluster, { name, manifests }: ScenarioCluster): void {
  try {
    cluster.settleManifests(manifests);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw new Error(`A manifest of cluster ${name} cannot be applied: ${cause.message}`, { cause });
  }
}
