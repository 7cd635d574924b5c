import type { V1Pod, V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { Reason } from '../domain/errors.ts';
import {
  type BudgetsView,
  type CoveredPod,
  type ImpossibleBudget,
  isImpossible,
} from '../domain/impossible-budgets.ts';
import { type LabelSelector, selectorText } from '../domain/label-selector.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { refusalOf } from './kubernetes.ts';

type Api = Pick<ApiServer, 'get'>;
type Page<Item> = { readonly items: readonly Item[]; readonly metadata?: { readonly continue?: string } };

/** How much a plan reads of one cluster: budgets by pages of five hundred, and pods of those that are impossible. */
const mostPages = 8;
const mostBudgets = 30;
const mostPods = 200;

async function listBudgets(api: Api): Promise<V1PodDisruptionBudget[]> {
  const found: V1PodDisruptionBudget[] = [];
  let next: string | undefined;
  for (let page = 0; page < mostPages && (page === 0 || next); page += 1) {
    const path = '/apis/policy/v1/poddisruptionbudgets?limit=500';
    const list = (await api.get(
      next ? `${path}&continue=${encodeURIComponent(next)}` : path,
    )) as Page<V1PodDisruptionBudget>;
    found.push(...list.items);
    next = list.metadata?.continue;
  }
  return found;
}

const numbersOf = ({ status }: V1PodDisruptionBudget) => ({
  expected: status?.expectedPods ?? 0,
  needed: status?.desiredHealthy ?? 0,
});

/** `Deployment/web` for a pod of one of its replica sets, which have a hash behind the name. */
function workloadOf({ metadata }: V1Pod): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  if (owner === undefined) return `Pod/${metadata?.name ?? ''}`;
  const hash = metadata?.labels?.['pod-template-hash'];
  const isOfDeployment = owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`);
  return isOfDeployment ? `Deployment/${owner.name.slice(0, -hash.length - 1)}` : `${owner.kind}/${owner.name}`;
}

const coveredPod = (pod: V1Pod): CoveredPod => ({ workload: workloadOf(pod), nodeName: pod.spec?.nodeName ?? '' });

async function withPods(api: Api, budget: V1PodDisruptionBudget): Promise<ImpossibleBudget> {
  const { namespace = '', name = '' } = budget.metadata ?? {};
  const selector = encodeURIComponent(selectorText((budget.spec?.selector ?? {}) as LabelSelector));
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?labelSelector=${selector}&limit=${mostPods}`;
  const { items } = (await api.get(path)) as Page<V1Pod>;
  return { budget: `${namespace}/${name}`, ...numbersOf(budget), pods: items.map(coveredPod) };
}

async function look(api: Api): Promise<BudgetsView> {
  const impossible = (await listBudgets(api)).filter((budget) => isImpossible(numbersOf(budget)));
  const read = impossible.slice(0, mostBudgets);
  return {
    impossible: await Promise.all(read.map((budget) => withPods(api, budget))),
    unread: impossible.length - read.length,
  };
}

/**
 * How a plan finds the budgets of a cluster that let no pod be evicted. One call where there are none.
 *
 * @throws {KubernetesUnavailable} The cluster cannot be reached; with `give-up` that is an answer.
 */
export type ViewBudgets = (clusterName: string, whenUnavailable: 'try-again' | 'give-up') => Promise<BudgetsView>;

const unseen = ({ cause }: Reason): BudgetsView => ({
  unseen: `Whether a disruption budget stands in the way could not be seen. ${cause}`,
});

/** Looks as a role. A cluster that does not let it is an answer: the group rolls without the warning. */
export const viewBudgetsAs =
  (roleArn: () => string): ViewBudgets =>
  async (clusterName, whenUnavailable) => {
    try {
      return await look(await connectApiServer(clusterName, roleArn()));
    } catch (error) {
      const refused = refusalOf(clusterName, error, whenUnavailable);
      if (refused === undefined) throw error;
      return unseen(refused);
    }
  };
