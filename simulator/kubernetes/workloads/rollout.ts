import type { Deployment, Workload } from '../workload-objects.ts';

/** How many pods a Deployment may have too many, and may miss, while it changes from one ReplicaSet to another. */
export type RolloutBounds = { readonly maxSurge: number; readonly maxUnavailable: number };

/** A ReplicaSet that shall have another size. */
export type Resize = { readonly set: Workload; readonly replicas: number };

/**
 * Of percentages the surge is rounded up and what may be missing down; both zero would never move, so one may be missing.
 * kubernetes.io/docs/concepts/workloads/controllers/deployment#rolling-update-deployment
 */
export function boundsOf({ spec }: Deployment): RolloutBounds {
  const { replicas = 1, strategy = {} } = spec;
  if (strategy.type === 'Recreate') return { maxSurge: 0, maxUnavailable: replicas };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy.rollingUpdate ?? {};
  const surge = share(maxSurge, replicas, Math.ceil);
  const missing = Math.min(share(maxUnavailable, replicas, Math.floor), replicas);
  return { maxSurge: surge, maxUnavailable: surge + missing === 0 ? 1 : missing };
}

function share(value: number | string, total: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * total) / 100);
}

const sizeOf = ({ spec }: Workload) => spec.replicas ?? 1;
const availableOf = ({ status }: Workload) => Number(status?.availableReplicas ?? 0);
const sum = (sets: readonly Workload[], count: (set: Workload) => number) =>
  sets.reduce((total, set) => total + count(set), 0);

/**
 * What a rolling update does next: the new ReplicaSet grows as far as the surge allows, or the old ones shrink as far
 * as enough pods stay available, those that are not available first. Empty when there is nothing to do yet.
 * kubernetes/pkg/controller/deployment/rolling.go
 */
export function nextResizes(deployment: Deployment, current: Workload, old: readonly Workload[]): readonly Resize[] {
  const { replicas = 1 } = deployment.spec;
  const { maxSurge, maxUnavailable } = boundsOf(deployment);
  const size = sizeOf(current);
  const total = size + sum(old, sizeOf);
  if (size > replicas) return [{ set: current, replicas }];
  const growth = Math.min(replicas + maxSurge - total, replicas - size);
  if (growth > 0) return [{ set: current, replicas: size + growth }];
  const minAvailable = replicas - maxUnavailable;
  const room = total - minAvailable - (size - availableOf(current));
  return room <= 0 ? [] : shrunk(old, room, availableOf(current) - minAvailable);
}

/** @param spare How many pods the new ReplicaSet has more than must be available; negative while old ones are needed. */
function shrunk(old: readonly Workload[], room: number, spare: number): readonly Resize[] {
  const sizes = new Map(old.map((set) => [set, sizeOf(set)]));
  const take = (set: Workload, most: number) => {
    const taken = Math.max(0, Math.min(most, sizes.get(set) ?? 0));
    sizes.set(set, (sizes.get(set) ?? 0) - taken);
    return taken;
  };
  let left = room;
  for (const set of old) left -= take(set, Math.min(left, sizeOf(set) - availableOf(set)));
  let available = spare + sum(old, availableOf);
  for (const set of old) available -= take(set, available);
  return old.flatMap((set) => {
    const replicas = sizes.get(set) ?? 0;
    return replicas === sizeOf(set) ? [] : [{ set, replicas }];
  });
}
