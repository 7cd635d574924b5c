import type { Kernel } from '../kernel/kernel.ts';
import type { Kubelets } from './kubelets.ts';
import type { Node } from './node-objects.ts';
import { createNodeUpdates } from './node-updates.ts';
import { configMaps, nodes } from './resources.ts';
import type { Storage } from './storage.ts';

/** Whether the cluster gives IPv4 addresses to Windows nodes: a setting of the `amazon-vpc-cni` ConfigMap. */
export function hasWindowsIpam(storage: Storage): boolean {
  const data = storage.get(configMaps, 'kube-system', 'amazon-vpc-cni')?.data;
  return (data as Record<string, string> | undefined)?.['enable-windows-ipam'] === 'true';
}

/**
 * The VPC resource controller of EKS: some time after a Windows node has registered, it makes known how many IPv4
 * addresses its network interface can give to pods. Without Windows IPAM it does nothing.
 */
export function runAddressController({
  kernel,
  storage,
  kubelets,
}: {
  readonly kernel: Kernel;
  readonly storage: Storage;
  readonly kubelets: Kubelets;
}): void {
  const { clock, random, log } = kernel;
  const updates = createNodeUpdates(storage, kernel);
  /** Nodes whose time has come; they get their addresses as soon as IPAM is on. */
  const due = new Set<string>();

  const giveAddresses = () => {
    if (!hasWindowsIpam(storage)) return;
    for (const name of due) {
      const machine = kubelets.machine(name);
      if (machine === undefined) continue;
      updates.addAddresses(name, machine.instance.instanceType);
      log.write('node.addresses', { node: name, instanceId: machine.instance.instanceId });
    }
    due.clear();
  };

  const expect = ({ metadata: { name } }: Node) => {
    const machine = kubelets.machine(name);
    if (machine?.instance.platform !== 'windows' || machine.instance.guest.defect === 'no-addresses') return;
    const becomeDue = () => {
      due.add(name);
      giveAddresses();
    };
    const { instanceId, guest } = machine.instance;
    if (machine.isSettled) becomeDue();
    else clock.after(random.between(...guest.addressSeconds, 'addresses', instanceId) * 1000, becomeDue);
  };

  storage.onChange(({ resource, type, object }) => {
    if (resource === configMaps) return giveAddresses();
    if (resource !== nodes) return;
    if (type === 'ADDED') expect(object as Node);
    if (type === 'DELETED') due.delete(object.metadata.name);
  });
}
