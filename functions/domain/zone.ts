import { type Reason, reason } from './errors.ts';
import type { Taint } from './outdated-taint.ts';

export type Toleration = {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
};

/** A pod's volume that exists in some zones only, and what else decides where the pod can run. */
export type ZonalVolume = {
  readonly pod: string;
  readonly claim: string;
  readonly volume: string;
  readonly zones: readonly string[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
};

/** A node to which pods may move, as far as that is decided by more than its resources. */
export type Destination = {
  readonly nodeName: string;
  readonly instanceId: string | undefined;
  readonly zone: string | undefined;
  readonly ready: boolean;
  readonly schedulable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
};

const tolerates = (tolerations: readonly Toleration[], taint: Taint): boolean =>
  tolerations.some(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (!effect || effect === taint.effect) &&
      (key ? key === taint.key : operator === 'Exists') &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );

/** Whether a pod can follow its volume to the node. Whether it finds room there is for the scheduler to say. */
export function canTake(node: Destination, { zones, nodeSelector, tolerations }: ZonalVolume): boolean {
  const { zone, ready, schedulable, labels, taints } = node;
  const keepsOut = taints.some((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint));
  const isSelected = Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  return ready && schedulable && !keepsOut && isSelected && zone !== undefined && zones.includes(zone);
}

/** The volumes that none of the nodes can take over. */
export const withoutDestination = (
  volumes: readonly ZonalVolume[],
  nodes: readonly Destination[],
): readonly ZonalVolume[] => volumes.filter((volume) => !nodes.some((node) => canTake(node, volume)));

/** What a node waits for before it leaves: the volumes, their pods and zones by name. */
export function zoneFinding(nodeName: string, stranded: readonly ZonalVolume[], needed: string): Reason {
  const each = stranded.map(
    ({ pod, claim, volume, zones }) => `volume ${volume} (claim ${claim} of pod ${pod}) is in ${zones.join(' or ')}`,
  );
  return reason(
    'NoNodeInZone',
    `Node ${nodeName} waits for ${needed} in the zone of its volumes, to which their pods can move: ${each.join('; ')}.`,
  );
}
