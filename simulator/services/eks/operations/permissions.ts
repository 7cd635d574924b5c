import { onResource, type Target } from '../../../iam/dependent-actions.ts';
import type { Permission } from '../../../kernel/service.ts';
import type { EksState } from '../eks-state.ts';

/** ARN of a cluster, whether it exists or not: IAM is asked before EKS looks. */
export function clusterTarget({ kernel, clusters }: EksState, name: string | undefined): Target {
  const { partition, region, accountId } = kernel.identity;
  const { arn, tags } = clusters.get(name ?? '') ?? {};
  return { arn: arn ?? `arn:${partition}:eks:${region}:${accountId}:cluster/${name}`, ...(tags && { tags }) };
}

export function nodegroupTarget(state: EksState, clusterName: string | undefined, name: string | undefined): Target {
  const { partition, region, accountId } = state.kernel.identity;
  const nodegroup = state.clusters.get(clusterName ?? '')?.nodegroups.get(name ?? '');
  const unknown = `arn:${partition}:eks:${region}:${accountId}:nodegroup/${clusterName}/${name}/unknown`;
  return { arn: nodegroup?.arn ?? unknown, ...(nodegroup && { tags: nodegroup.tags }) };
}

/** The right to an operation on one cluster. */
export function onCluster(state: EksState, operation: string, name: string | undefined): readonly Permission[] {
  return [onResource(`eks:${operation}`, clusterTarget(state, name))];
}

/** The right to an operation on a node group, or on its cluster where no node group is named. */
export function onNodegroup(
  state: EksState,
  operation: string,
  clusterName: string | undefined,
  nodegroupName: string | undefined,
): readonly Permission[] {
  if (nodegroupName === undefined) return onCluster(state, operation, clusterName);
  return [onResource(`eks:${operation}`, nodegroupTarget(state, clusterName, nodegroupName))];
}
