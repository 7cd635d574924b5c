import type { Kernel } from '../kernel/kernel.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import { timestamp, withCondition } from './objects.ts';
import { createReconciler } from './reconciler.ts';
import { disruptionBudgets, pods, replicaSets } from './resources.ts';
import { matchesSelector } from './selectors.ts';
import type { Storage } from './storage.ts';
import {
  type DisruptionBudget,
  type DisruptionBudgetStatus,
  hasFinished,
  isPodReady,
  type Pod,
} from './workload-objects.ts';

/** An eviction that was granted counts against the budget this long if the pod's deletion is never seen. */
const disruptionTimeoutMs = 2 * 60_000;

/** Computes the status of every disruption budget from the pods that it covers. */
export function runDisruptionController({
  kernel,
  storage,
  timings,
}: {
  readonly kernel: Kernel;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
}): void {
  const { clock } = kernel;
  const { trigger } = createReconciler(clock, timings.controllerDelay, () => {
    for (const budget of storage.list(disruptionBudgets)) {
      const status = statusOf(storage, budget, clock.now());
      storage.update(disruptionBudgets, { ...budget, status });
      if (Object.keys(status.disruptedPods ?? {}).length > 0) clock.after(disruptionTimeoutMs, trigger);
    }
  });
  storage.onChange(({ resource }) => {
    if (resource === pods || resource === disruptionBudgets || resource === replicaSets) trigger();
  });
}

function statusOf(storage: Storage, budget: DisruptionBudget, now: number): DisruptionBudgetStatus {
  const { namespace, generation = 1 } = budget.metadata;
  const covered = storage
    .list(pods, namespace)
    .filter((pod) => !hasFinished(pod) && matchesSelector(budget.spec.selector, pod.metadata.labels));
  const disruptedPods = stillDisrupted(budget, covered, now);
  const currentHealthy = covered.filter(
    (pod) => isHealthy(pod) && !Object.hasOwn(disruptedPods, pod.metadata.name),
  ).length;
  const counts = expectation(storage, budget, covered);
  const allowed = counts === undefined ? 0 : Math.max(0, currentHealthy - counts.desiredHealthy);
  const disruptionsAllowed = counts?.expectedPods === 0 ? 0 : allowed;
  const condition =
    counts === undefined
      ? ({ status: 'False', reason: 'SyncFailed', message: 'found no controllers for pods' } as const)
      : disruptionsAllowed > 0
        ? ({ status: 'True', reason: 'SufficientPods' } as const)
        : ({ status: 'False', reason: 'InsufficientPods' } as const);
  return {
    observedGeneration: generation,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy: counts?.desiredHealthy ?? 0,
    expectedPods: counts?.expectedPods ?? 0,
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    conditions: withCondition(budget.status?.conditions, { type: 'DisruptionAllowed', ...condition }, timestamp(now)),
  };
}

const isHealthy = (pod: Pod) => pod.metadata.deletionTimestamp === undefined && isPodReady(pod);

function stillDisrupted({ status }: DisruptionBudget, covered: readonly Pod[], now: number): Record<string, string> {
  const entries = Object.entries(status?.disruptedPods ?? {}).filter(([name, since]) => {
    const pod = covered.find(({ metadata }) => metadata.name === name);
    const isUnseen = pod !== undefined && pod.metadata.deletionTimestamp === undefined;
    return isUnseen && Date.parse(since) + disruptionTimeoutMs > now;
  });
  return Object.fromEntries(entries);
}

type Expectation = { readonly expectedPods: number; readonly desiredHealthy: number };

/** How many pods there should be and how many must be healthy. Undefined when pods have no controller to ask. */
function expectation(storage: Storage, { spec }: DisruptionBudget, covered: readonly Pod[]): Expectation | undefined {
  if (typeof spec.minAvailable === 'number') return { expectedPods: covered.length, desiredHealthy: spec.minAvailable };
  const expectedPods = scaleOf(storage, covered);
  if (expectedPods === undefined) return undefined;
  if (spec.maxUnavailable !== undefined) {
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - scaled(spec.maxUnavailable, expectedPods)) };
  }
  return { expectedPods, desiredHealthy: scaled(spec.minAvailable ?? 1, expectedPods) };
}

/** Percentages are rounded up, for both kinds of budget. */
function scaled(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * total);
}

function scaleOf(storage: Storage, covered: readonly Pod[]): number | undefined {
  const scales = new Map<string, number>();
  for (const { metadata } of covered) {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller);
    if (owner === undefined) return undefined;
    const set = storage.get(replicaSets, metadata.namespace ?? '', owner.name);
    if (owner.kind !== 'ReplicaSet' || set === undefined) return undefined;
    scales.set(owner.uid, set.spec.replicas ?? 1);
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}
