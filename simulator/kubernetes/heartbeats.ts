import type { Kernel } from '../kernel/kernel.ts';
import type { Kubelets, Machine } from './kubelets.ts';
import { createNodeUpdates } from './node-updates.ts';
import { type Condition, timestamp } from './objects.ts';
import type { RequestInfo } from './request-info.ts';
import { leases, nodes } from './resources.ts';
import type { Storage } from './storage.ts';

const leaseNamespace = 'kube-node-lease';
const leaseEveryMs = 10_000;
const statusEveryMs = 5 * 60_000;

/**
 * Heartbeats of kubelets: a lease renewed every ten seconds and a status every five minutes. They are written when
 * somebody is about to read them, as of the last time at which the kubelet would have written them; nobody can tell
 * the difference, and thousands of writes that nobody reads are never made.
 */
export function createHeartbeats({
  kernel,
  storage,
  kubelets,
}: {
  readonly kernel: Kernel;
  readonly storage: Storage;
  readonly kubelets: Kubelets;
}): (info: RequestInfo) => void {
  const updates = createNodeUpdates(storage, kernel);
  const lastOf = ({ registeredAt = 0, stoppedAt }: Machine, everyMs: number) => {
    const until = stoppedAt ?? kernel.clock.now();
    return registeredAt + Math.floor((until - registeredAt) / everyMs) * everyMs;
  };

  const renewLease = (machine: Machine) => {
    const name = machine.instance.privateDnsName;
    const node = storage.get(nodes, '', name);
    if (node === undefined) return;
    const renewTime = new Date(lastOf(machine, leaseEveryMs)).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid }];
    const lease = storage.get(leases, leaseNamespace, name);
    if (lease === undefined)
      storage.create(leases, { metadata: { name, namespace: leaseNamespace, ownerReferences }, spec });
    else storage.update(leases, { ...lease, spec });
  };

  const renewStatus = (machine: Machine) => {
    const lastHeartbeatTime = timestamp(lastOf(machine, statusEveryMs));
    const isDue = (condition: Condition) =>
      condition.status !== 'Unknown' && (condition.lastHeartbeatTime ?? '') < lastHeartbeatTime;
    updates.change(machine.instance.privateDnsName, (node) => {
      if (!node.status.conditions.some(isDue)) return node;
      const conditions = node.status.conditions.map((condition) =>
        isDue(condition) ? { ...condition, lastHeartbeatTime } : condition,
      );
      return { ...node, status: { ...node.status, conditions } };
    });
  };

  const renewals = new Map<unknown, (machine: Machine) => void>([
    [leases, renewLease],
    [nodes, renewStatus],
  ]);
  return (info) => {
    const renew = info.type === 'path' ? undefined : renewals.get(info.resource);
    if (renew === undefined) return;
    for (const machine of kubelets.machines()) if (machine.registeredAt !== undefined) renew(machine);
  };
}
