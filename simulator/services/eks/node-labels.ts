import type { Kernel } from '../../kernel/kernel.ts';
import type { Ec2Instance } from '../ec2/instances.ts';
import type { EksCluster, Nodegroup, Tags } from './eks-state.ts';

/** Between the registration of a node and EKS's labels on it, in milliseconds. */
const labelDelay = [500, 3000] as const;

/** The labels by which EKS marks the nodes of a node group; undefined for a machine of no node group. */
export function labelsOfNode(cluster: EksCluster, { tags, launchTemplate }: Ec2Instance): Tags | undefined {
  const nodegroup = cluster.nodegroups.get(tags['eks:nodegroup-name'] ?? '');
  const source = nodegroup && sourceOf(nodegroup, launchTemplate);
  if (nodegroup === undefined || source === undefined) return undefined;
  return {
    ...nodegroup.labels,
    'eks.amazonaws.com/capacityType': 'ON_DEMAND',
    'eks.amazonaws.com/nodegroup': nodegroup.name,
    'eks.amazonaws.com/nodegroup-image': source.imageId,
    'eks.amazonaws.com/sourceLaunchTemplateId': source.id,
    'eks.amazonaws.com/sourceLaunchTemplateVersion': source.version,
  };
}

function sourceOf(nodegroup: Nodegroup, template: Ec2Instance['launchTemplate']) {
  return template?.id === nodegroup.internalTemplate.id ? nodegroup.sources.get(template.version) : undefined;
}

/** Whether a node carries everything that an update waits for. */
export function isLabelled(labels: Tags, { name }: Nodegroup): boolean {
  return (
    labels['eks.amazonaws.com/nodegroup'] === name &&
    labels['eks.amazonaws.com/nodegroup-image'] !== undefined &&
    labels['eks.amazonaws.com/sourceLaunchTemplateId'] !== undefined &&
    labels['eks.amazonaws.com/sourceLaunchTemplateVersion'] !== undefined
  );
}

/** With a custom AMI EKS adds nothing to the start-up script, so it labels the nodes through the API. */
export function keepNodesLabelled(
  kernel: Kernel,
  cluster: EksCluster,
  instanceOf: (instanceId: string) => Ec2Instance | undefined,
): void {
  const { clock, random } = kernel;
  cluster.kubernetes.onNode(({ type, node }) => {
    if (type !== 'added') return;
    const instance = instanceOf(node.instanceId);
    if (instance === undefined || !Object.hasOwn(instance.tags, 'eks:nodegroup-name')) return;
    const delay = random.between(...labelDelay, 'node labels', node.instanceId);
    const label = () => {
      const labels = labelsOfNode(cluster, instance);
      if (labels !== undefined) cluster.kubernetes.controlPlane.label(node.name, labels);
    };
    if (node.isSettled) label();
    else clock.after(delay, label);
  });
}
