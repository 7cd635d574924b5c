import type {
  V1Node,
  V1NodeList,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodDisruptionBudgetList,
  V1PodList,
} from '@kubernetes/client-node';
import { ClusterAccessDenied } from '../domain/errors.ts';
import type { LabelSelector } from '../domain/label-selector.ts';
import { staysOnNode } from '../domain/leaving-pods.ts';
import { type Budget, type LeftPod, podsInTheWay } from '../domain/pods-in-the-way.ts';
import type { PodsFound } from '../domain/standstill.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { translateNode } from './kubernetes.ts';
import { listAll } from './kubernetes-lists.ts';
import { podTraits } from './pod-traits.ts';

type Api = Pick<ApiServer, 'get'>;

/** How many nodes are looked at: an update works on few at a time, and all that wait for it may be cordoned. */
const mostNodes = 20;

async function findCordoned(api: Api, instanceIds: readonly string[]): Promise<V1Node[]> {
  const selector = encodeURIComponent('kubernetes.io/os=windows');
  const nodes = await listAll<V1NodeList['items'][number]>(api, `/api/v1/nodes?labelSelector=${selector}&limit=500`);
  return nodes.filter((node) => node.spec?.unschedulable && instanceIds.includes(translateNode(node).instanceId ?? ''));
}

/** Pods that no drain has to move, and those that have come to their end. */
const stays = (pod: V1Pod): boolean => {
  const traits = podTraits(pod);
  return staysOnNode(traits) || traits.isFinished;
};

const translatePod = ({ metadata, spec }: V1Pod): LeftPod => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
  nodeName: spec?.nodeName ?? '',
  labels: metadata?.labels ?? {},
  isTerminating: metadata?.deletionTimestamp !== undefined,
});

/** What matters to us of a disruption budget. */
export const translateBudget = ({ metadata, spec, status }: V1PodDisruptionBudget): Budget => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
  selector: spec?.selector as LabelSelector | undefined,
  disruptionsAllowed: status?.disruptionsAllowed ?? 0,
  healthy: status?.currentHealthy ?? 0,
  needed: status?.desiredHealthy ?? 0,
});

async function look(api: Api, nodes: readonly V1Node[]): Promise<PodsFound> {
  const lists = await Promise.all(
    nodes.slice(0, mostNodes).map(({ metadata }) => {
      const selector = encodeURIComponent(`spec.nodeName=${metadata?.name}`);
      return listAll<V1PodList['items'][number]>(api, `/api/v1/pods?fieldSelector=${selector}&limit=500`);
    }),
  );
  const left = lists
    .flat()
    .filter((pod) => !stays(pod))
    .map(translatePod);
  const namespaces = [...new Set(left.map(({ namespace }) => namespace))];
  const budgets = await Promise.all(
    namespaces.map((namespace) =>
      listAll<V1PodDisruptionBudgetList['items'][number]>(
        api,
        `/apis/policy/v1/namespaces/${encodeURIComponent(namespace)}/poddisruptionbudgets?limit=500`,
      ),
    ),
  );
  return { pods: podsInTheWay(left, budgets.flat().map(translateBudget)) };
}

/** How steps find the pods that keep EKS from emptying nodes. Reads only; the cordoned nodes of these instances alone. */
export type FindPodsInTheWay = (clusterName: string, instanceIds: readonly string[]) => Promise<PodsFound>;

/** Looks as a role. A cluster that does not let it is an answer: the update goes on without. */
export const findPodsInTheWayAs =
  (roleArn: () => string): FindPodsInTheWay =>
  async (clusterName, instanceIds) => {
    try {
      const api = await connectApiServer(clusterName, roleArn());
      const cordoned = await findCordoned(api, instanceIds);
      return cordoned.length === 0 ? { pods: [] } : await look(api, cordoned);
    } catch (error) {
      if (!(error instanceof ClusterAccessDenied)) throw error;
      return {
        unseen:
          'Which pods are in the way could not be seen: the reader may not list pods and disruption budgets. ' +
          `Apply infrastructure/kubernetes/reader.yml in ${clusterName} again.`,
      };
    }
  };
