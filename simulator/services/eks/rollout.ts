import type { ErrorCode } from '@aws-sdk/client-eks';
import type { NodeState } from '../../kubernetes/node-views.ts';
import type { Ec2 } from '../ec2/ec2.ts';
import type { EksCluster, EksState, Nodegroup, UpdateRecord } from './eks-state.ts';
import type { ResolvedSource } from './internal-template.ts';
import type { NodeDrain } from './node-drain.ts';
import { isLabelled } from './node-labels.ts';
import type { ScalingGroup, ScalingGroups, ScalingInstance } from './scaling-groups.ts';

/** A node on its way out of the group. `terminatedAt` is set when its instance was handed to Auto Scaling. */
export type Leaving = NodeDrain & { readonly instanceId: string };

/** An update of one node group while it runs. */
export type Rollout = {
  readonly state: EksState;
  readonly cluster: EksCluster;
  readonly nodegroup: Nodegroup;
  readonly ec2: Ec2;
  readonly scaling: ScalingGroups;
  readonly update: UpdateRecord;
  readonly target: ResolvedSource;
  readonly force: boolean;
  /** Version of the generated template that all nodes shall have in the end. */
  version: number;
  /** When the group was made larger; joining is timed from here. */
  scaledAt: number;
  /** The size to which this update brought the group. */
  surgedTo: number;
  readonly leaving: Map<string, Leaving>;
  /** When each instance whose replacement is awaited was terminated, by instance. */
  readonly awaited: Map<string, number>;
};

/** What one look at a rollout comes to: the same phase again, the next one, or the end. */
export type Step = 'wait' | 'next' | Failure;
export type Failure = { readonly code: ErrorCode; readonly message: string; readonly resourceIds: readonly string[] };

export function groupOf({ scaling, nodegroup }: Rollout): ScalingGroup {
  const group = scaling.describe(nodegroup.groupName);
  if (group === undefined) throw new Error(`The Auto Scaling group ${nodegroup.groupName} is gone`);
  return group;
}

const isStaying = ({ lifecycleState }: ScalingInstance) => !lifecycleState.startsWith('Terminat');

/** Instances that the update still has to replace. */
export function oldInstances(rollout: Rollout): readonly ScalingInstance[] {
  return groupOf(rollout).instances.filter(
    (instance) => isStaying(instance) && instance.templateVersion !== rollout.version,
  );
}

/** New instances whose node is Ready and labelled. */
export function joinedInstances(rollout: Rollout): readonly ScalingInstance[] {
  return groupOf(rollout).instances.filter((instance) => {
    if (instance.templateVersion !== rollout.version || !isStaying(instance)) return false;
    const node = nodeOf(rollout, instance.instanceId);
    return node?.ready && isLabelled(node.labels, rollout.nodegroup);
  });
}

export function nodeOf({ cluster }: Rollout, instanceId: string): NodeState | undefined {
  return cluster.kubernetes.nodes().find((node) => node.instanceId === instanceId);
}

/** How many nodes may be out at the same time. */
export function maximumUnavailable({ nodegroup: { updateConfig, sizes } }: Rollout): number {
  const { maxUnavailable, maxUnavailablePercentage } = updateConfig;
  if (maxUnavailablePercentage === undefined) return maxUnavailable ?? 1;
  return Math.max(1, Math.floor((sizes.desiredSize * maxUnavailablePercentage) / 100));
}
