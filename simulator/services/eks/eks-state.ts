import type { AMITypes, Issue, NodegroupStatus, Update } from '@aws-sdk/client-eks';
import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { AccessEntries } from './access-entries.ts';
import type { EksBehaviour } from './behaviour.ts';
import type { Releases } from './releases.ts';

export type Tags = Readonly<Record<string, string>>;
export type AuthenticationMode = 'API' | 'API_AND_CONFIG_MAP';

/** A cluster as EKS keeps it, around the Kubernetes cluster itself. */
export type EksCluster = {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly kubernetes: Cluster;
  readonly endpoint: string;
  readonly roleArn: string;
  readonly subnetIds: readonly string[];
  readonly authenticationMode: AuthenticationMode;
  readonly accessEntries: AccessEntries;
  readonly nodegroups: Map<string, Nodegroup>;
  tags: Tags;
};

export type Sizes = { readonly minSize: number; readonly maxSize: number; readonly desiredSize: number };

/** One version of the caller's own launch template, as a node group uses it. */
export type SourceTemplate = {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly imageId: string;
};

/** One release of Amazon's own AMIs. */
export type AmazonsAmi = {
  readonly amiType: AMITypes;
  readonly releaseVersion: string;
  readonly imageId: string;
};

/** An update record. `errors` and `status` change as the update goes on. */
export type UpdateRecord = {
  readonly id: string;
  readonly type: 'VersionUpdate' | 'ConfigUpdate';
  readonly params: NonNullable<Update['params']>;
  readonly createdAt: Date;
  readonly token: string | undefined;
  readonly request: string;
  status: 'InProgress' | 'Successful' | 'Failed';
  errors: NonNullable<Update['errors']>;
};

export type Nodegroup = {
  readonly name: string;
  readonly arn: string;
  readonly clusterName: string;
  readonly createdAt: Date;
  readonly nodeRole: string;
  readonly subnetIds: readonly string[];
  readonly availabilityZones: readonly string[];
  readonly instanceTypes: readonly string[];
  readonly labels: Tags;
  readonly groupName: string;
  readonly internalTemplate: { readonly id: string; readonly name: string };
  /** The caller's template by version of the generated one. */
  readonly sources: Map<number, SourceTemplate>;
  updateConfig: {
    readonly maxUnavailable?: number;
    readonly maxUnavailablePercentage?: number;
    readonly updateStrategy: 'DEFAULT' | 'MINIMAL';
  };
  /** Newest last. */
  readonly updates: UpdateRecord[];
  sizes: Sizes;
  /** What DescribeNodegroup names. */
  source: SourceTemplate;
  /** What EKS brings itself where the caller's template names no AMI. */
  amazonsAmi: AmazonsAmi | undefined;
  /** What the Auto Scaling group should be on. */
  internalVersion: number;
  version: string;
  modifiedAt: Date;
  status: Extract<NodegroupStatus, 'ACTIVE' | 'UPDATING'>;
  /** Problems of the last update that still stand. */
  issues: readonly Issue[];
  tags: Tags;
};

export type EksState = {
  readonly kernel: Kernel;
  readonly behaviour: EksBehaviour;
  readonly clusters: Map<string, EksCluster>;
  readonly releases: Releases;
};

/** @throws ServiceError 404 */
export function findCluster({ clusters }: EksState, name: string | undefined): EksCluster {
  const cluster = clusters.get(name ?? '');
  if (cluster === undefined) throw notFound(`No cluster found for name: ${name}.`, { clusterName: name });
  return cluster;
}

/** @throws ServiceError 404 */
export function findNodegroup(state: EksState, clusterName: string | undefined, name: string | undefined): Nodegroup {
  const nodegroup = findCluster(state, clusterName).nodegroups.get(name ?? '');
  if (nodegroup === undefined) {
    throw notFound(`No node group found for name: ${name}.`, { clusterName, nodegroupName: name });
  }
  return nodegroup;
}

type Place = { readonly clusterName?: string | undefined; readonly nodegroupName?: string | undefined };

export const notFound = (message: string, place: Place = {}) =>
  new ServiceError('ResourceNotFoundException', message, { members: defined(place) });
export const inUse = (message: string, place: Place = {}) =>
  new ServiceError('ResourceInUseException', message, { members: defined(place) });
export const invalidParameter = (message: string, place: Place = {}) =>
  new ServiceError('InvalidParameterException', message, { members: defined(place) });
export const invalidRequest = (message: string, place: Place = {}) =>
  new ServiceError('InvalidRequestException', message, { members: defined(place) });

const defined = (place: Place) => Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined));
