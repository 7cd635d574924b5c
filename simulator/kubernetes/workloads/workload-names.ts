import { replicaSets } from '../resources.ts';
import type { Storage } from '../storage.ts';
import { controllerOf, type Pod } from '../workload-objects.ts';

/** The workload of a pod as an operator knows it, such as `Deployment/web`; `Pod/<name>` without a controller. */
export type WorkloadNames = (pod: Pod) => string;

/** Remembers every controller that it has seen: the pods of a deleted one still go by its name. */
export function createWorkloadNames(storage: Storage): WorkloadNames {
  const names = new Map<string, string>();
  return (pod) => {
    const controller = controllerOf(pod);
    if (controller === undefined) return `Pod/${pod.metadata.name}`;
    const known = names.get(controller.uid);
    if (known !== undefined) return known;
    const set =
      controller.kind === 'ReplicaSet'
        ? storage.get(replicaSets, pod.metadata.namespace ?? '', controller.name)
        : undefined;
    const { kind, name } = (set && controllerOf(set)) ?? controller;
    names.set(controller.uid, `${kind}/${name}`);
    return `${kind}/${name}`;
  };
}
