import type { V1Pod, V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { Reason } from '../domain/errors.ts';
import { type BudgetsView, type CoveredPod, isImpossible } from '../domain/impossible-budgets.ts';
import { type LabelSelector, mayShare, selectorText, selects } from '../domain/label-selector.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { refusalOf } from './kubernetes.ts';
import { listAll } from './kubernetes-lists.ts';

type Api = Pick<ApiServer, 'get'>;
type Pair = readonly [V1PodDisruptionBudget, V1PodDisruptionBudget];

/** How much a plan reads of one cluster: budgets by pages of five hundred, and pods of those that are impossible, and of pairs. */
const mostPages = 8;
const mostBudgets = 30;
const mostPods = 200;
/** So many budgets of one namespace are compared with each other. */
const mostOfNamespace = 300;

const listBudgets = (api: Api): Promise<V1PodDisruptionBudget[]> =>
  listAll(api, '/apis/policy/v1/poddisruptionbudgets?limit=500', mostPages);

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

const selectorOf = ({ spec }: V1PodDisruptionBudget) => (spec?.selector ?? undefined) as LabelSelector | undefined;
const nameOf = ({ metadata }: V1PodDisruptionBudget) => `${metadata?.namespace}/${metadata?.name}`;

async function podsOf(api: Api, budget: V1PodDisruptionBudget): Promise<readonly V1Pod[]> {
  const { namespace = '' } = budget.metadata ?? {};
  const selector = encodeURIComponent(selectorText(selectorOf(budget) ?? {}));
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?labelSelector=${selector}&limit=${mostPods}`;
  return ((await api.get(path)) as { readonly items: readonly V1Pod[] }).items;
}

/** Budgets of one namespace whose selectors do not rule out that a pod is in both. Those that cover no pod are left out. */
function pairsIn(budgets: readonly V1PodDisruptionBudget[]): Pair[] {
  const covering = budgets.filter((budget) => numbersOf(budget).expected > 0);
  const perNamespace = Map.groupBy(covering, ({ metadata }) => metadata?.namespace);
  return [...perNamespace.values()].flatMap((all) => {
    const own = all.slice(0, mostOfNamespace);
    return own.flatMap((first, index) =>
      own
        .slice(index + 1)
        .filter((second) => mayShare(selectorOf(first), selectorOf(second)))
        .map((second): Pair => [first, second]),
    );
  });
}

/** One budget of each pair, the one with fewer pods: its pods tell whether the other covers them, too. */
function onesToRead(pairs: readonly Pair[]): V1PodDisruptionBudget[] {
  const chosen = new Set<V1PodDisruptionBudget>();
  for (const [a, b] of pairs) {
    if (!chosen.has(a) && !chosen.has(b)) chosen.add(numbersOf(a).expected <= numbersOf(b).expected ? a : b);
  }
  return [...chosen];
}

async function findDoubled(api: Api, budgets: readonly V1PodDisruptionBudget[]) {
  const pairs = pairsIn(budgets);
  const all = onesToRead(pairs);
  const read = all.slice(0, mostBudgets);
  const pods = new Map(await Promise.all(read.map(async (budget) => [budget, await podsOf(api, budget)] as const)));
  const doubled = pairs.flatMap(([a, b]) => {
    const [own, other] = pods.has(a) ? [a, b] : [b, a];
    const both = (pods.get(own) ?? []).filter(({ metadata }) => selects(selectorOf(other), metadata?.labels ?? {}));
    return both.length === 0 ? [] : [{ budgets: [nameOf(a), nameOf(b)], pods: both.map(coveredPod) }];
  });
  return { doubled, unread: all.length - read.length };
}

async function findImpossible(api: Api, budgets: readonly V1PodDisruptionBudget[]) {
  const all = budgets.filter((budget) => isImpossible(numbersOf(budget)));
  const read = all.slice(0, mostBudgets).map(async (budget) => ({
    ...{ budget: nameOf(budget), ...numbersOf(budget) },
    pods: (await podsOf(api, budget)).map(coveredPod),
  }));
  return { impossible: await Promise.all(read), unread: all.length - read.length };
}

async function look(api: Api): Promise<BudgetsView> {
  const budgets = await listBudgets(api);
  const [{ impossible, unread }, { doubled, unread: unreadPairs }] = await Promise.all([
    findImpossible(api, budgets),
    findDoubled(api, budgets),
  ]);
  return { impossible, doubled, unread: unread + unreadPairs };
}

/**
 * How a plan finds the budgets of a cluster that let no pod be evicted, alone or two together. One call where there are none.
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
