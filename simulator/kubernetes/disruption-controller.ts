import { type Condition, timestamp, withCondition } from './objects.ts';
import { deployments, disruptionBudgets, pods, replicaSets, statefulSets } from './resources.ts';
import { matchesSelector } from './selectors.ts';
import type { Storage } from './storage.ts';
import { keyOfObject } from './storage-table.ts';
import {
  controllerOf,
  type DisruptionBudget,
  isPodReady,
  isTerminating,
  type Pod,
  type Workload,
} from './workload-objects.ts';
import { type ControllerOptions, follow } from './workloads/controller.ts';

/** An eviction that was granted counts against the budget this long if the pod's deletion is never seen. */
const disruptionTimeoutMs = 2 * 60_000;

/**
 * Computes the status of every disruption budget from the pods that it covers, as kubernetes/pkg/controller/disruption
 * does: pods without a controller count as none, finished pods as expected and never healthy.
 */
export function runDisruptionController({
  kernel,
  storage,
  work,
}: Pick<ControllerOptions, 'kernel' | 'storage' | 'work'>): void {
  const { clock } = kernel;
  const queue = work.queue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const budget = storage.get(disruptionBudgets, namespace, name);
    if (budget === undefined) return;
    const covered = storage.list(pods, namespace).filter((pod) => coversPod(budget, pod));
    const status = statusOf(storage, budget, covered, clock.now());
    storage.update(disruptionBudgets, { ...budget, status });
    if (status.disruptedPods !== undefined) clock.after(disruptionTimeoutMs, () => queue.add(key));
  });

  const addAll = (namespace: string | undefined, pod?: Pod) => {
    for (const budget of storage.list(disruptionBudgets, namespace ?? '')) {
      if (pod === undefined || coversPod(budget, pod)) queue.add(keyOfObject(budget));
    }
  };
  follow({ storage }, disruptionBudgets, ({ type, object }) => {
    if (type !== 'DELETED') queue.add(keyOfObject(object));
  });
  follow({ storage }, pods, ({ type, object, previous }) => {
    if (health(object, type) !== health(previous, '')) addAll(object.metadata.namespace, object);
  });
  for (const resource of [deployments, replicaSets, statefulSets]) {
    follow<Workload>({ storage }, resource, ({ object, previous }) => {
      if (object.spec.replicas !== previous?.spec.replicas) addAll(object.metadata.namespace);
    });
  }
}

/** Of a pod what a budget counts. */
const health = (pod: Pod | undefined, type: string) =>
  type === 'DELETED'
    ? 'gone'
    : pod && `${isPodReady(pod)} ${isTerminating(pod)} ${JSON.stringify(pod.metadata.labels)}`;

/** An empty selector covers every pod of the namespace, a missing one none. */
export function coversPod({ spec }: DisruptionBudget, { metadata }: Pod): boolean {
  return matchesSelector(spec.selector, metadata.labels);
}

type Counted = { readonly expectedPods: number; readonly desiredHealthy: number };
type Status = NonNullable<DisruptionBudget['status']>;

function statusOf(storage: Storage, budget: DisruptionBudget, covered: readonly Pod[], now: number): Status {
  const counted = count(storage, budget, covered);
  // What cannot be counted is only closed: the rest, the observed generation too, stays as it was.
  if (typeof counted === 'string') {
    const { status } = budget;
    const before = status ?? { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
    const failed = { status: 'False', reason: 'SyncFailed', message: counted } as const;
    return { ...before, disruptionsAllowed: 0, conditions: conditionsOf(budget, failed, now) };
  }
  const disruptedPods = stillDisrupted(budget, covered, now);
  const currentHealthy = covered.filter(
    (pod) => !isTerminating(pod) && isPodReady(pod) && !Object.hasOwn(disruptedPods, pod.metadata.name),
  ).length;
  const { expectedPods, desiredHealthy } = counted;
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const condition =
    disruptionsAllowed > 0
      ? ({ status: 'True', reason: 'SufficientPods' } as const)
      : ({ status: 'False', reason: 'InsufficientPods' } as const);
  return {
    observedGeneration: budget.metadata.generation ?? 1,
    ...{ disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods },
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    conditions: conditionsOf(budget, condition, now),
  };
}

function conditionsOf({ status, metadata }: DisruptionBudget, condition: Omit<Condition, 'type'>, now: number) {
  const { generation = 1 } = metadata;
  const written = { message: '', ...condition, observedGeneration: generation };
  return withCondition(status?.conditions, { type: 'DisruptionAllowed', ...written }, timestamp(now));
}

function stillDisrupted({ status }: DisruptionBudget, covered: readonly Pod[], now: number): Record<string, string> {
  const entries = Object.entries(status?.disruptedPods ?? {}).filter(([name, since]) => {
    const pod = covered.find(({ metadata }) => metadata.name === name);
    return pod !== undefined && !isTerminating(pod) && Date.parse(since) + disruptionTimeoutMs > now;
  });
  return Object.fromEntries(entries);
}

/** How many pods there should be and how many must be healthy; text: why that cannot be counted. */
function count(storage: Storage, { spec }: DisruptionBudget, covered: readonly Pod[]): Counted | string {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable === undefined && typeof minAvailable === 'number') {
    return { expectedPods: covered.length, desiredHealthy: minAvailable };
  }
  const expectedPods = scaleOf(storage, covered);
  if (typeof expectedPods === 'string') return expectedPods;
  if (maxUnavailable !== undefined) {
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods)) };
  }
  return { expectedPods, desiredHealthy: scaled(minAvailable ?? 0, expectedPods) };
}

/** Percentages are rounded up, for both kinds of budget. */
function scaled(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

/** Replicas of all controllers of the pods. */
function scaleOf(storage: Storage, covered: readonly Pod[]): number | string {
  const scales = new Map<string, number>();
  for (const pod of covered) {
    if (controllerOf(pod) === undefined) continue;
    const controller = scalableControllerOf(storage, pod);
    if (controller === undefined) return `found no controllers for pod ${JSON.stringify(pod.metadata.name)}`;
    scales.set(controller.metadata.uid, controller.spec.replicas ?? 1);
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}

/** The Deployment of its ReplicaSet, the ReplicaSet or the StatefulSet; a DaemonSet or a Job has no scale. */
function scalableControllerOf(storage: Storage, pod: Pod) {
  const namespace = pod.metadata.namespace ?? '';
  const { kind, name } = controllerOf(pod) ?? {};
  if (kind === 'StatefulSet') return storage.get(statefulSets, namespace, name ?? '');
  const set = kind === 'ReplicaSet' ? storage.get(replicaSets, namespace, name ?? '') : undefined;
  const owner = set && controllerOf(set);
  return owner?.kind === 'Deployment' ? storage.get(deployments, namespace, owner.name) : set;
}
