import type {
  V1Node,
  V1NodeList,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodList,
} from '@kubernetes/client-node';
import { type LeavingPod, staysOnNode } from '../domain/leaving-pods.ts';
import type { Taint } from '../domain/outdated-taint.ts';
import type { Destination, ZonalVolume } from '../domain/zone.ts';
import type { ApiServer } from './api-server.ts';
import { translateNode } from './kubernetes.ts';
import { translatePod } from './leaving-pods.ts';

type Api = Pick<ApiServer, 'get'>;

const zoneLabel = 'topology.kubernetes.io/zone';
/** By which volumes say where they are: Kubernetes' own label, that of the EBS driver, and the one before 1.17. */
const zoneKeys = [zoneLabel, 'topology.ebs.csi.aws.com/zone', 'failure-domain.beta.kubernetes.io/zone'];

/** The zones that a volume can be used in; none when it does not depend on the zone. */
export function zonesOf({ spec }: V1PersistentVolume): string[] {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const zones = terms.flatMap(({ matchExpressions = [] }) =>
    matchExpressions
      .filter(({ key, operator }) => zoneKeys.includes(key) && operator === 'In')
      .flatMap(({ values = [] }) => values),
  );
  return [...new Set(zones)];
}

/** A pod that its controller makes again on another node, or that nobody does: not one that belongs to this node. */
const isMoving = (pod: LeavingPod): boolean => !staysOnNode(pod) && !pod.isFinished;

async function volumeOf(api: Api, namespace: string, claimName: string): Promise<V1PersistentVolume | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/persistentvolumeclaims/${encodeURIComponent(claimName)}`;
  const claim = (await api.get(path)) as V1PersistentVolumeClaim | undefined;
  const name = claim?.spec?.volumeName;
  if (name === undefined) return undefined;
  return (await api.get(`/api/v1/persistentvolumes/${encodeURIComponent(name)}`)) as V1PersistentVolume | undefined;
}

async function zonalVolumesOf(api: Api, pod: V1Pod): Promise<ZonalVolume[]> {
  const namespace = pod.metadata?.namespace ?? '';
  // A claim that was made for the pod alone goes with it, and the next may be anywhere.
  const found = translatePod(pod).claims.map(async (claim): Promise<ZonalVolume[]> => {
    const volume = await volumeOf(api, namespace, claim);
    const zones = volume === undefined ? [] : zonesOf(volume);
    if (zones.length === 0) return [];
    const { nodeSelector = {}, tolerations = [] } = pod.spec ?? {};
    const names = { pod: `${namespace}/${pod.metadata?.name}`, claim, volume: volume?.metadata?.name ?? '' };
    return [{ ...names, zones, nodeSelector, tolerations }];
  });
  return (await Promise.all(found)).flat();
}

/** The volumes of a node's pods that bind them to zones. Reads only this node's pods, and what they claim. */
export async function findZonalVolumes(api: Api, nodeName: string): Promise<ZonalVolume[]> {
  const list = (await api.get(
    `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${nodeName}`)}`,
  )) as V1PodList;
  const volumes = list.items.filter((pod) => isMoving(translatePod(pod))).map((pod) => zonalVolumesOf(api, pod));
  return (await Promise.all(volumes)).flat();
}

function translateDestination(node: V1Node): Destination {
  const { name: nodeName, instanceId, ready } = translateNode(node);
  const labels = node.metadata?.labels ?? {};
  const { unschedulable = false, taints = [] } = node.spec ?? {};
  const zone = labels[zoneLabel];
  return { nodeName, instanceId, zone, ready, schedulable: !unschedulable, labels, taints: taints as Taint[] };
}

/** The nodes of these names, as far as they still belong to these instances. */
export async function readDestinations(
  api: Api,
  nodes: readonly { readonly nodeName: string; readonly instanceId: string }[],
): Promise<Destination[]> {
  const found = nodes.map(async ({ nodeName, instanceId }) => {
    const node = (await api.get(`/api/v1/nodes/${encodeURIComponent(nodeName)}`)) as V1Node | undefined;
    const destination = node && translateDestination(node);
    return destination?.instanceId === instanceId ? [destination] : [];
  });
  return (await Promise.all(found)).flat();
}

/**
 * A Windows node of the zones that is good enough, whatever its group: page by page, and no further than that.
 */
export async function findDestination(
  api: Api,
  zones: readonly string[],
  isEnough: (node: Destination) => boolean,
): Promise<Destination | undefined> {
  const selector = encodeURIComponent(`kubernetes.io/os=windows,${zoneLabel} in (${zones.join(',')})`);
  let next: string | undefined;
  do {
    const page = `/api/v1/nodes?labelSelector=${selector}&limit=50`;
    const list = (await api.get(next ? `${page}&continue=${encodeURIComponent(next)}` : page)) as V1NodeList;
    const found = list.items.map(translateDestination).find(isEnough);
    if (found !== undefined) return found;
    next = (list.metadata as { continue?: string } | undefined)?.continue;
  } while (next);
  return undefined;
}
