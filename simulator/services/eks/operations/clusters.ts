import type {
  Cluster as ClusterShape,
  CreateAccessEntryCommandInput,
  DeleteAccessEntryCommandInput,
  DescribeAccessEntryCommandInput,
  DescribeClusterCommandInput,
  ListAssociatedAccessPoliciesCommandInput,
  TagResourceCommandInput,
} from '@aws-sdk/client-eks';
import { onResource, requestTagContext } from '../../../iam/dependent-actions.ts';
import { type Operation, type Service, ServiceError } from '../../../kernel/service.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import { type AccessEntry, type AccessEntryType, describeAccessEntry } from '../access-entries.ts';
import { type EksCluster, type EksState, findCluster, invalidParameter, notFound, type Tags } from '../eks-state.ts';
import { clusterTarget, onCluster } from './permissions.ts';

const simulatedTypes: readonly string[] = ['STANDARD', 'EC2_LINUX', 'EC2_WINDOWS'];
const otherTypes: readonly string[] = ['FARGATE_LINUX', 'EC2', 'HYBRID_LINUX', 'HYPERPOD_LINUX'];

export function clusterOperations(state: EksState): Service['operations'] {
  const describeCluster: Operation<DescribeClusterCommandInput> = {
    needs: ({ name }) => onCluster(state, 'DescribeCluster', name),
    run: ({ name }) => ({ cluster: describe(findCluster(state, name)) }),
  };
  const createAccessEntry: Operation<CreateAccessEntryCommandInput> = {
    needs: ({ clusterName, tags }) => [
      onResource('eks:CreateAccessEntry', clusterTarget(state, clusterName), requestTagContext(tags ?? {})),
    ],
    run: (input) => createEntry(state, input),
  };
  const describeEntry: Operation<DescribeAccessEntryCommandInput> = {
    needs: ({ clusterName, principalArn }) => {
      const arn = state.clusters.get(clusterName ?? '')?.accessEntries.get(principalArn ?? '')?.arn;
      return [onResource('eks:DescribeAccessEntry', arn ?? unknownEntry(state, clusterName, principalArn))];
    },
    run({ clusterName, principalArn }) {
      const entry = findCluster(state, clusterName).accessEntries.get(principalArn ?? '');
      if (entry === undefined) throw entryNotFound(principalArn);
      return { accessEntry: describeAccessEntry(entry, clusterName ?? '') };
    },
  };
  const entryArn = (clusterName: string | undefined, principalArn: string | undefined) =>
    state.clusters.get(clusterName ?? '')?.accessEntries.get(principalArn ?? '')?.arn ??
    unknownEntry(state, clusterName, principalArn);
  const deleteEntry: Operation<DeleteAccessEntryCommandInput> = {
    needs: ({ clusterName, principalArn }) => [
      onResource('eks:DeleteAccessEntry', entryArn(clusterName, principalArn)),
    ],
    run({ clusterName, principalArn }) {
      if (!findCluster(state, clusterName).accessEntries.remove(principalArn ?? '')) throw entryNotFound(principalArn);
      return {};
    },
  };
  const listPolicies: Operation<ListAssociatedAccessPoliciesCommandInput> = {
    needs: ({ clusterName, principalArn }) => [
      onResource('eks:ListAssociatedAccessPolicies', entryArn(clusterName, principalArn)),
    ],
    run({ clusterName, principalArn }) {
      const entry = findCluster(state, clusterName).accessEntries.get(principalArn ?? '');
      if (entry === undefined) throw entryNotFound(principalArn);
      return { ...{ clusterName, principalArn }, associatedAccessPolicies: entry.policies.map(associated(entry)) };
    },
  };
  const tagResource: Operation<TagResourceCommandInput> = {
    needs: ({ resourceArn, tags }) => [
      onResource('eks:TagResource', targetOf(state, resourceArn), requestTagContext(tags ?? {})),
    ],
    run({ resourceArn, tags = {} }) {
      const resource = findTagged(state, resourceArn);
      if (resource === undefined) throw new ServiceError('NotFoundException', `Resource not found: ${resourceArn}`);
      resource.tags = { ...resource.tags, ...tags };
      return {};
    },
  };
  return {
    DescribeCluster: describeCluster,
    CreateAccessEntry: createAccessEntry,
    DeleteAccessEntry: deleteEntry,
    DescribeAccessEntry: describeEntry,
    ListAssociatedAccessPolicies: listPolicies,
    TagResource: tagResource,
  };
}

const associated =
  ({ createdAt }: AccessEntry) =>
  ({ policyArn, namespaces }: AccessEntry['policies'][number]) => ({
    policyArn,
    accessScope: { type: namespaces === undefined ? 'cluster' : 'namespace', namespaces: [...(namespaces ?? [])] },
    ...{ associatedAt: createdAt, modifiedAt: createdAt },
  });

function describe(cluster: EksCluster): ClusterShape {
  const { kubernetes, subnetIds } = cluster;
  return {
    ...{ name: cluster.name, arn: cluster.arn, createdAt: cluster.createdAt, version: kubernetes.version },
    ...{ endpoint: cluster.endpoint, roleArn: cluster.roleArn, status: 'ACTIVE', platformVersion: 'eks.1' },
    resourcesVpcConfig: {
      subnetIds: [...subnetIds],
      securityGroupIds: [],
      endpointPublicAccess: true,
      endpointPrivateAccess: false,
      publicAccessCidrs: ['0.0.0.0/0'],
    },
    certificateAuthority: { data: Buffer.from(kubernetes.certificateAuthority).toString('base64') },
    accessConfig: { authenticationMode: cluster.authenticationMode },
    health: { issues: [] },
    tags: { ...cluster.tags },
  };
}

function createEntry(state: EksState, input: CreateAccessEntryCommandInput) {
  const { clusterName, principalArn = '', type = 'STANDARD', username, kubernetesGroups, tags } = input;
  const cluster = findCluster(state, clusterName);
  if (otherTypes.includes(type)) throw notSimulated(`Access entries of type ${type} are not simulated.`);
  if (!simulatedTypes.includes(type)) throw invalidParameter(`The specified type is invalid: ${type}`, { clusterName });
  const { clock, random } = state.kernel;
  const delay = random.between(...state.behaviour.accessEntryDelay, 'access entry delay', cluster.name, principalArn);
  const entry = cluster.accessEntries.add(
    {
      ...{ principalArn, type: type as AccessEntryType },
      ...(username === undefined ? {} : { username }),
      ...(kubernetesGroups === undefined ? {} : { kubernetesGroups }),
      ...(tags === undefined ? {} : { tags }),
    },
    delay,
  );
  clock.after(delay, () => cluster.kubernetes.controlPlane.retryRegistrations());
  return { accessEntry: describeAccessEntry(entry, cluster.name) };
}

function entryNotFound(principalArn: string | undefined): ServiceError {
  return notFound(
    `The specified principalArn could not be found. You can view your available access entries with 'list-access-entries': ${principalArn}`,
  );
}

function unknownEntry({ kernel }: EksState, clusterName: string | undefined, principalArn: string | undefined): string {
  const { partition, region, accountId } = kernel.identity;
  const role = principalArn?.split('/').at(-1);
  return `arn:${partition}:eks:${region}:${accountId}:access-entry/${clusterName}/role/${accountId}/${role}/unknown`;
}

type Tagged = { readonly arn: string; tags: Tags };

function findTagged({ clusters }: EksState, arn: string | undefined): Tagged | undefined {
  const all: Tagged[] = [...clusters.values()].flatMap((cluster) => [cluster, ...cluster.nodegroups.values()]);
  return all.find((resource) => resource.arn === arn);
}

function targetOf(state: EksState, arn: string | undefined) {
  return findTagged(state, arn) ?? { arn: arn ?? '' };
}
