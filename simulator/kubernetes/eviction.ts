import type { ApiContext, ApiReply, ApiRequest } from './api-request.ts';
import { checkPreconditions, type DeleteOptions, deleteObject } from './deletion.ts';
import { coversPod } from './disruption-controller.ts';
import { isJsonObject } from './merge-patch.ts';
import { type Condition, findCondition, timestamp, withCondition } from './objects.ts';
import { disruptionBudgets, pods } from './resources.ts';
import { ApiError, badRequest, forbidden, notFound, successStatus } from './status.ts';
import { type DisruptionBudget, hasFinished, isPodReady, type Pod } from './workload-objects.ts';
import { isDryRun } from './writing.ts';

/** More pods than this may not wait for their deletion to be seen. */
const maximumDisruptedPods = 2000;
const several = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

/** POST to `pods/<name>/eviction`: deletes the pod if its disruption budget allows that. */
export function evictPod(context: ApiContext, request: ApiRequest): ApiReply {
  const { namespace = '', name = '' } = request.info;
  const body = readEviction(request.body);
  if (body.name !== name) throw badRequest('name in URL does not match name in Eviction object');
  const dryRun = body.dryRun || isDryRun(request);
  const refusal = evict(context, { namespace, name, options: body.options, dryRun });
  if (refusal === undefined) return { status: 201, body: successStatus(201) };
  return {
    status: context.switches.severalBudgetsHttpStatus,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: refusal, code: 500 },
  };
}

function readEviction(body: unknown): { name?: string; options: DeleteOptions; dryRun: boolean } {
  if (!isJsonObject(body)) throw badRequest('the object provided is unrecognized (must be of type Object)');
  const { apiVersion = 'policy/v1', kind = 'Eviction', metadata, deleteOptions } = body;
  if (kind !== 'Eviction' || (apiVersion !== 'policy/v1' && apiVersion !== 'policy/v1beta1')) {
    throw badRequest(`${String(kind)} in version "${String(apiVersion)}" cannot be handled as a Eviction`);
  }
  const name = isJsonObject(metadata) ? metadata.name : undefined;
  const options = isJsonObject(deleteOptions) ? deleteOptions : {};
  const dryRun = Array.isArray(options.dryRun) && options.dryRun.includes('All');
  return { ...(typeof name === 'string' ? { name } : {}), options: options as DeleteOptions, dryRun };
}

export type Eviction = {
  readonly namespace: string;
  readonly name: string;
  readonly options?: DeleteOptions;
  readonly dryRun?: boolean;
};

/**
 * Evicts one pod. Returns the reason when the pod has several budgets, which the real handler reports as an object
 * and not as an error.
 *
 * @throws {ApiError} 404 when the pod is gone, 429 when its budget does not allow it now, 403, 409.
 */
export function evict(
  context: ApiContext,
  { namespace, name, options = {}, dryRun = false }: Eviction,
): string | undefined {
  const { storage } = context;
  const pod = storage.get(pods, namespace, name);
  if (pod === undefined) throw notFound(pods, name);
  checkPreconditions(pods, pod, options);
  const budgets = needsNoBudget(pod)
    ? []
    : storage.list(disruptionBudgets, namespace).filter((budget) => coversPod(budget, pod));
  const [budget] = budgets;
  if (budgets.length > 1) {
    log(context, 'eviction.refused', pod, {
      budget: budgets.map(({ metadata }) => metadata.name).join(' '),
      reason: several,
    });
    return several;
  }
  if (budget !== undefined && !mayGoUnready(pod, budget)) spend(context, pod, budget, dryRun);
  if (dryRun) return undefined;
  log(context, 'eviction.granted', pod, {});
  deleteObject(context, pods, disrupted(pod, context.kernel.clock.now()), options);
  return undefined;
}

/** Whoever watches the pod is told why it ends. */
function disrupted(pod: Pod, now: number): Pod {
  const condition: Condition = {
    ...{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' },
    message: 'Eviction API: evicting',
  };
  const conditions = withCondition(pod.status.conditions, condition, timestamp(now));
  return { ...pod, status: { ...pod.status, conditions } };
}

function log({ kernel, cluster }: ApiContext, kind: string, pod: Pod, more: Readonly<Record<string, unknown>>): void {
  const { namespace, name, uid } = pod.metadata;
  kernel.log.write(kind, { cluster, namespace, pod: name, uid, node: pod.spec.nodeName, ...more });
}

const needsNoBudget = (pod: Pod) =>
  pod.status.phase === 'Pending' || hasFinished(pod) || pod.metadata.deletionTimestamp !== undefined;

/** A pod that is not ready may go without spending the budget when enough others are healthy. */
function mayGoUnready(pod: Pod, { spec, status }: DisruptionBudget): boolean {
  if (isPodReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status !== undefined && status.desiredHealthy > 0 && status.currentHealthy >= status.desiredHealthy;
}

/** Takes one disruption from the budget, and notes the pod until its deletion is seen. */
function spend(context: ApiContext, pod: Pod, budget: DisruptionBudget, dryRun: boolean): void {
  const { storage, kernel } = context;
  const { status, metadata } = budget;
  const refusal = refusalOf(budget);
  if (refusal !== undefined) {
    const reason = refusal.details?.causes?.[0]?.message ?? refusal.message;
    log(context, 'eviction.refused', pod, { budget: metadata.name, reason });
    throw refusal;
  }
  if (dryRun || status === undefined) return;
  storage.update(disruptionBudgets, {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: status.disruptionsAllowed - 1,
      disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: timestamp(kernel.clock.now()) },
    },
  });
}

/** Why the budget does not allow a disruption now. Order and words: pkg/registry/core/pod/storage/eviction.go */
function refusalOf({ status, metadata }: DisruptionBudget): ApiError | undefined {
  const { name, generation = 1 } = metadata;
  if (status === undefined || (status.observedGeneration ?? 0) < generation) {
    return refusedByBudget(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const { disruptionsAllowed, disruptedPods = {}, desiredHealthy, currentHealthy } = status;
  if (disruptionsAllowed < 0) return forbidden(disruptionBudget, name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > maximumDisruptedPods) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    return forbidden(disruptionBudget, name, why);
  }
  if (disruptionsAllowed > 0) return undefined;
  const condition = findCondition(status.conditions, 'DisruptionAllowed');
  if (condition?.reason === 'SyncFailed') {
    return refusedByBudget(
      `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`,
    );
  }
  return refusedByBudget(
    `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
  );
}

/** The handler names the resource in the singular. */
const disruptionBudget = { group: 'policy', plural: 'poddisruptionbudget' };

function refusedByBudget(message: string, retryAfterSeconds?: number): ApiError {
  return new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
