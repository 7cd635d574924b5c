import type {
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1Status,
  V1VolumeAttachment,
} from '@kubernetes/client-node';
import type { DrainRecord } from '../domain/drain-record.ts';
import { selects } from '../domain/label-selector.ts';
import type { LeavingPod } from '../domain/leaving-pods.ts';
import type { ApiServer, ChangeAnswer, ChangeRequest } from './api-server.ts';
import { listAll } from './kubernetes-lists.ts';
import { podTraits } from './pod-traits.ts';
import { refusedChange } from './refused-change.ts';

type Budgets = DrainRecord['refused'][number]['budgets'];

/** What the API server made of an eviction. `refused` names who is to blame, or has the server's own words. */
export type EvictionAnswer = { readonly answer: 'leaving' | 'gone' } | Refused;

type Refused = {
  readonly answer: 'refused';
  readonly budgets: Budgets;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
};

const onNode = (nodeName: string) => `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${nodeName}`)}`;
const inNamespace = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
const pathOf = ({ namespace, name }: Pick<LeavingPod, 'namespace' | 'name'>) =>
  `${inNamespace(namespace)}/pods/${encodeURIComponent(name)}`;

/** A claim of one machine at a time: two machines must never write to its volume. */
const isExclusive = ({ spec }: V1PersistentVolumeClaim): boolean =>
  spec?.accessModes?.some((mode) => mode.startsWith('ReadWriteOnce')) ?? false;

/** What matters to us of a pod. Whether its volumes are exclusive is only asked for where it could matter. */
export function translatePod(pod: V1Pod): LeavingPod {
  const { metadata, spec } = pod;
  const traits = podTraits(pod);
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  const volumes = spec?.volumes ?? [];
  const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) => (claim ? [claim.claimName] : []));
  const own = volumes.flatMap(({ name, ephemeral }) => (ephemeral ? [`${metadata?.name}-${name}`] : []));
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    labels: metadata?.labels ?? {},
    ...traits,
    dueAt: deletionTimestamp === undefined ? undefined : new Date(deletionTimestamp),
    // The API server removes a pod without a grace period at once, unless it has finalizers.
    isForced: deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0,
    hasLocalData: volumes.some(({ emptyDir }) => emptyDir !== undefined),
    claims,
    claimsWithOwn: [...claims, ...own],
    isUnique: traits.controller?.kind === 'StatefulSet',
  };
}

async function readClaim(api: Pick<ApiServer, 'get'>, namespace: string, claim: string) {
  const path = `${inNamespace(namespace)}/persistentvolumeclaims/${encodeURIComponent(claim)}`;
  return (await api.get(path)) as V1PersistentVolumeClaim | undefined;
}

/** The pods of one node. Of those that were asked to go and have claims it is known whether a volume is exclusive. */
export async function listLeavingPods(api: Pick<ApiServer, 'get'>, nodeName: string): Promise<LeavingPod[]> {
  const pods = (await listAll<V1Pod>(api, `${onNode(nodeName)}&limit=500`)).map(translatePod);
  return Promise.all(
    pods.map(async (pod) => {
      if (pod.isUnique || pod.dueAt === undefined || pod.claims.length === 0) return pod;
      const found = await Promise.all(pod.claims.map((claim) => readClaim(api, pod.namespace, claim)));
      // A claim that is gone tells nothing, so the pod counts as one that must not be forced.
      return { ...pod, isUnique: found.some((claim) => claim === undefined || isExclusive(claim)) };
    }),
  );
}

/** Watches the pods of a node until so many of them are gone, for so many seconds at most; answers how many are. */
export async function watchLeavingPods(
  api: Pick<ApiServer, 'watch'>,
  nodeName: string,
  { gone, seconds }: { readonly gone: number; readonly seconds: number },
): Promise<number> {
  let seen = 0;
  for await (const { type } of api.watch(onNode(nodeName), seconds)) {
    if (type === 'DELETED') seen += 1;
    if (seen >= gone) break;
  }
  return seen;
}

/**
 * The volumes that are still attached to a node, but for those of pods that stay there, which nobody will detach. The API
 * offers no filter for attachments, so every one is read.
 */
export async function listAttachments(
  api: Pick<ApiServer, 'get'>,
  nodeName: string,
  staying: readonly LeavingPod[],
): Promise<string[]> {
  const all = await listAll<V1VolumeAttachment>(api, '/apis/storage.k8s.io/v1/volumeattachments?limit=500');
  const here = all.filter(({ spec }) => spec.nodeName === nodeName);
  if (here.length === 0) return [];
  const claims = staying.flatMap((pod) => pod.claimsWithOwn.map((claim) => readClaim(api, pod.namespace, claim)));
  const kept = (await Promise.all(claims)).map((claim) => claim?.spec?.volumeName);
  return here
    .filter(({ spec }) => !kept.includes(spec.source.persistentVolumeName ?? ''))
    .map(({ metadata }) => metadata?.name ?? '');
}

/** The budgets that cover a pod, as they stand. */
async function budgetsOf(api: Pick<ApiServer, 'get'>, { namespace, labels }: LeavingPod): Promise<Budgets> {
  const path = `/apis/policy/v1/namespaces/${encodeURIComponent(namespace)}/poddisruptionbudgets?limit=500`;
  const all = await listAll<V1PodDisruptionBudget>(api, path);
  return all
    .filter(({ spec }) => selects(spec?.selector, labels))
    .map(({ metadata, status }) => ({
      name: metadata?.name ?? '',
      ...(status && { needed: status.desiredHealthy, healthy: status.currentHealthy }),
    }));
}

type Api = Pick<ApiServer, 'clusterName' | 'get' | 'send'>;

/**
 * Whether a 403 is about our rights: that one names the resource that we may not use. The handler of evictions names the
 * budget instead, and an admission webhook names nothing; both may think otherwise later.
 */
const isAboutRights = ({ body }: ChangeAnswer): boolean => {
  const { group = '', kind } = (body as V1Status | undefined)?.details ?? {};
  return group === '' && kind === 'pods';
};

function isRefusal({ status, body }: ChangeAnswer): boolean {
  // Of a pod with two budgets a failure is told in a body, whatever its HTTP status says.
  const isFailure = (body as V1Status | undefined)?.status === 'Failure';
  if (status === 403) return isFailure && !isAboutRights({ status, body });
  // 400 is what an admission webhook says that names no status; 504 that others change the budget all the time.
  return status === 409 || status === 429 || (([400, 500, 504].includes(status) || status < 300) && isFailure);
}

/** Asks for one eviction. The pod keeps its grace period. */
export async function evictPod(api: Api, pod: LeavingPod): Promise<EvictionAnswer> {
  const { namespace, name, uid } = pod;
  const body = {
    ...{ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } },
    // Another pod may have the name by now.
    deleteOptions: { preconditions: { uid } },
  };
  const request: ChangeRequest = { method: 'POST', path: `${pathOf(pod)}/eviction`, body };
  const answer = await api.send(request);
  if (answer.status === 404) return { answer: 'gone' };
  if (!isRefusal(answer)) {
    if (answer.status < 300) return { answer: 'leaving' };
    throw refusedChange(api, request, answer);
  }
  const { details, message } = answer.body as V1Status;
  const hasBudgets = details?.causes?.some(({ reason }) => reason === 'DisruptionBudget') || answer.status !== 429;
  return {
    answer: 'refused',
    budgets: hasBudgets && answer.status !== 409 ? await budgetsOf(api, pod) : [],
    message: details?.causes?.[0]?.message ?? message ?? `HTTP ${answer.status}`,
    retryAfterSeconds: details?.retryAfterSeconds,
  };
}

/**
 * Deletes one pod, with its own grace period or with none. A pod that is gone, or another of its name, is left alone. The
 * refusal of an admission webhook is an answer: it may think otherwise later, and other pods are none of its business.
 */
export async function deletePod(api: Api, pod: LeavingPod, grace: 'its-own' | 'none'): Promise<Refused | undefined> {
  const body = {
    ...{ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: pod.uid } },
    ...(grace === 'none' && { gracePeriodSeconds: 0 }),
  };
  const request: ChangeRequest = { method: 'DELETE', path: pathOf(pod), body };
  const answer = await api.send(request);
  if ([200, 202, 404, 409].includes(answer.status)) return undefined;
  if (!isRefusal(answer)) throw refusedChange(api, request, answer);
  const { details, message } = answer.body as V1Status;
  return {
    answer: 'refused',
    budgets: [],
    message: message ?? `HTTP ${answer.status}`,
    retryAfterSeconds: details?.retryAfterSeconds,
  };
}
