import type { Node, Taint } from '../node-objects.ts';
import type { KubernetesObject } from '../objects.ts';
import { daemonSets, nodes, pods } from '../resources.ts';
import { intolerable, matchesNode } from '../scheduling/node-fit.ts';
import { hasFinished, isPodReady, isTerminating, type Pod, type PodSpec, type Workload } from '../workload-objects.ts';
import { type ControllerOptions, createPod, deletePod, isAvailable, runController, writeStatus } from './controller.ts';

/** DaemonSets: one pod for every node that it is meant for. kubernetes.io/docs/concepts/workloads/controllers/daemonset */
export function runDaemonSets(options: ControllerOptions): void {
  const { storage } = options;
  const { add } = runController(options, daemonSets, pods, (set) => {
    if (!isTerminating(set)) keepDaemons(options, set);
    writeCounts(options, set);
  });
  storage.onChange(({ resource, type, object, previous }) => {
    if (resource !== nodes) return;
    if (type === 'MODIFIED' && placement(object) === placement(previous)) return;
    for (const set of storage.list(daemonSets)) add(set);
  });
}

/** Of a node what decides whether a daemon belongs on it. */
function placement(object: KubernetesObject | undefined): string {
  const { metadata, spec } = object as Node;
  return JSON.stringify([metadata.labels, spec.taints, spec.unschedulable]);
}

const tolerated = ['not-ready', 'unreachable'].map((name) => ({
  key: `node.kubernetes.io/${name}`,
  operator: 'Exists' as const,
  effect: 'NoExecute',
}));
const daemonTolerations = [
  ...tolerated,
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists' as const,
    effect: 'NoSchedule',
  })),
];

/** The spec that its pods have on any node: they stay on nodes in trouble and start on cordoned ones. */
function daemonSpec({ spec }: Workload): PodSpec {
  const { hostNetwork, tolerations = [] } = spec.template.spec;
  const network = { key: 'node.kubernetes.io/network-unavailable', operator: 'Exists' as const, effect: 'NoSchedule' };
  const added = [...daemonTolerations, ...(hostNetwork ? [network] : [])];
  return { ...spec.template.spec, tolerations: [...tolerations, ...added] };
}

type Places = { readonly wanted: ReadonlySet<string>; readonly own: ReadonlyMap<string, readonly Pod[]> };

function placesOf({ storage }: ControllerOptions, set: Workload): Places {
  const spec = daemonSpec(set);
  const wanted = storage.list(nodes).filter((node) => matchesNode(spec, node) && untolerated(spec, node) === undefined);
  const own = Map.groupBy(storage.listOwned(pods, set.metadata.uid), nodeOf);
  return { wanted: new Set(wanted.map(({ metadata }) => metadata.name)), own };
}

/** A daemon that stays although another one would not be started: a taint that only keeps new pods away came later. */
function mayStay(spec: PodSpec, node: Node | undefined): boolean {
  if (node === undefined || !matchesNode(spec, node)) return false;
  return untolerated(spec, node)?.effect !== 'NoExecute';
}

function untolerated(spec: PodSpec, { spec: { taints = [] } }: Node): Taint | undefined {
  return intolerable(spec, taints, ['NoExecute'])[0] ?? intolerable(spec, taints, ['NoSchedule'])[0];
}

/** The node of a daemon, which its affinity names until the scheduler has bound it. */
function nodeOf({ spec }: Pod): string {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

function keepDaemons(options: ControllerOptions, set: Workload): void {
  const { wanted, own } = placesOf(options, set);
  const spec = daemonSpec(set);
  for (const [nodeName, there] of own) {
    const living = there.filter((pod) => !isTerminating(pod));
    const keeps = wanted.has(nodeName) || mayStay(spec, options.storage.get(nodes, '', nodeName));
    const unwanted = keeps ? living.filter(hasFinished) : living;
    for (const pod of unwanted) deletePod(options, pod);
  }
  // A new one starts when the old one is gone.
  for (const nodeName of wanted) if (!own.has(nodeName)) createDaemon(options, set, spec, nodeName);
}

function createDaemon(options: ControllerOptions, set: Workload, spec: PodSpec, nodeName: string): void {
  const given = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }];
  const nodeSelectorTerms = given?.map((term) => ({ ...term, matchFields })) ?? [{ matchFields }];
  createPod(options, set, {
    spec: {
      tolerations: spec.tolerations ?? [],
      affinity: {
        ...spec.affinity,
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
      },
    },
  });
}

function writeCounts(options: ControllerOptions, set: Workload): void {
  const { wanted, own } = placesOf(options, set);
  const now = options.kernel.clock.now();
  const places = [...own].filter(([, there]) => there.some((pod) => !isTerminating(pod)));
  const scheduled = places.filter(([nodeName]) => wanted.has(nodeName));
  const count = (isOne: (pod: Pod) => boolean) => scheduled.filter(([, there]) => there.some(isOne)).length;
  const available = count((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now));
  writeStatus(options, daemonSets, set, {
    currentNumberScheduled: scheduled.length,
    desiredNumberScheduled: wanted.size,
    numberMisscheduled: places.length - scheduled.length,
    numberReady: count(isPodReady),
    numberAvailable: available,
    ...(wanted.size > available ? { numberUnavailable: wanted.size - available } : {}),
    updatedNumberScheduled: scheduled.length,
  });
}
