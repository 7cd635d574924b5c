import type { NamedInstance } from '../domain/outdated-taint.ts';
import { listInstances } from './auto-scaling-groups.ts';
import { findNodeNames, withImages } from './ec2-instances.ts';

/** The instances of a group with their AMIs and the names that their nodes have; those without a name are missing. */
export async function listNamedInstances(autoScalingGroupName: string): Promise<NamedInstance[]> {
  const [group] = await withImages([{ instances: await listInstances(autoScalingGroupName) }]);
  const instances = group?.instances ?? [];
  const names = await findNodeNames(instances.map(({ instanceId }) => instanceId));
  return instances.flatMap((instance) => {
    const nodeName = names.get(instance.instanceId);
    return nodeName === undefined ? [] : [{ ...instance, nodeName }];
  });
}
