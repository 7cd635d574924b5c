import type {
  DescribeNodegroupCommandInput,
  DescribeUpdateCommandInput,
  UpdateNodegroupVersionCommandInput,
} from '@aws-sdk/client-eks';
import { onResource, useLaunchTemplateInNodegroup } from '../../../iam/dependent-actions.ts';
import { type Operation, type Permission, type Service, ServiceError } from '../../../kernel/service.ts';
import type { Ec2 } from '../../ec2/ec2.ts';
import { instanceTagsOf } from '../../ec2/launch-template-data.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import {
  type AmazonsAmi,
  type EksState,
  findCluster,
  findNodegroup,
  inUse,
  invalidParameter,
  invalidRequest,
  type Nodegroup,
  notFound,
} from '../eks-state.ts';
import { type ResolvedSource, resolveSource, withAmazonsAmi } from '../internal-template.ts';
import { describeNodegroup } from '../nodegroups.ts';
import { isOlderRelease } from '../releases.ts';
import { runRollout } from '../run-rollout.ts';
import type { ScalingGroups } from '../scaling-groups.ts';
import { describeUpdate, newUpdate, repeatedUpdate } from '../update-records.ts';
import { nodegroupTarget, onNodegroup } from './permissions.ts';

type Around = { readonly state: EksState; readonly ec2: Ec2; readonly scaling: ScalingGroups };

export function nodegroupOperations({ state, ec2, scaling }: Around): Service['operations'] {
  const describe: Operation<DescribeNodegroupCommandInput> = {
    needs: ({ clusterName, nodegroupName }) => onNodegroup(state, 'DescribeNodegroup', clusterName, nodegroupName),
    run: ({ clusterName, nodegroupName }) => ({
      nodegroup: describeNodegroup(findNodegroup(state, clusterName, nodegroupName), scaling),
    }),
  };
  const describeOne: Operation<DescribeUpdateCommandInput> = {
    needs: ({ name, nodegroupName }) => onNodegroup(state, 'DescribeUpdate', name, nodegroupName),
    run({ name, updateId, nodegroupName, addonName, capabilityName }) {
      if (addonName !== undefined || capabilityName !== undefined)
        throw notSimulated('Add-ons and capabilities are not simulated.');
      findCluster(state, name);
      // Without the node group's name EKS looks among the updates of the cluster itself, of which there are none.
      const updates = nodegroupName === undefined ? [] : findNodegroup(state, name, nodegroupName).updates;
      const update = updates.find(({ id }) => id === updateId);
      if (update === undefined)
        throw notFound(`No update found for ID: ${updateId}`, { clusterName: name, nodegroupName });
      return { update: describeUpdate(update) };
    },
  };
  const updateVersion: Operation<UpdateNodegroupVersionCommandInput> = {
    needs: (input) => updateNeeds({ state, ec2, scaling }, input),
    run: (input) => startUpdate({ state, ec2, scaling }, input),
  };
  return { DescribeNodegroup: describe, DescribeUpdate: describeOne, UpdateNodegroupVersion: updateVersion };
}

function updateNeeds({ state, ec2 }: Around, input: UpdateNodegroupVersionCommandInput): readonly Permission[] {
  const own = onResource('eks:UpdateNodegroupVersion', nodegroupTarget(state, input.clusterName, input.nodegroupName));
  const nodegroup = state.clusters.get(input.clusterName ?? '')?.nodegroups.get(input.nodegroupName ?? '');
  const resolved = nodegroup && tryResolve(ec2, nodegroup, input);
  if (!state.behaviour.updateChecksLaunchRights || nodegroup === undefined || resolved === undefined) return [own];
  const { partition, region, accountId } = state.kernel.identity;
  const { id, imageId } = resolved.source;
  const image = ec2.image(imageId);
  const template = ec2.launchTemplate({ LaunchTemplateId: id }, resolved.source.version);
  const tags = instanceTagsOf(resolved.data);
  const instanceType = nodegroup.instanceTypes[0];
  return [
    own,
    ...useLaunchTemplateInNodegroup(state.kernel.identity, {
      template: {
        arn: `arn:${partition}:ec2:${region}:${accountId}:launch-template/${id}`,
        tags: template.tags,
        launchTemplateId: id,
      },
      ...{ imageId, subnetIds: nodegroup.subnetIds, instanceRoleArn: nodegroup.nodeRole },
      securityGroupIds: resolved.data.SecurityGroupIds ?? [],
      ...(image === undefined ? {} : { imageTags: image.tags }),
      ...(instanceType === undefined ? {} : { instanceType }),
      ...(resolved.data.KeyName === undefined ? {} : { keyName: resolved.data.KeyName }),
      ...(Object.keys(tags).length === 0 ? {} : { tagSpecifications: { instance: tags } }),
    }),
  ];
}

/** What the request would have launched, if it names a template: the rights to launch are asked for no other. */
function tryResolve(
  ec2: Ec2,
  nodegroup: Nodegroup,
  input: UpdateNodegroupVersionCommandInput,
): ResolvedSource | undefined {
  if (input.launchTemplate === undefined) return undefined;
  try {
    return resolveSource(ec2, { id: nodegroup.source.id, version: input.launchTemplate.version });
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function startUpdate({ state, ec2, scaling }: Around, input: UpdateNodegroupVersionCommandInput) {
  const cluster = findCluster(state, input.clusterName);
  const nodegroup = findNodegroup(state, input.clusterName, input.nodegroupName);
  const repeated = repeatedUpdate(nodegroup, input);
  if (repeated !== undefined) return { update: describeUpdate(repeated) };
  const place = { clusterName: cluster.name, nodegroupName: nodegroup.name };
  if (nodegroup.status !== 'ACTIVE') {
    throw inUse('Nodegroup cannot be updated as it is currently not in Active State', place);
  }
  const target =
    nodegroup.amazonsAmi === undefined
      ? templateTarget(state, ec2, nodegroup, input)
      : releaseTarget(state, ec2, nodegroup, nodegroup.amazonsAmi, input);
  const update = newUpdate(state, nodegroup, input, target);
  nodegroup.updates.push(update);
  if (isNothingToDo(state, nodegroup, target)) {
    update.status = 'Successful';
    return { update: describeUpdate(update) };
  }
  nodegroup.status = 'UPDATING';
  nodegroup.modifiedAt = update.createdAt;
  state.kernel.log.write('nodegroup.update', {
    cluster: cluster.name,
    nodegroup: nodegroup.name,
    updateId: update.id,
    status: 'InProgress',
  });
  runRollout({
    ...{ state, cluster, nodegroup, ec2, scaling, update, target },
    force: input.force ?? false,
    ...{ version: 0, scaledAt: 0, surgedTo: nodegroup.sizes.desiredSize, leaving: new Map(), awaited: new Map() },
  });
  return { update: describeUpdate(update) };
}

/** An update of Amazon's AMI to the release that the group says to have. */
const isNothingToDo = ({ behaviour }: EksState, { amazonsAmi }: Nodegroup, target: ResolvedSource): boolean =>
  behaviour.sameRelease === 'nothing' &&
  amazonsAmi !== undefined &&
  target.amazonsAmi?.releaseVersion === amazonsAmi.releaseVersion;

/**
 * The release that the group shall run: the newest of its type and Kubernetes version unless the caller names one.
 * Source: EKS API Reference, UpdateNodegroupVersion. The messages are those of public reports
 * (github.com/eksctl-io/eksctl/issues/7976) but for the older release, of which only the rule is documented.
 *
 * @throws ServiceError when it may not.
 */
function releaseTarget(
  state: EksState,
  ec2: Ec2,
  nodegroup: Nodegroup,
  { amiType, releaseVersion: current }: AmazonsAmi,
  { launchTemplate, version = nodegroup.version, releaseVersion }: UpdateNodegroupVersionCommandInput,
): ResolvedSource {
  const place = { clusterName: nodegroup.clusterName, nodegroupName: nodegroup.name };
  if (launchTemplate !== undefined)
    throw notSimulated("A new launch template version for a node group on Amazon's AMI is not simulated.");
  if (version !== nodegroup.version)
    throw notSimulated("Updates of a node group's Kubernetes version are not simulated.");
  const release = state.releases.find(amiType, version, releaseVersion);
  if (release === undefined) {
    throw invalidParameter(
      `Requested release version ${releaseVersion} is not valid for kubernetes version ${version}.`,
      place,
    );
  }
  if (isOlderRelease(release.releaseVersion, current)) {
    throw invalidParameter(
      `Node group version rollback is not supported: release version ${release.releaseVersion} is older than ${current}`,
      place,
    );
  }
  const { id, version: templateVersion } = nodegroup.source;
  return withAmazonsAmi(resolveSource(ec2, { id, version: templateVersion }), release);
}

/** The template version that the group shall follow. @throws ServiceError when it may not. */
function templateTarget(
  state: EksState,
  ec2: Ec2,
  nodegroup: Nodegroup,
  input: UpdateNodegroupVersionCommandInput,
): ResolvedSource {
  const { launchTemplate, version, releaseVersion } = input;
  const place = { clusterName: nodegroup.clusterName, nodegroupName: nodegroup.name };
  if (version !== undefined || releaseVersion !== undefined) {
    throw invalidParameter(
      'You cannot specify the field kubernetesVersion or releaseVersion when using custom AMI',
      place,
    );
  }
  if (launchTemplate === undefined)
    throw invalidParameter('Launch template must be specified for a node group with a custom AMI', place);
  const { id, name } = launchTemplate;
  if ((id === undefined) === (name === undefined)) {
    throw invalidParameter(
      'You must specify either the launch template ID or the launch template name in the request, but not both.',
      place,
    );
  }
  const isOwn = id === undefined ? name === nodegroup.source.name : id === nodegroup.source.id;
  if (!isOwn) throw invalidParameter('Launch template id/name of a node group cannot be changed', place);
  const target = resolved(ec2, launchTemplate, place);
  if (target.source.imageId === '') {
    throw invalidParameter('A node group with a custom AMI needs an AMI in its launch template', place);
  }
  if (ec2.image(target.source.imageId) === undefined) {
    throw invalidRequest(`The image id '[${target.source.imageId}]' does not exist`, place);
  }
  const isOlder = Number(target.source.version) < Number(nodegroup.source.version);
  if (isOlder && state.behaviour.olderTemplateVersion === 'refuse') {
    throw invalidParameter(
      `Node group version rollback is not supported: version ${target.source.version} of the launch template is older than ${nodegroup.source.version}`,
      place,
    );
  }
  return target;
}

function resolved(
  ec2: Ec2,
  template: NonNullable<UpdateNodegroupVersionCommandInput['launchTemplate']>,
  place: { readonly clusterName: string; readonly nodegroupName: string },
): ResolvedSource {
  try {
    return resolveSource(ec2, template);
  } catch (error) {
    if (error instanceof ServiceError) throw invalidRequest(error.message, place);
    throw error;
  }
}
