import { type Condition, timestamp, withCondition } from '../objects.ts';
import { deployments } from '../resources.ts';
import type { Deployment, Workload } from '../workload-objects.ts';
import { type ControllerOptions, counted } from './controller.ts';
import { boundsOf } from './rollout.ts';

/** Of a ReplicaSet and of its Deployment: which of the pod templates, counted from 1. */
export const revisionAnnotation = 'deployment.kubernetes.io/revision';

export const revisionOf = ({ metadata }: Workload) => Number(metadata.annotations?.[revisionAnnotation] ?? 0);

/**
 * Writes the counts of all ReplicaSets of a Deployment, which of them is current, and its conditions: `Available`, and
 * `Progressing`, which never fails here because no deadline is kept.
 */
export function writeDeploymentStatus(
  { kernel, storage }: ControllerOptions,
  { metadata: { name, namespace = '', uid } }: Deployment,
  current: Workload | undefined,
  old: readonly Workload[],
): void {
  const deployment = storage.get(deployments, namespace, name);
  if (deployment === undefined || deployment.metadata.uid !== uid) return;
  const all = current === undefined ? old : [...old, current];
  const { replicas: wanted = 1 } = deployment.spec;
  const [updated, availableReplicas] = [countOf(current, 'replicas'), total(all, 'availableReplicas')];
  const counts = { replicas: total(all, 'replicas'), updatedReplicas: updated };
  const missing = Math.max(0, Math.max(wanted, sizes(all)) - availableReplicas);
  const isComplete = updated === wanted && counts.replicas === wanted && availableReplicas >= wanted;
  const now = timestamp(kernel.clock.now());
  const before = deployment.status?.conditions as readonly Condition[] | undefined;
  const available = availableCondition(availableReplicas >= wanted - boundsOf(deployment).maxUnavailable);
  const conditions = withCondition(before, available, now);
  storage.update(deployments, {
    ...deployment,
    metadata: current === undefined ? deployment.metadata : withRevision(deployment, revisionOf(current)),
    status: {
      observedGeneration: deployment.metadata.generation,
      ...counted({
        ...counts,
        ...{ readyReplicas: total(all, 'readyReplicas'), availableReplicas, unavailableReplicas: missing },
      }),
      conditions:
        current === undefined ? conditions : withCondition(conditions, progressCondition(current, isComplete), now),
    },
  });
}

const countOf = (set: Workload | undefined, count: string) => Number(set?.status?.[count] ?? 0);
const total = (sets: readonly Workload[], count: string) => sets.reduce((sum, set) => sum + countOf(set, count), 0);
const sizes = (sets: readonly Workload[]) => sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);

function withRevision({ metadata }: Deployment, revision: number): Deployment['metadata'] {
  return { ...metadata, annotations: { ...metadata.annotations, [revisionAnnotation]: String(revision) } };
}

function availableCondition(isEnough: boolean): Condition {
  return isEnough
    ? {
        ...{ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
        message: 'Deployment has minimum availability.',
      }
    : {
        ...{ type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' },
        message: 'Deployment does not have minimum availability.',
      };
}

function progressCondition({ metadata: { name } }: Workload, isComplete: boolean): Condition {
  const [reason, what] = isComplete
    ? ['NewReplicaSetAvailable', 'has successfully progressed']
    : ['ReplicaSetUpdated', 'is progressing'];
  return { type: 'Progressing', status: 'True', reason, message: `ReplicaSet "${name}" ${what}.` };
}
