import type { Kernel } from '../kernel/kernel.ts';
import type { AutoScaling, GroupInstanceView, GroupView } from '../services/autoscaling/autoscaling.ts';
import type { Cluster } from './cluster.ts';

type Options = {
  readonly kernel: Kernel;
  readonly autoScaling: Pick<AutoScaling, 'group' | 'onGroup' | 'terminateInstance'>;
  readonly cluster: Pick<Cluster, 'name' | 'nodes'>;
  /** `--max-node-provision-time`, in minutes. */
  readonly maxNodeProvisionMinutes: number;
};

/** `--scan-interval`. */
const scanIntervalMs = 10_000;

/**
 * The Kubernetes Cluster Autoscaler as far as it takes away machines that do not become nodes: one that has not registered
 * within `--max-node-provision-time` is terminated and the group's desired capacity lowered with it, unless the group is at
 * its minimum (cluster-autoscaler, `removeOldUnregisteredNodes`, and its AWS provider's `DeleteInstances`). It looks after
 * groups that carry the tags of its auto-discovery. It does not scale up or down here.
 */
export function runClusterAutoscaler({ kernel, autoScaling, cluster, maxNodeProvisionMinutes }: Options): void {
  const { clock, log } = kernel;
  const discovery = ['k8s.io/cluster-autoscaler/enabled', `k8s.io/cluster-autoscaler/${cluster.name}`];

  const isMine = (group: GroupView | undefined): group is GroupView =>
    group !== undefined && discovery.every((tag) => Object.hasOwn(group.tags, tag));
  const isNode = (instanceId: string) => cluster.nodes().some((node) => node.instanceId === instanceId);

  function giveUp(groupName: string, instanceId: string): void {
    const group = autoScaling.group(groupName);
    const instance = group?.instances.find((each) => each.instanceId === instanceId);
    if (!isMine(group) || instance === undefined || !isWaitedFor(instance) || isNode(instanceId)) return;
    if (group.desiredCapacity <= group.minSize) {
      // It goes on looking: the group may grow, or the machine register.
      clock.after(scanIntervalMs, () => giveUp(groupName, instanceId));
      return;
    }
    log.write('autoscaler.gave-up', { cluster: cluster.name, group: groupName, instanceId });
    autoScaling.terminateInstance(instanceId, { decrement: true });
  }

  autoScaling.onGroup((change) => {
    if (change.type !== 'instance' || change.from !== undefined || !isMine(autoScaling.group(change.group))) return;
    const { group, instanceId } = change;
    clock.after(scanIntervalMs + maxNodeProvisionMinutes * 60_000, () => giveUp(group, instanceId));
  });
}

const isWaitedFor = ({ state }: GroupInstanceView) => state === 'InService' || state.startsWith('Pending');
