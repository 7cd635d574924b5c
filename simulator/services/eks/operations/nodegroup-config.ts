import type { UpdateNodegroupConfigCommandInput, UpdateParamType } from '@aws-sdk/client-eks';
import type { Operation, Service } from '../../../kernel/service.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import {
  type EksState,
  findNodegroup,
  inUse,
  invalidParameter,
  invalidRequest,
  type Nodegroup,
  type Sizes,
} from '../eks-state.ts';
import type { ScalingGroups } from '../scaling-groups.ts';
import { describeUpdate, newConfigUpdate, repeatedUpdate } from '../update-records.ts';
import { onNodegroup } from './permissions.ts';

type Input = UpdateNodegroupConfigCommandInput;
type Around = { readonly state: EksState; readonly scaling: ScalingGroups };

/** How long EKS takes to pass new sizes on; it names no time. */
const appliedAfterMs = 5000;

/** UpdateNodegroupConfig for sizes and the pace of updates; labels, taints and node repair are refused. */
export function nodegroupConfigOperations(around: Around): Service['operations'] {
  const updateConfig: Operation<Input> = {
    needs: ({ clusterName, nodegroupName }) =>
      onNodegroup(around.state, 'UpdateNodegroupConfig', clusterName, nodegroupName),
    run: (input) => update(around, input),
  };
  return { UpdateNodegroupConfig: updateConfig };
}

function update({ state, scaling }: Around, input: Input) {
  refuseUnsimulated(input);
  const nodegroup = findNodegroup(state, input.clusterName, input.nodegroupName);
  const repeated = repeatedUpdate(nodegroup, input);
  if (repeated !== undefined) return { update: describeUpdate(repeated) };
  const place = { clusterName: nodegroup.clusterName, nodegroupName: nodegroup.name };
  if (nodegroup.status !== 'ACTIVE')
    throw inUse('Nodegroup cannot be updated as it is currently not in Active State', place);
  const sizes = sizesOf(nodegroup, input);
  const pace = paceOf(nodegroup, input);
  const record = newConfigUpdate(state, nodegroup, input, paramsOf(input));
  nodegroup.updates.push(record);
  nodegroup.status = 'UPDATING';
  state.kernel.clock.after(appliedAfterMs, () => {
    nodegroup.sizes = sizes;
    nodegroup.updateConfig = pace;
    scaling.resize(nodegroup.groupName, { minSize: sizes.minSize, maxSize: sizes.maxSize, desired: sizes.desiredSize });
    nodegroup.modifiedAt = new Date(state.kernel.clock.now());
    nodegroup.status = 'ACTIVE';
    record.status = 'Successful';
  });
  return { update: describeUpdate(record) };
}

function refuseUnsimulated({ labels, taints, nodeRepairConfig }: Input): void {
  const given = Object.entries({ labels, taints, nodeRepairConfig }).find(([, value]) => value !== undefined);
  if (given) throw notSimulated(`${given[0]} of UpdateNodegroupConfig is not simulated.`);
}

function sizesOf({ sizes, clusterName, name }: Nodegroup, { scalingConfig = {} }: Input): Sizes {
  const { minSize = sizes.minSize, maxSize = sizes.maxSize, desiredSize = sizes.desiredSize } = scalingConfig;
  const place = { clusterName, nodegroupName: name };
  if (minSize > maxSize)
    throw invalidParameter(`Minimum capacity ${minSize} can't be greater than maximum size ${maxSize}`, place);
  if (desiredSize > maxSize)
    throw invalidParameter(`desired capacity ${desiredSize} can't be greater than max size ${maxSize}`, place);
  if (desiredSize < minSize)
    throw invalidParameter(`minimum capacity ${minSize} can't be greater than desired size ${desiredSize}`, place);
  return { minSize, maxSize, desiredSize };
}

function paceOf(
  { updateConfig, clusterName, name }: Nodegroup,
  { updateConfig: wanted }: Input,
): Nodegroup['updateConfig'] {
  if (wanted === undefined) return updateConfig;
  const { maxUnavailable, maxUnavailablePercentage, updateStrategy } = wanted;
  const place = { clusterName, nodegroupName: name };
  if (maxUnavailable !== undefined && maxUnavailablePercentage !== undefined)
    throw invalidRequest('maxUnavailable and maxUnavailablePercentage cannot both be given.', place);
  const before = maxUnavailable === undefined && maxUnavailablePercentage === undefined ? updateConfig : {};
  return {
    ...before,
    ...(maxUnavailable !== undefined && { maxUnavailable }),
    ...(maxUnavailablePercentage !== undefined && { maxUnavailablePercentage }),
    updateStrategy: updateStrategy ?? updateConfig.updateStrategy,
  };
}

function paramsOf({
  scalingConfig,
  updateConfig,
}: Input): { readonly type: UpdateParamType; readonly value: string }[] {
  const given: Partial<Record<UpdateParamType, number | string | undefined>> = {
    MinSize: scalingConfig?.minSize,
    MaxSize: scalingConfig?.maxSize,
    DesiredSize: scalingConfig?.desiredSize,
    MaxUnavailable: updateConfig?.maxUnavailable,
    MaxUnavailablePercentage: updateConfig?.maxUnavailablePercentage,
    UpdateStrategy: updateConfig?.updateStrategy,
  };
  return Object.entries(given).flatMap(([type, value]) =>
    value === undefined ? [] : [{ type: type as UpdateParamType, value: String(value) }],
  );
}
