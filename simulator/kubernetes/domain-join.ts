import type { Kernel } from '../kernel/kernel.ts';
import type { Ec2Instance } from '../services/ec2/instances.ts';
import { createNodeUpdates } from './node-updates.ts';
import { unknown } from './registration.ts';
import { nodes, pods } from './resources.ts';
import type { Storage } from './storage.ts';

type Options = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  /** How long a kubelet may be silent before its node becomes Unknown, in milliseconds. */
  readonly graceMs: number;
};

type Rebooting = { readonly instance: Ec2Instance; stoppedAt: number | undefined };

/** How the machine waits, which ends with it, and what it does once it is back. */
type Moments = { readonly later: (delayMs: number, action: () => void) => void; readonly back: () => void };

/**
 * Lets machines whose guest says so join a domain once they are Ready, which reboots them: the kubelet is silent until it is
 * back. Nobody notices an absence that is shorter than the grace period of the node lifecycle controller.
 */
export function createDomainJoin({ kernel, cluster, storage, graceMs }: Options) {
  const { clock, random, log } = kernel;
  const updates = createNodeUpdates(storage, kernel);

  /** Pods that run there would be restarted, which is not simulated. */
  function refusePods(node: string): void {
    const count = storage.listBy(pods, 'spec.nodeName', node).length;
    if (count > 0) throw new Error(`${node} reboots with ${count} pods, whose restart is not simulated.`);
  }

  return (machine: Rebooting, { later, back }: Moments): void => {
    const { privateDnsName: node, instanceId, guest } = machine.instance;
    if (guest.domainJoin === undefined) return;
    const { readySeconds, rebootSeconds } = guest.domainJoin;
    const draw = ([low, high]: readonly [number, number], what: string) =>
      random.between(low, high, what, instanceId) * 1000;

    later(draw(readySeconds, 'domain join'), () => {
      refusePods(node);
      machine.stoppedAt = clock.now();
      log.write('node.reboots', { cluster, node, instanceId });
      later(graceMs, () => {
        if (machine.stoppedAt === undefined || storage.get(nodes, '', node) === undefined) return;
        updates.setReady(node, unknown);
        log.write('node.not-ready', { cluster, node, instanceId });
      });
      later(draw(rebootSeconds, 'reboot'), () => {
        machine.stoppedAt = undefined;
        back();
      });
    });
  };
}
