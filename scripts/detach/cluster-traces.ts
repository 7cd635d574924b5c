import { type ApiServer, connectApiServer } from '../../functions/adapters/api-server.ts';
import { isAwsError } from '../../functions/adapters/aws-call.ts';
import type { DrainRecords } from '../../functions/adapters/drain-records.ts';
import { findNodeOf, putBack as putBackReturning } from '../../functions/adapters/node-cordons.ts';
import { changeAllTaints } from '../../functions/adapters/node-taints.ts';
import { ClusterAccessDenied, KubernetesUnavailable } from '../../functions/domain/errors.ts';
import { members } from '../../functions/domain/node-group.ts';
import { outdatedTaint, withoutOutdatedTaint } from '../../functions/domain/outdated-taint.ts';
import { turnGroup } from '../../functions/domain/turn.ts';
import { type AttachedGroup, placeOf, type Scope } from './attached-groups.ts';
import {
  deleteLease,
  deletePod,
  listLeases,
  listNodes,
  listPods,
  type MarkedNode,
  putBack,
} from './cluster-objects.ts';
import type { Findings, Trace } from './trace.ts';

type Dependencies = {
  readonly groups: readonly AttachedGroup[];
  readonly scope: Scope;
  readonly records: Pick<DrainRecords, 'find'> | undefined;
};

type Look = Dependencies & { readonly api: ApiServer; readonly nodes: readonly MarkedNode[] };

const ownerOf = ({ groups }: Pick<Dependencies, 'groups'>, instanceId: string): AttachedGroup | undefined =>
  groups.find(({ instances }) => instances.some((each) => each.instanceId === instanceId));

/** Where something is told: in its group, or in the cluster when it is in none. */
const placeIn = (api: ApiServer, group: AttachedGroup | undefined): string =>
  group === undefined ? `cluster ${api.clusterName}` : placeOf(group);

/** With a node group named, only what belongs to it. */
const isInScope = ({ scope }: Look, group: AttachedGroup | undefined): boolean =>
  scope.nodeGroup === undefined || group !== undefined;

const done = async (removal: Promise<unknown>): Promise<undefined> => {
  await removal;
  return undefined;
};

function taintTraces(look: Look): Trace[] {
  const { api, nodes } = look;
  return nodes.flatMap((node) => {
    const group = ownerOf(look, node.instanceId);
    if (!node.isTainted || !isInScope(look, group)) return [];
    const lines = [`taint ${outdatedTaint.key} of node ${node.nodeName}`];
    return {
      place: placeIn(api, group),
      lines,
      remove: () => done(changeAllTaints(api, [node], withoutOutdatedTaint)),
    };
  });
}

/**
 * Nodes that a drain has set aside and that stay all the same. Those of instances that leave need nothing, and those that
 * no record of ours names were set aside by others.
 */
async function cordonTraces(look: Look): Promise<Trace[]> {
  const { api, nodes, records } = look;
  const traces: Trace[] = [];
  for (const node of nodes.filter(({ isSetAside, returns }) => isSetAside && !returns)) {
    const group = ownerOf(look, node.instanceId);
    const isStaying = group && members(group).some(({ instanceId }) => instanceId === node.instanceId);
    if (!isStaying) continue;
    const { cluster = '', name: nodeGroup } = group;
    const drain = await records?.find({ cluster, nodeGroup, instanceId: node.instanceId });
    if (drain?.record.cordonedAt === undefined) continue;
    const lines = [`cordon of node ${node.nodeName}, and its label against load balancers`];
    traces.push({ place: placeOf(group), lines, remove: () => done(putBack(api, node)) });
  }
  return traces;
}

/** Nodes of instances that have gone into a warm pool, where nobody was left to let pods on again. */
function returningTraces(look: Look): Trace[] {
  const { api, nodes } = look;
  return nodes.flatMap(({ returns, nodeName, instanceId }) => {
    const group = ownerOf(look, instanceId);
    if (!returns || !isInScope(look, group)) return [];
    const remove = async () => {
      const node = await findNodeOf(api, nodeName, instanceId);
      if (node !== undefined) await putBackReturning(api, node);
      return undefined;
    };
    return { place: placeIn(api, group), lines: [`cordon of node ${nodeName}, set aside for a warm pool`], remove };
  });
}

async function podTraces(look: Look): Promise<Trace[]> {
  const { api, nodes } = look;
  return (await listPods(api)).flatMap(({ podName, nodeName }) => {
    const node = nodes.find((each) => each.nodeName === nodeName);
    const group = node && ownerOf(look, node.instanceId);
    if (!isInScope(look, group)) return [];
    return { place: placeIn(api, group), lines: [`pod ${podName}`], remove: () => done(deletePod(api, podName)) };
  });
}

async function leaseTraces(look: Look): Promise<Trace[]> {
  const { api, groups } = look;
  return (await listLeases(api)).flatMap((lease) => {
    const group = groups.find(({ name }) => turnGroup(name) === lease.turnGroup);
    if (!isInScope(look, group)) return [];
    const lines = [`Lease ${lease.leaseName}`];
    return { place: placeIn(api, group), lines, remove: () => done(deleteLease(api, lease.leaseName)) };
  });
}

async function lookInto(cluster: string, dependencies: Dependencies): Promise<Findings> {
  try {
    const api = await connectApiServer(cluster, undefined);
    const groups = dependencies.groups.filter((group) => group.cluster === cluster);
    const look = { ...dependencies, groups, api, nodes: await listNodes(api) };
    const [cordons, pods, leases] = [await cordonTraces(look), await podTraces(look), await leaseTraces(look)];
    return { traces: [...taintTraces(look), ...cordons, ...returningTraces(look), ...pods, ...leases], unseen: [] };
  } catch (error) {
    // A cluster that does not exist any more has nothing of ours in it.
    if (isAwsError(error, 'ResourceNotFoundException')) return { traces: [], unseen: [] };
    // What is in the others, and in AWS, is to be found and taken away all the same.
    if (!(error instanceof ClusterAccessDenied || error instanceof KubernetesUnavailable)) throw error;
    return { traces: [], unseen: [error.message] };
  }
}

/** What is of ours in clusters: taints, cordons, pods of smoke tests, Leases. */
export async function clusterFindings(clusters: readonly string[], dependencies: Dependencies): Promise<Findings> {
  const each = await Promise.all(clusters.map((cluster) => lookInto(cluster, dependencies)));
  return { traces: each.flatMap(({ traces }) => traces), unseen: each.flatMap(({ unseen }) => unseen) };
}
