import type { Issue } from '@aws-sdk/client-eks';
import type { Nodegroup } from './eks-state.ts';
import type { ScalingGroups } from './scaling-groups.ts';

/** What is wrong with a node group: what its last update left, and what others did to its Auto Scaling group. */
export function healthIssues(nodegroup: Nodegroup, scaling: ScalingGroups): Issue[] {
  const { groupName, internalTemplate, internalVersion, issues } = nodegroup;
  const group = scaling.describe(groupName);
  if (group === undefined) {
    return [
      ...issues,
      issue('AutoScalingGroupNotFound', `The Auto Scaling group ${groupName} was not found.`, [groupName]),
    ];
  }
  const { template } = group;
  const isOwn = template?.id === internalTemplate.id && template.version === String(internalVersion);
  return [
    ...issues,
    ...(group.hasActiveRefresh
      ? [
          issue(
            'AutoScalingGroupInstanceRefreshActive',
            `An instance refresh is active on the Auto Scaling group ${groupName}.`,
            [groupName],
          ),
        ]
      : []),
    ...(isOwn
      ? []
      : [
          issue(
            'Ec2LaunchTemplateVersionMismatch',
            `The Amazon EC2 launch template version of your node group does not match the version that Amazon EKS created: ${internalVersion}.`,
            [internalTemplate.id],
          ),
        ]),
    ...(group.lastLaunchFailure === undefined
      ? []
      : [issue('AsgInstanceLaunchFailures', group.lastLaunchFailure, [groupName])]),
  ];
}

function issue(code: NonNullable<Issue['code']>, message: string, resourceIds: string[]): Issue {
  return { code, message, resourceIds };
}
