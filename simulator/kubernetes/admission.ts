import type { JsonObject } from './merge-patch.ts';
import { windowsAddressResource } from './node-objects.ts';
import type { KubernetesObject } from './objects.ts';
import { namespaces, type Resource, serviceAccounts, storageClasses } from './resources.ts';
import { admitService, type NewService } from './service-addresses.ts';
import { forbidden, notFound } from './status.ts';
import type { NewObject, Storage } from './storage.ts';
import { claimProtection, type PersistentVolumeClaim } from './volumes/volume-objects.ts';
import type { Container, Job, PodSpec } from './workload-objects.ts';
import { withDeploymentDefaults } from './workloads/deployment-defaults.ts';

type NewClaim = NewObject & Pick<PersistentVolumeClaim, 'spec'>;
type NewJob = NewObject & Pick<Job, 'spec'>;
type Admit = (storage: Storage, object: NewObject) => unknown;

/** What the API server adds to new objects of a kind. */
const byKind: Readonly<Record<string, Admit>> = {
  Pod: (storage, object) => admitPod(storage, object as NewObject & { spec: PodSpec }),
  Node: (_, object) => ({
    ...object,
    spec: object.spec ?? {},
    status: { ...emptyNodeStatus, ...(object.status as object) },
  }),
  Namespace: (_, object) => ({ ...withNameLabel(object), status: { phase: 'Active' } }),
  PodDisruptionBudget: (_, object) => ({ ...object, status: emptyBudgetStatus }),
  Service: (storage, object) => admitService(storage, object as NewService),
  PersistentVolumeClaim: (storage, object) => admitClaim(storage, object as NewClaim),
  PersistentVolume: (_, object) => ({ ...object, status: { phase: 'Available' } }),
  Job: (_, object) => admitJob(object as NewJob),
  Deployment: (_, object) => ({ ...object, spec: withDeploymentDefaults(object.spec as JsonObject) }),
};

/** Members that are written even when nothing has been counted yet. */
const emptyBudgetStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };

/** By this label selectors find a namespace by its name. */
function withNameLabel({ metadata, ...content }: NewObject): NewObject {
  const labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  return { ...content, metadata: { ...metadata, labels } };
}

/** Of a Node that somebody writes who is no kubelet. */
const emptyNodeStatus = { capacity: {}, allocatable: {}, conditions: [], addresses: [], nodeInfo: {} };

/** What happens to a new object between validation and storage. @throws {ApiError} 404 without its namespace. */
export function admit<T extends KubernetesObject>(
  storage: Storage,
  resource: Resource,
  object: NewObject<T>,
): NewObject<T> {
  const namespace = object.metadata.namespace;
  if (resource.namespaced && namespace !== undefined)
    demandNamespace(storage, resource, namespace, object.metadata.name);
  const admitted = byKind[resource.kind]?.(storage, object as unknown as NewObject);
  return (admitted ?? object) as NewObject<T>;
}

function demandNamespace(storage: Storage, resource: Resource, name: string, objectName: string): void {
  const namespace = storage.get(namespaces, '', name);
  if (namespace === undefined) throw notFound(namespaces, name);
  if (namespace.metadata.deletionTimestamp !== undefined) {
    throw forbidden(
      resource,
      objectName,
      `unable to create new content in namespace ${name} because it is being terminated`,
    );
  }
}

/**
 * Defaults of a pod. For Windows pods the webhook of the VPC resource controller asks for one IPv4 address; a node
 * without addresses therefore never gets one. Pods in the network of their host need none.
 */
function admitPod(storage: Storage, pod: NewObject & { spec: PodSpec }) {
  const { spec, metadata } = pod;
  const isWindows = spec.nodeSelector?.['kubernetes.io/os'] === 'windows' && spec.hostNetwork !== true;
  const [first, ...others] = spec.containers;
  const containers = isWindows && first !== undefined ? [withAddress(first), ...others] : spec.containers;
  const defaults = {
    ...{ restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst' },
    ...{ schedulerName: 'default-scheduler', serviceAccountName: 'default', enableServiceLinks: true },
  };
  demandServiceAccount(storage, metadata, spec.serviceAccountName ?? defaults.serviceAccountName);
  return {
    ...pod,
    spec: { ...defaults, ...spec, containers, tolerations: withDefaultTolerations(spec) },
    status: { phase: 'Pending', qosClass: qosClassOf(spec) },
  };
}

/** What happens to the pod when its node runs out of CPU or memory. kubernetes.io/docs/concepts/workloads/pods/pod-qos */
function qosClassOf({ containers, initContainers = [] }: PodSpec): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const counted = ['cpu', 'memory'];
  const all = [...containers, ...initContainers].map(({ resources }) => resources ?? {});
  const isNamed = ({ limits = {}, requests = {} }: NonNullable<Container['resources']>) =>
    counted.some((name) => limits[name] !== undefined || requests[name] !== undefined);
  if (!all.some(isNamed)) return 'BestEffort';
  const isFull = ({ limits = {}, requests = {} }: NonNullable<Container['resources']>) =>
    counted.every((name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name]);
  return all.every(isFull) ? 'Guaranteed' : 'Burstable';
}

/** The account `default` follows its namespace at once, so the API server waits for it. plugin/pkg/admission/serviceaccount */
function demandServiceAccount(
  storage: Storage,
  { namespace = '', name }: NewObject['metadata'],
  account: string,
): void {
  if (account === 'default' || storage.get(serviceAccounts, namespace, account) !== undefined) return;
  const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
  throw forbidden({ plural: 'pods' }, name, why);
}

function withAddress(container: Container): Container {
  const address = { [windowsAddressResource]: '1' };
  return {
    ...container,
    resources: {
      limits: { ...container.resources?.limits, ...address },
      requests: { ...container.resources?.requests, ...address },
    },
  };
}

/** Every pod may stay five minutes on a node that is not ready or cannot be reached. */
function withDefaultTolerations({ tolerations = [] }: PodSpec) {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((toleration) => covers(toleration, key)))
    .map((key) => ({ key, operator: 'Exists' as const, effect: 'NoExecute', tolerationSeconds: 300 }));
  return [...tolerations, ...missing];
}

const covers = ({ key = '', effect = '' }: { readonly key?: string; readonly effect?: string }, wanted: string) =>
  (key === '' || key === wanted) && (effect === '' || effect === 'NoExecute');

const isDefaultClass = 'storageclass.kubernetes.io/is-default-class';

/** A claim that names no class gets the default one, if there is one, and is kept as long as a pod uses it. */
function admitClaim(storage: Storage, claim: NewClaim) {
  const defaultClass = storage
    .list(storageClasses)
    .find(({ metadata }) => metadata.annotations?.[isDefaultClass] === 'true')?.metadata.name;
  const storageClassName = claim.spec.storageClassName ?? defaultClass;
  return {
    ...claim,
    metadata: { ...claim.metadata, finalizers: [...(claim.metadata.finalizers ?? []), claimProtection] },
    spec: { volumeMode: 'Filesystem', ...claim.spec, ...(storageClassName === undefined ? {} : { storageClassName }) },
    status: { phase: 'Pending' },
  };
}

/** Pods of a job are found by labels that its controller gives them. */
function admitJob(job: NewJob) {
  const { template } = job.spec;
  const own = { 'job-name': job.metadata.name, 'batch.kubernetes.io/job-name': job.metadata.name };
  return {
    ...job,
    spec: {
      ...{ completions: job.spec.parallelism ?? 1, parallelism: 1, backoffLimit: 6 },
      ...job.spec,
      selector: { matchLabels: own },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...own } },
      },
    },
  };
}
