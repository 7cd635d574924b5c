import type { Condition, KubernetesObject } from './objects.ts';
import type { Quantities } from './workload-objects.ts';

export type Taint = {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly timeAdded?: string;
};

export type NodeStatus = {
  readonly capacity: Quantities;
  readonly allocatable: Quantities;
  readonly conditions: readonly Condition[];
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  readonly nodeInfo: Readonly<Record<string, string>>;
  readonly images?: readonly { readonly names: readonly string[]; readonly sizeBytes: number }[];
  readonly [field: string]: unknown;
};

export type Node = KubernetesObject & {
  readonly spec: {
    readonly providerID?: string;
    readonly unschedulable?: boolean;
    readonly taints?: readonly Taint[];
  };
  readonly status: NodeStatus;
};

/** Counted by the VPC resource controller: the IPv4 addresses that Windows pods of a node can have. */
export const windowsAddressResource = 'vpc.amazonaws.com/PrivateIPv4Address';

/** What is known of a node outside the cluster's API: for the display, the report and EKS itself. */
export type NodeView = {
  readonly name: string;
  readonly instanceId: string;
  readonly ready: boolean;
  /** Ready, and no taint says that the cloud provider still has to look at it. */
  readonly initialized: boolean;
  readonly kernelVersion: string;
  readonly hasAddresses: boolean;
  readonly unschedulable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: NonNullable<Node['spec']['taints']>;
};

export function viewOfNode(node: Node): NodeView {
  const ready = node.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return {
    name: node.metadata.name,
    instanceId: node.spec.providerID?.split('/').at(-1) ?? '',
    ready,
    initialized: ready && !(node.spec.taints ?? []).some(({ key }) => key === uninitializedTaint),
    kernelVersion: node.status.nodeInfo.kernelVersion ?? '',
    hasAddresses: Number(node.status.allocatable[windowsAddressResource] ?? 0) > 0,
    unschedulable: node.spec.unschedulable ?? false,
    labels: node.metadata.labels ?? {},
    taints: node.spec.taints ?? [],
  };
}

export const uninitializedTaint = 'node.cloudprovider.kubernetes.io/uninitialized';
