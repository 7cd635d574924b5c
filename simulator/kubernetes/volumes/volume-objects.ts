import type { KubernetesObject } from '../objects.ts';
import type { NodeSelectorTerm } from '../workload-objects.ts';

export type AccessMode = 'ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod';

export type PersistentVolume = KubernetesObject & {
  readonly spec: {
    readonly capacity: Readonly<Record<string, string>>;
    readonly accessModes: readonly AccessMode[];
    readonly storageClassName?: string;
    readonly persistentVolumeReclaimPolicy?: 'Delete' | 'Retain';
    readonly claimRef?: { readonly namespace: string; readonly name: string; readonly uid?: string };
    readonly csi?: { readonly driver: string; readonly volumeHandle: string };
    readonly nodeAffinity?: { readonly required: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } };
  };
  readonly status?: { readonly phase: 'Available' | 'Bound' | 'Released' };
};

export type PersistentVolumeClaim = KubernetesObject & {
  readonly spec: {
    readonly accessModes: readonly AccessMode[];
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  };
  readonly status?: {
    readonly phase: 'Pending' | 'Bound' | 'Lost';
    readonly accessModes?: readonly AccessMode[];
    readonly capacity?: Readonly<Record<string, string>>;
  };
};

export type StorageClass = KubernetesObject & {
  readonly provisioner: string;
  readonly reclaimPolicy?: 'Delete' | 'Retain';
  readonly volumeBindingMode?: 'Immediate' | 'WaitForFirstConsumer';
};

export type VolumeAttachment = KubernetesObject & {
  readonly spec: {
    readonly attacher: string;
    readonly nodeName: string;
    readonly source: { readonly persistentVolumeName: string };
  };
  readonly status?: { readonly attached: boolean };
};

/** The driver of EBS volumes, the only one that makes and attaches volumes in this cluster. */
export const ebsDriver = 'ebs.csi.aws.com';
/** Keeps a claim that is being deleted as long as a pod uses it. */
export const claimProtection = 'kubernetes.io/pvc-protection';
export const zoneLabel = 'topology.kubernetes.io/zone';
/** Set by the scheduler on a claim that waits for its first consumer. */
export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node';
