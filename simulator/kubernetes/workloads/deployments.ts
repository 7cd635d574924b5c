import { timestamp, withCondition } from '../objects.ts';
import { deployments, replicaSets } from '../resources.ts';
import { controllerOf, type Workload } from '../workload-objects.ts';
import { type ControllerOptions, controllerReference, runController, writeStatus } from './controller.ts';

/**
 * A Deployment keeps one ReplicaSet of its size. The API refuses another pod template, so nothing here rolls.
 * kubernetes.io/docs/concepts/workloads/controllers/deployment
 */
export function runDeployments(options: ControllerOptions): void {
  const { storage } = options;
  runController(options, deployments, replicaSets, (deployment) => {
    const own = storage.listOwned(replicaSets, deployment.metadata.uid).find((set) => controllerOf(set) !== undefined);
    const { replicas = 1 } = deployment.spec;
    if (own === undefined) createReplicaSet(options, deployment);
    else if (own.spec.replicas !== replicas) storage.update(replicaSets, withReplicas(own, replicas));
    writeCounts(options, deployment, own);
  });
}

function createReplicaSet({ kernel, cluster, storage }: ControllerOptions, deployment: Workload): void {
  const { name, namespace = '', labels } = deployment.metadata;
  const { replicas = 1, minReadySeconds, selector, template } = deployment.spec;
  const hash = kernel.random.hex(9, 'pod template hash', cluster, JSON.stringify(template));
  const hashLabel = { 'pod-template-hash': hash };
  storage.create(replicaSets, {
    metadata: {
      ...{ name: `${name}-${hash}`, namespace, labels: { ...labels, ...hashLabel } },
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, ...hashLabel } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...hashLabel } },
      },
    },
  });
}

function withReplicas(set: Workload, replicas: number): Workload {
  const generation = (set.metadata.generation ?? 0) + 1;
  return { ...set, metadata: { ...set.metadata, generation }, spec: { ...set.spec, replicas } };
}

type Counts = { readonly replicas?: number; readonly readyReplicas?: number; readonly availableReplicas?: number };

/**
 * The counts of its ReplicaSet, and the condition `Available`: at most a quarter, the default of `maxUnavailable`, is
 * missing.
 */
function writeCounts(options: ControllerOptions, deployment: Workload, set: Workload | undefined): void {
  const { replicas: wanted = 1 } = deployment.spec;
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = (set?.status ?? {}) as Counts;
  const isEnough = availableReplicas >= wanted - Math.floor(wanted / 4);
  const conditions = deployment.status?.conditions as Parameters<typeof withCondition>[0];
  const condition = isEnough
    ? ({
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      } as const)
    : ({
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      } as const);
  const missing = Math.max(0, wanted - availableReplicas);
  writeStatus(options, deployments, deployment, {
    ...{ replicas, updatedReplicas: replicas, readyReplicas, availableReplicas },
    ...(missing === 0 ? {} : { unavailableReplicas: missing }),
    conditions: withCondition(conditions, condition, timestamp(options.kernel.clock.now())),
  });
}
