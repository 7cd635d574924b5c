import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../merge-patch.ts';
import { deployments, pods, replicaSets } from '../resources.ts';
import {
  controllerOf,
  type Deployment,
  hasFinished,
  isTerminating,
  type Pod,
  type PodTemplate,
  type Workload,
} from '../workload-objects.ts';
import { type ControllerOptions, controllerReference, follow, runController } from './controller.ts';
import { revisionAnnotation, revisionOf, writeDeploymentStatus } from './deployment-status.ts';
import { nextResizes, type Resize } from './rollout.ts';

/**
 * A Deployment keeps one ReplicaSet of its pod template at its size, and rolls over to another when the template changes.
 * kubernetes.io/docs/concepts/workloads/controllers/deployment
 */
export function runDeployments(options: ControllerOptions): void {
  const { add } = runController(options, deployments, replicaSets, (deployment) => {
    const sets = ownSets(options, deployment);
    const wanted = comparable(deployment.spec.template);
    const known = sets.find((set) => isDeepStrictEqual(comparable(set.spec.template), wanted));
    const old = sets.filter((set) => set !== known);
    const current = isTerminating(deployment) ? known : roll(options, deployment, { known, old });
    writeDeploymentStatus(options, deployment, current, ownSets(options, deployment).filter(isOther(current)));
  });
  // A Deployment that recreates waits for the last pod of the old ReplicaSet, which counts no pods that are terminating.
  follow(options, pods, ({ type, object }) => {
    const deployment = type === 'DELETED' ? deploymentOf(options, object) : undefined;
    if (deployment?.spec.strategy?.type === 'Recreate') add(deployment);
  });
}

function deploymentOf({ storage }: ControllerOptions, pod: Pod): Deployment | undefined {
  const { namespace = '' } = pod.metadata;
  const controller = controllerOf(pod);
  if (controller?.kind !== 'ReplicaSet') return undefined;
  const set = storage.get(replicaSets, namespace, controller.name);
  const owner = set && controllerOf(set);
  return owner && storage.get(deployments, namespace, owner.name);
}

/** The oldest first. */
const ownSets = ({ storage }: ControllerOptions, { metadata }: Deployment): readonly Workload[] =>
  storage
    .listOwned(replicaSets, metadata.uid)
    .filter((set) => controllerOf(set)?.uid === metadata.uid)
    .toSorted((a, b) => revisionOf(a) - revisionOf(b));

const isOther = (set: Workload | undefined) => (other: Workload) => other.metadata.uid !== set?.metadata.uid;

const hashLabel = 'pod-template-hash';

/** Members that are empty count as missing: clients write some of them, such as `resources: {}`. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => withoutEmpty(element));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withoutEmpty(member)] as const);
  return Object.fromEntries(members.filter(([, member]) => !isEmpty(member)));
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** A pod template as the Deployment has it, for comparison. */
function comparable({ metadata, ...template }: PodTemplate): unknown {
  const { [hashLabel]: _, ...labels } = metadata?.labels ?? {};
  return withoutEmpty({ ...template, metadata: { ...metadata, labels } });
}

type Sets = { readonly known: Workload | undefined; readonly old: readonly Workload[] };

/** One step towards the current template; answers its ReplicaSet, which is missing while old pods must go first. */
function roll(options: ControllerOptions, deployment: Deployment, { known, old }: Sets): Workload | undefined {
  const { paused = false, strategy, replicas = 1 } = deployment.spec;
  if (paused) return pausedAt(options, replicas, { known, old });
  if (strategy?.type === 'Recreate') {
    for (const set of old) resize(options, { set, replicas: 0 });
    if (old.some((set) => hasPods(options, set))) return known;
  }
  const newest = Math.max(0, ...old.map(revisionOf));
  const current = known ?? createReplicaSet(options, deployment, { old, revision: newest + 1 });
  if (revisionOf(current) < newest) return options.storage.update(replicaSets, atRevision(current, newest + 1));
  for (const next of nextResizes(deployment, current, old)) resize(options, next);
  forgetOld(options, deployment, current, old);
  return options.storage.get(replicaSets, current.metadata.namespace ?? '', current.metadata.name);
}

/** A paused Deployment is scaled and not rolled. */
function pausedAt(options: ControllerOptions, replicas: number, { known, old }: Sets): Workload | undefined {
  const sized = [...old, ...(known === undefined ? [] : [known])].filter(({ spec }) => spec.replicas !== 0);
  if (sized.length === 1) for (const set of sized) resize(options, { set, replicas });
  return known;
}

/** Pods that have not finished, those that terminate among them. */
const hasPods = ({ storage }: ControllerOptions, { metadata }: Workload) =>
  storage.listOwned(pods, metadata.uid).some((pod) => !hasFinished(pod));

/** Old ReplicaSets without pods are kept for a way back, ten of them by default. */
function forgetOld({ storage }: ControllerOptions, { spec }: Deployment, current: Workload, old: readonly Workload[]) {
  if (Number(current.status?.availableReplicas ?? 0) < (spec.replicas ?? 1)) return;
  if (old.some(({ spec: { replicas } }) => replicas !== 0)) return;
  const surplus = old.length - (spec.revisionHistoryLimit ?? 10);
  const empty = old.filter(({ status }) => Number(status?.replicas ?? 0) === 0);
  for (const { metadata } of empty.slice(0, Math.max(0, surplus)))
    storage.remove(replicaSets, metadata.namespace ?? '', metadata.name);
}

function resize({ storage }: ControllerOptions, { set, replicas }: Resize): void {
  if (set.spec.replicas === replicas) return;
  const generation = (set.metadata.generation ?? 0) + 1;
  storage.update(replicaSets, {
    ...{ ...set, metadata: { ...set.metadata, generation } },
    spec: { ...set.spec, replicas },
  });
}

function atRevision(set: Workload, revision: number): Workload {
  const annotations = { ...set.metadata.annotations, [revisionAnnotation]: String(revision) };
  return { ...set, metadata: { ...set.metadata, annotations } };
}

type Start = { readonly old: readonly Workload[]; readonly revision: number };

function createReplicaSet(
  { kernel, cluster, storage }: ControllerOptions,
  deployment: Deployment,
  { old, revision }: Start,
): Workload {
  const { name, namespace = '' } = deployment.metadata;
  const { minReadySeconds, selector, template } = deployment.spec;
  const hash = kernel.random.hex(9, 'pod template hash', cluster, JSON.stringify(template));
  const own = { [hashLabel]: hash };
  const draft = {
    metadata: {
      ...{ name: `${name}-${hash}`, namespace, labels: { ...template.metadata?.labels, ...own } },
      annotations: { [revisionAnnotation]: String(revision) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, ...own } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...own } },
      },
    },
  };
  // Its first size is what a first step would give it.
  const empty = { ...draft, ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' } } as unknown as Workload;
  const first = nextResizes(deployment, empty, old).find(({ set }) => set === empty)?.replicas ?? 0;
  return storage.create(replicaSets, { ...draft, spec: { ...draft.spec, replicas: first } });
}
