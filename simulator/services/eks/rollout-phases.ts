import { updateLimits } from './behaviour.ts';
import { addGeneratedVersion, settleOn } from './internal-template.ts';
import { continueDrain } from './node-drain.ts';
import {
  type Failure,
  groupOf,
  joinedInstances,
  type Leaving,
  maximumUnavailable,
  nodeOf,
  oldInstances,
  type Rollout,
  type Step,
} from './rollout.ts';
import type { ScalingInstance } from './scaling-groups.ts';

/** One phase of an update: looked at every few seconds until it lets the next one begin. */
export type Phase = { readonly name: string; readonly look: (rollout: Rollout) => Step };

const excludeFromLoadBalancers = { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' };

/** A new version of the generated template, and the Auto Scaling group on it. */
const setUp: Phase = {
  name: 'setup',
  look(rollout) {
    const { ec2, nodegroup, scaling, target, state } = rollout;
    rollout.version = addGeneratedVersion(ec2, nodegroup, target);
    nodegroup.internalVersion = rollout.version;
    if (state.behaviour.describesNewVersionFrom === 'setup') settleOn(nodegroup, target);
    scaling.useTemplate(nodegroup.groupName, { id: nodegroup.internalTemplate.id, version: String(rollout.version) });
    return 'next';
  },
};

/** Maximum and desired size grow by twice the number of zones, or by maxUnavailable if that is more. */
const enlarge: Phase = {
  name: 'enlarge',
  look(rollout) {
    const { nodegroup, scaling, state } = rollout;
    rollout.scaledAt = state.kernel.clock.now();
    if (oldInstances(rollout).length === 0) return 'next';
    const growth = Math.max(2 * nodegroup.availabilityZones.length, maximumUnavailable(rollout));
    // What an update that failed has left behind is not taken back, so the group may grow again from there.
    const { maxSize, desired } = groupOf(rollout);
    rollout.surgedTo = desired + growth;
    scaling.resize(nodegroup.groupName, { maxSize: maxSize + growth, desired: rollout.surgedTo });
    return 'next';
  },
};

/** At least one new node in each zone must be Ready and labelled, within the time limit. */
const awaitNewNodes: Phase = {
  name: 'await new nodes',
  look(rollout) {
    const { nodegroup, state, scaledAt } = rollout;
    if (oldInstances(rollout).length === 0) return 'next';
    const zones = new Set(joinedInstances(rollout).map(({ availabilityZone }) => availabilityZone));
    if (nodegroup.availabilityZones.every((zone) => zones.has(zone))) return 'next';
    return state.kernel.clock.now() - scaledAt >= updateLimits.joinMs ? notJoined(rollout) : 'wait';
  },
};

function notJoined(rollout: Rollout): Failure {
  const joined = new Set(joinedInstances(rollout).map(({ instanceId }) => instanceId));
  const missing = groupOf(rollout).instances.filter(
    ({ instanceId, templateVersion }) => templateVersion === rollout.version && !joined.has(instanceId),
  );
  const failure = groupOf(rollout).lastLaunchFailure;
  return {
    code: 'NodeCreationFailure',
    message:
      failure === undefined || missing.length > 0
        ? `Couldn't proceed with upgrade process as new nodes are not joining node group ${rollout.nodegroup.name}`
        : `Couldn't proceed with upgrade process as instances could not be launched: ${failure}`,
    resourceIds: missing.map(({ instanceId }) => instanceId),
  };
}

/** No pod may come to an old node any more, and no new connection from load balancers. */
const cordonOldNodes: Phase = {
  name: 'cordon old nodes',
  look(rollout) {
    for (const { instanceId } of oldInstances(rollout)) cordon(rollout, instanceId);
    return 'next';
  },
};

function cordon(rollout: Rollout, instanceId: string): void {
  const node = nodeOf(rollout, instanceId);
  if (node !== undefined) rollout.cluster.kubernetes.controlPlane.cordon(node.name, excludeFromLoadBalancers);
}

/** Random old nodes, as many as may be unavailable, are emptied and terminated, until there are none. */
const replaceOldNodes: Phase = {
  name: 'replace old nodes',
  look(rollout) {
    const late = settleReplacements(rollout);
    if (late !== undefined) return late;
    for (const leaving of [...rollout.leaving.values()]) {
      const failure = continueLeaving(rollout, leaving, { decrement: false });
      if (failure !== undefined) return failure;
    }
    pickMore(rollout);
    const isDone = oldInstances(rollout).length === 0 && rollout.leaving.size === 0 && rollout.awaited.size === 0;
    return isDone ? 'next' : 'wait';
  },
};

/** Replacements that have joined free their place; one that does not join in time fails the update. */
function settleReplacements(rollout: Rollout): Failure | undefined {
  const { awaited, state } = rollout;
  if (!state.behaviour.replacementCountsAsUnavailable) awaited.clear();
  const desired = groupOf(rollout).desired;
  const standing = joinedInstances(rollout).length + oldInstances(rollout).length;
  const missing = Math.max(0, desired - standing);
  const inOrder = [...awaited].sort(([, a], [, b]) => a - b);
  for (const [instanceId] of inOrder.slice(0, Math.max(0, awaited.size - missing))) awaited.delete(instanceId);
  const overdue = [...awaited.values()].some((since) => state.kernel.clock.now() - since >= updateLimits.joinMs);
  return overdue ? notJoined(rollout) : undefined;
}

function continueLeaving(
  rollout: Rollout,
  leaving: Leaving,
  { decrement }: { readonly decrement: boolean },
): Failure | undefined {
  const { state, cluster, force, nodegroup, scaling } = rollout;
  const isGone = nodeOf(rollout, leaving.instanceId) === undefined;
  const progress = isGone
    ? 'drained'
    : continueDrain(state.kernel, cluster.kubernetes, leaving, { force: force || decrement });
  if (progress === 'overdue') {
    return {
      code: 'PodEvictionFailure',
      message: `Reached max retries while trying to evict pods from nodes in node group ${nodegroup.name}`,
      resourceIds: [leaving.nodeName],
    };
  }
  if (progress !== 'drained') return undefined;
  rollout.leaving.delete(leaving.instanceId);
  const isStill = groupOf(rollout).instances.some(({ instanceId }) => instanceId === leaving.instanceId);
  if (!isStill) return undefined;
  scaling.terminate(leaving.instanceId, { decrement });
  if (!decrement) rollout.awaited.set(leaving.instanceId, state.kernel.clock.now());
  return undefined;
}

function pickMore(rollout: Rollout): void {
  const { leaving, awaited, state, update } = rollout;
  const places = maximumUnavailable(rollout) - leaving.size - awaited.size;
  const lot = ({ instanceId }: ScalingInstance) => state.kernel.random.fraction('update order', update.id, instanceId);
  const candidates = oldInstances(rollout)
    .filter(({ instanceId }) => !leaving.has(instanceId))
    .sort((a, b) => lot(a) - lot(b));
  for (const { instanceId } of candidates.slice(0, Math.max(0, places))) startLeaving(rollout, instanceId);
}

function startLeaving(rollout: Rollout, instanceId: string): void {
  const nodeName = nodeOf(rollout, instanceId)?.name ?? '';
  cordon(rollout, instanceId);
  const startedAt = rollout.state.kernel.clock.now();
  rollout.leaving.set(instanceId, { instanceId, nodeName, startedAt, emptySince: undefined });
}

/**
 * One node after another leaves until the group has its old size. Here the pods' time limit ends in a termination,
 * not in a failure. Skipped when somebody else made the group larger meanwhile.
 */
const shrink: Phase = {
  name: 'shrink',
  look(rollout) {
    const { nodegroup, scaling, leaving } = rollout;
    const { desired } = groupOf(rollout);
    const isOurs = desired <= rollout.surgedTo;
    for (const node of [...leaving.values()]) continueLeaving(rollout, node, { decrement: true });
    const surplus = groupOf(rollout).desired - nodegroup.sizes.desiredSize;
    if (!isOurs || surplus <= 0) {
      if (isOurs) scaling.resize(nodegroup.groupName, { maxSize: nodegroup.sizes.maxSize });
      return 'next';
    }
    rollout.surgedTo = groupOf(rollout).desired;
    if (leaving.size === 0) startLeaving(rollout, leastUsed(rollout));
    return 'wait';
  },
};

/** From the zone with the most nodes, the one with the fewest pods. */
function leastUsed(rollout: Rollout): string {
  const { instances } = groupOf(rollout);
  const staying = instances.filter(({ lifecycleState }) => !lifecycleState.startsWith('Terminat'));
  const inZone = (zone: string) => staying.filter(({ availabilityZone }) => availabilityZone === zone).length;
  const podsOn = (instanceId: string) => {
    const node = nodeOf(rollout, instanceId);
    return node === undefined ? 0 : rollout.cluster.kubernetes.controlPlane.podsToMove(node.name).length;
  };
  const [first] = staying.toSorted(
    (a, b) =>
      inZone(b.availabilityZone) - inZone(a.availabilityZone) ||
      podsOn(a.instanceId) - podsOn(b.instanceId) ||
      (a.instanceId < b.instanceId ? -1 : 1),
  );
  return first?.instanceId ?? '';
}

/** The DEFAULT strategy launches before it terminates, MINIMAL terminates first and never grows the group. */
export const phasesOf: Readonly<Record<'DEFAULT' | 'MINIMAL', readonly Phase[]>> = {
  DEFAULT: [setUp, enlarge, awaitNewNodes, cordonOldNodes, replaceOldNodes, shrink],
  MINIMAL: [setUp, replaceOldNodes],
};
