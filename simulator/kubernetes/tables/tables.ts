import type { KubernetesObject } from '../objects.ts';
import * as cluster from './cluster-objects.ts';
import type { Columns } from './column.ts';
import { jobColumns } from './jobs.ts';
import { nodeColumns } from './nodes.ts';
import { podColumns } from './pods.ts';
import * as volumes from './volumes.ts';
import * as workloads from './workloads.ts';

const columns: Readonly<Record<string, Columns>> = {
  ConfigMap: cluster.configMapColumns,
  Endpoints: cluster.endpointsColumns,
  Event: cluster.eventColumns,
  Namespace: cluster.namespaceColumns,
  Node: nodeColumns,
  PersistentVolume: volumes.persistentVolumeColumns,
  PersistentVolumeClaim: volumes.persistentVolumeClaimColumns,
  Pod: podColumns,
  Secret: cluster.secretColumns,
  Service: workloads.serviceColumns,
  ServiceAccount: cluster.serviceAccountColumns,
  EndpointSlice: cluster.endpointSliceColumns,
  Job: jobColumns,
  ControllerRevision: workloads.controllerRevisionColumns,
  DaemonSet: workloads.daemonSetColumns,
  Deployment: workloads.deploymentColumns,
  ReplicaSet: workloads.replicaSetColumns,
  StatefulSet: workloads.statefulSetColumns,
  Lease: cluster.leaseColumns,
  PodDisruptionBudget: workloads.disruptionBudgetColumns,
  ClusterRoleBinding: cluster.bindingColumns,
  RoleBinding: cluster.bindingColumns,
  CSINode: volumes.csiNodeColumns,
  StorageClass: volumes.storageClassColumns,
  VolumeAttachment: volumes.volumeAttachmentColumns,
};

export const columnsOf = (kind: string): Columns => columns[kind] ?? cluster.plainColumns;

/** What each row of a table carries of its object. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export type TableOptions = {
  readonly kind: string;
  readonly includeObject: IncludeObject;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Events of a watch after the first have none. */
  readonly withHeaders: boolean;
};

/** Objects of one kind as a `Table`. */
export function tableOf(
  objects: readonly KubernetesObject[],
  metadata: Readonly<Record<string, unknown>>,
  { kind, includeObject, now, withHeaders }: TableOptions,
): Record<string, unknown> {
  const shown = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withHeaders ? shown.map(({ cell: _, ...definition }) => definition) : null,
    rows: objects.map((object) => ({
      cells: shown.map(({ cell }) => cell(object, now)),
      object: includedOf(object, includeObject),
    })),
  };
}

function includedOf(object: KubernetesObject, include: IncludeObject): unknown {
  if (include === 'None') return null;
  return include === 'Object' ? object : metadataOf(object);
}

/** The object without all that only its kind has. */
export const metadataOf = ({ metadata }: KubernetesObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});
