import type { V1Deployment, V1ReplicaSet, V1StatefulSet } from '@kubernetes/client-node';
import type { Followed, Replicas } from '../domain/replicas.ts';
import type { ApiServer } from './api-server.ts';

/** The controller that a pod names as its own. */
export type ControllerRef = { readonly kind: string; readonly namespace: string; readonly name: string };

type Workload = V1Deployment | V1ReplicaSet | V1StatefulSet;

/** The kinds whose status tells Ready replicas. Jobs, replication controllers and kinds of others are not looked at. */
const plurals: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
};

const translate = ({ metadata, spec, status }: Workload): Replicas => ({
  wanted: spec?.replicas ?? 1,
  ready: status?.readyReplicas ?? 0,
  isCurrent: (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
});

type Api = Pick<ApiServer, 'get'>;

const read = async (api: Api, { kind, namespace, name }: ControllerRef): Promise<Workload | undefined> =>
  (await api.get(
    `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${plurals[kind]}/${encodeURIComponent(name)}`,
  )) as Workload | undefined;

/** The deployment that has made a replica set: while it rolls, the pods come back in another set. */
const ownerOf = ({ metadata }: Workload, { namespace }: ControllerRef): ControllerRef | undefined => {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  return owner?.kind === 'Deployment' ? { kind: 'Deployment', namespace, name: owner.name } : undefined;
};

async function follow(api: Api, controller: ControllerRef): Promise<Followed> {
  if (!Object.hasOwn(plurals, controller.kind)) return { ...controller, replicas: 'not-watched' };
  const workload = await read(api, controller);
  if (workload === undefined) return { ...controller, replicas: 'gone' };
  const owner = controller.kind === 'ReplicaSet' ? ownerOf(workload, controller) : undefined;
  return owner === undefined ? { ...controller, replicas: translate(workload) } : follow(api, owner);
}

const keyOf = ({ kind, namespace, name }: ControllerRef): string => [kind, namespace, name].join('/');

/** What became of the controllers of evicted pods, each of them once: a replica set is told as its deployment. */
export async function followControllers(api: Api, controllers: readonly ControllerRef[]): Promise<Followed[]> {
  const distinct = new Map(controllers.map((each) => [keyOf(each), each]));
  const followed = await Promise.all([...distinct.values()].map((each) => follow(api, each)));
  return [...new Map(followed.map((each) => [keyOf(each), each])).values()];
}
