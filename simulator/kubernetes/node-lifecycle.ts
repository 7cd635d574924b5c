import type { Kernel } from '../kernel/kernel.ts';
import type { Ec2Instance } from '../services/ec2/instances.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import type { Node } from './node-objects.ts';
import { type NodeUpdates, withTaints } from './node-updates.ts';

const shutdownTaint = 'node.cloudprovider.kubernetes.io/shutdown';

type Machine = { readonly instance: Ec2Instance; readonly stoppedAt: number | undefined };

type Surroundings<State extends Machine> = {
  readonly kernel: Kernel;
  readonly timings: ClusterTimings;
  readonly updates: NodeUpdates;
  /** Does something later, unless the machine is stopped or ends before. */
  readonly later: (state: State, delayMs: number, action: () => void) => void;
  /** The node that the machine itself has registered, if it is there. */
  readonly ownNode: (state: State) => Node | undefined;
  readonly remove: (node: Node) => void;
  readonly register: (state: State) => void;
  readonly becomeReady: (state: State) => void;
};

/**
 * What becomes of a node whose machine stops or ends. That of a stopped one stays, and its kubelet finds it when it is
 * started again; that of one that has ended is deleted (k8s.io/cloud-provider, controllers/nodelifecycle, MonitorNodes).
 */
export type NodeLifecycle<State extends Machine> = {
  /** The machine runs again. Its kubelet takes the node that it had, or registers one if somebody has deleted that. */
  readonly bootAgain: (state: State) => void;
  /** Taints the node once it is not Ready and its machine is stopped. Asked whenever one of both may have come about. */
  readonly markShutDown: (state: State) => void;
  /** Deletes the node once it is not Ready and its machine no longer exists. Asked in the same way. */
  readonly removeOnceTerminated: (state: State) => void;
};

export function createNodeLifecycle<State extends Machine>(around: Surroundings<State>): NodeLifecycle<State> {
  const { kernel, timings, updates, later, ownNode, remove, register, becomeReady } = around;
  const { clock, random } = kernel;
  const draw = ([least, most]: readonly [number, number], what: string, { instance }: State) =>
    random.between(least, most, what, instance.instanceId, clock.now());

  function comeBack(state: State): void {
    const { guest, privateDnsName } = state.instance;
    if (ownNode(state) === undefined) register(state);
    else if (guest.defect !== 'never-ready') {
      later(state, draw(guest.readySeconds, 'kubelet ready again', state) * 1000, () => {
        updates.change(privateDnsName, (node) => withTaints(node, { without: [shutdownTaint] }));
        becomeReady(state);
      });
    }
  }

  return {
    bootAgain(state) {
      const { guest } = state.instance;
      if (guest.defect === 'never-registers') return;
      later(state, draw(guest.bootSeconds, 'kubelet start again', state) * 1000, () => comeBack(state));
    },
    markShutDown(state) {
      const { instance, stoppedAt = clock.now() } = state;
      const isNotReady = stoppedAt + timings.nodeMonitorGrace <= clock.now();
      if (instance.state !== 'stopped' || !isNotReady || ownNode(state) === undefined) return;
      later(state, draw([0, timings.cloudNodeMonitor], 'cloud node monitor of the stopped', state), () => {
        const taint = { key: shutdownTaint, effect: 'NoSchedule' } as const;
        updates.change(instance.privateDnsName, (node) => withTaints(node, { without: [shutdownTaint], add: [taint] }));
      });
    },
    removeOnceTerminated(state) {
      const node = ownNode(state);
      const isReady = node?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
      if (node === undefined || isReady || state.instance.state !== 'terminated') return;
      const [least, most] = [0, timings.cloudNodeMonitor];
      const delay = random.between(least, most, 'cloud node monitor', state.instance.instanceId);
      clock.after(delay, () => {
        if (ownNode(state) !== undefined) remove(node);
      });
    },
  };
}
