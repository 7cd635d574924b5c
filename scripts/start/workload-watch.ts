import type { LogEntry } from '../../simulator/kernel/event-log.ts';

/** What the account saw of one workload: of the pods that one controller keeps up, or of one pod without a controller. */
export type WorkloadDocument = {
  readonly cluster: string;
  /** `<namespace>/<kind>/<name>`, as in a scenario. */
  readonly workload: string;
  /** How many Ready pods it began with. */
  readonly inPlace: number;
  /** The lowest number of Ready pods that were not being deleted, since then. */
  readonly lowestReady: number;
};

/** Evictions that a budget refused, or two that are over the same pod, as `<namespace>/<name> and <name>`. */
export type RefusalDocument = { readonly cluster: string; readonly budget: string; readonly times: number };

/** A pod that a budget keeps on its node now. */
export type HeldPod = {
  readonly cluster: string;
  readonly node: string;
  readonly pod: string;
  readonly budget: string;
};

export type WorkloadWatch = {
  readonly take: (entry: LogEntry) => void;
  /** Those that had Ready pods in place when the account began. */
  readonly workloads: () => readonly WorkloadDocument[];
  readonly refusals: () => readonly RefusalDocument[];
  readonly held: () => readonly HeldPod[];
};

type Seen = { readonly ready: Set<unknown>; inPlace: number; lowest: number };

/** What nodes that come and go change by themselves, and what ends by itself: their numbers say nothing about a rollout. */
const isUncounted = (workload: string): boolean => /\/(DaemonSet|Job|Node)\//.test(workload);

/** Follows the pods of an account by its event log, from its beginning. */
export function watchWorkloads(): WorkloadWatch {
  const seen = new Map<string, Seen>();
  const refusals = new Map<string, number>();
  const held = new Map<unknown, HeldPod>();

  const follow = ({ kind, details }: LogEntry) => {
    const key = `${details.cluster} ${details.namespace}/${details.workload}`;
    const workload = seen.get(key) ?? { ready: new Set(), inPlace: 0, lowest: Number.POSITIVE_INFINITY };
    seen.set(key, workload);
    if (kind === 'pod.ready') workload.ready.add(details.uid);
    if (kind === 'pod.unready' || kind === 'pod.terminating' || kind === 'pod.deleted') {
      workload.ready.delete(details.uid);
    }
    if (details.settled === true) workload.inPlace = workload.ready.size;
    workload.lowest = Math.min(details.settled === true ? workload.inPlace : workload.lowest, workload.ready.size);
  };
  const refuse = ({ details }: LogEntry) => {
    const { cluster, namespace, pod, uid, node } = details;
    const budget = String(details.budget).replaceAll(' ', ' and ');
    const key = `${cluster} ${namespace}/${budget}`;
    refusals.set(key, (refusals.get(key) ?? 0) + 1);
    const name = `${namespace}/${pod}`;
    held.set(uid, { cluster: String(cluster), node: String(node), pod: name, budget });
  };

  return {
    take(entry) {
      const { kind, details } = entry;
      if (kind === 'eviction.refused') refuse(entry);
      if (kind === 'pod.terminating' || kind === 'pod.deleted') held.delete(details.uid);
      if (kind.startsWith('pod.') && kind !== 'pod.refused') follow(entry);
    },
    workloads: () =>
      [...seen].flatMap(([key, { inPlace, lowest }]) => {
        const { cluster, name } = partsOf(key);
        if (inPlace === 0 || isUncounted(name)) return [];
        return [{ cluster, workload: name, inPlace, lowestReady: lowest }];
      }),
    refusals: () =>
      [...refusals].map(([key, times]) => {
        const { cluster, name } = partsOf(key);
        return { cluster, budget: name, times };
      }),
    held: () => [...held.values()],
  };
}

function partsOf(key: string) {
  const at = key.indexOf(' ');
  return { cluster: key.slice(0, at), name: key.slice(at + 1) };
}
