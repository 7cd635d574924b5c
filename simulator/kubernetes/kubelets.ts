import type { Timer } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Ec2Instance, InstanceChange } from '../services/ec2/instances.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import { createDomainJoin } from './domain-join.ts';
import { createNodeLifecycle } from './node-lifecycle.ts';
import { uninitializedTaint } from './node-objects.ts';
import { createNodeUpdates, withTaints } from './node-updates.ts';
import type { Labels } from './objects.ts';
import { cloudLabels, notReadyTaint, ready, registeredNode, unknown } from './registration.ts';
import { nodes } from './resources.ts';
import type { Storage } from './storage.ts';

/** What an instance's role may do in the cluster: register or not, and the groups that come with it. */
export type NodeIdentity = { readonly groups: readonly string[] };

/** A machine of the cluster, as its own kubelet knows it. */
export type Machine = {
  readonly instance: Ec2Instance;
  readonly registeredAt: number | undefined;
  /** When the kubelet sent its last heartbeat; undefined while it lives. */
  readonly stoppedAt: number | undefined;
  readonly groups: readonly string[];
  /** It was placed in the account as it stands: nothing of its start is still to come. */
  readonly isSettled: boolean;
};

export type Kubelets = {
  readonly onInstance: (change: InstanceChange) => void;
  /** Lets the kubelets that were refused try again: after an access entry was created. */
  readonly retryRegistrations: () => void;
  /** Ends the kubelet of a node, and nothing else of its machine. */
  readonly stop: (nodeName: string) => void;
  readonly machine: (nodeName: string) => Machine | undefined;
  readonly machines: () => Iterable<Machine>;
};

export type KubeletOptions = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
  /** Who the machine is to the cluster; undefined when its role is not mapped, and it can then not register. */
  readonly identityOf: (instance: Ec2Instance) => NodeIdentity | undefined;
  /** Labels that the machine's start-up script gives to its kubelet. */
  readonly labelsOf: (instance: Ec2Instance) => Labels;
};

type State = { -readonly [K in keyof Machine]: Machine[K] } & { timers: Timer[]; isRefused: boolean };

/** The kubelets of all machines of one cluster, from their boot to the end of their nodes. */
export function createKubelets(options: KubeletOptions): Kubelets {
  const { kernel, cluster, storage, timings, identityOf, labelsOf } = options;
  const { clock, random, log } = kernel;
  const machines = new Map<string, State>();
  const byNode = new Map<string, State>();
  const updates = createNodeUpdates(storage, kernel);
  const tag = `kubernetes.io/cluster/${cluster}`;
  const joinDomain = createDomainJoin({ kernel, cluster, storage, graceMs: timings.nodeMonitorGrace });

  const draw = ([low, high]: readonly [number, number], what: string, { instance }: State) =>
    random.between(low, high, what, instance.instanceId);
  const later = (state: State, delayMs: number, action: () => void) => {
    state.timers.push(clock.after(delayMs, action));
  };

  function boot(instance: Ec2Instance, isSettled: boolean): void {
    const state: State = {
      ...{ instance, registeredAt: undefined, stoppedAt: undefined, groups: [] },
      ...{ timers: [], isRefused: false, isSettled },
    };
    machines.set(instance.instanceId, state);
    if (isSettled) register(state);
    else if (instance.guest.defect !== 'never-registers') {
      later(state, draw(instance.guest.bootSeconds, 'kubelet start', state) * 1000, () => register(state));
    }
  }

  function register(state: State): void {
    const { instance } = state;
    const { privateDnsName: name, instanceId } = instance;
    const identity = identityOf(instance);
    state.isRefused = identity === undefined;
    if (identity === undefined) {
      log.write('node.refused', { cluster, node: name, instanceId });
      return;
    }
    // The address of a machine that ended moments ago: its node must go before another can have the name.
    if (storage.get(nodes, '', name) !== undefined) {
      later(state, timings.cloudNodeMonitor, () => register(state));
      return;
    }
    state.groups = identity.groups;
    state.registeredAt = clock.now();
    byNode.set(name, state);
    storage.create(nodes, registeredNode(instance, { kernel, labels: labelsOf(instance) }));
    log.write('node.registered', { cluster, node: name, instanceId });
    if (state.isSettled) settle(state);
    else start(state);
  }

  function start(state: State): void {
    const { guest } = state.instance;
    later(state, draw(timings.cloudInitialization, 'cloud initialization', state), () => initialize(state));
    if (guest.defect === 'never-ready') return;
    later(state, draw(guest.readySeconds, 'kubelet ready', state) * 1000, () => {
      becomeReady(state);
      joinDomain(state, { later: (delayMs, action) => later(state, delayMs, action), back: () => becomeReady(state) });
    });
  }

  function settle(state: State): void {
    initialize(state);
    if (state.instance.guest.defect === 'never-ready') return;
    becomeReady(state);
    updates.change(state.instance.privateDnsName, (node) => withTaints(node, { without: [notReadyTaint] }));
  }

  function initialize({ instance }: State): void {
    updates.change(instance.privateDnsName, (node) => {
      const labels = { ...node.metadata.labels, ...cloudLabels(instance, kernel) };
      return withTaints({ ...node, metadata: { ...node.metadata, labels } }, { without: [uninitializedTaint] });
    });
  }

  function becomeReady({ instance }: State): void {
    updates.setReady(instance.privateDnsName, ready);
    log.write('node.ready', { cluster, node: instance.privateDnsName, instanceId: instance.instanceId });
  }

  function shutDown(state: State | undefined): void {
    if (state === undefined) return;
    cancelTimers(state);
    state.isRefused = false;
    const node = ownNode(storage, state);
    if (node === undefined) return;
    const stopsAfter = draw(timings.kubeletStop, 'kubelet stop', state);
    later(state, stopsAfter, () => {
      state.stoppedAt = clock.now();
    });
    later(state, stopsAfter + timings.nodeMonitorGrace, () => {
      if (ownNode(storage, state) === undefined) return;
      const { privateDnsName, instanceId } = state.instance;
      updates.setReady(privateDnsName, unknown);
      log.write('node.not-ready', { cluster, node: privateDnsName, instanceId });
      lifecycle.removeOnceTerminated(state);
      lifecycle.markShutDown(state);
    });
  }

  const lifecycle = createNodeLifecycle<State>({
    ...{ kernel, timings, updates, later, register, becomeReady },
    ownNode: (state) => ownNode(storage, state),
    remove: ({ metadata }) => storage.remove(nodes, '', metadata.name),
  });

  /** What becomes of a machine that is known. The kubelet of one that was stopped has ended before it is terminated. */
  function follow(state: State, type: InstanceChange['type'], instance: Ec2Instance): void {
    const wasStopped = state.instance.state === 'stopped';
    state.instance = instance;
    if (type === 'running') lifecycle.bootAgain(startAfresh(state));
    else if (type === 'stopped') lifecycle.markShutDown(state);
    else if (type === 'terminated') {
      machines.delete(instance.instanceId);
      lifecycle.removeOnceTerminated(state);
    } else if (!wasStopped) shutDown(state);
  }

  storage.onChange(({ resource, type, object }) => {
    if (resource !== nodes || type !== 'DELETED') return;
    const state = byNode.get(object.metadata.name);
    byNode.delete(object.metadata.name);
    log.write('node.gone', { cluster, node: object.metadata.name, instanceId: state?.instance.instanceId });
  });

  return {
    onInstance({ type, instance, settled }) {
      if (!Object.hasOwn(instance.tags, tag)) return;
      const state = machines.get(instance.instanceId);
      if (state !== undefined) follow(state, type, instance);
      else if (type === 'running') boot(instance, settled === true);
    },
    retryRegistrations() {
      for (const state of machines.values()) if (state.isRefused) register(state);
    },
    stop: (nodeName) => shutDown(byNode.get(nodeName)),
    machine: (nodeName) => byNode.get(nodeName),
    machines: () => machines.values(),
  };
}

/** What was still to come does not come any more. */
function cancelTimers(state: State): void {
  for (const timer of state.timers) timer.cancel();
  state.timers = [];
}

/** The machine as it begins another life. */
function startAfresh(state: State): State {
  cancelTimers(state);
  return Object.assign(state, { stoppedAt: undefined, isSettled: false });
}

/** The node that this machine has registered; another machine may have had its name before. */
function ownNode(storage: Storage, { instance }: State) {
  const node = storage.get(nodes, '', instance.privateDnsName);
  return node?.spec.providerID?.endsWith(`/${instance.instanceId}`) ? node : undefined;
}
