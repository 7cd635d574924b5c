import { DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2';
import type { InstanceIdentity } from '../domain/admission.ts';
import type { GroupInstance } from '../domain/node-group.ts';
import { awsCall } from './aws-call.ts';
import { ec2 } from './ec2-client.ts';

/** As many values as one filter takes. */
const batchSize = 200;

/** By filter, because asking by id fails for all when EC2 has forgotten one. */
async function describeBatch(instanceIds: readonly string[]): Promise<Instance[]> {
  const { Reservations = [] } = await awsCall('ec2:DescribeInstances', instanceIds.join(', '), () =>
    ec2().send(new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [...instanceIds] }] })),
  );
  return Reservations.flatMap(({ Instances }) => Instances ?? []);
}

async function describeInstances(instanceIds: readonly string[]): Promise<Map<string, Instance>> {
  const found = new Map<string, Instance>();
  for (let start = 0; start < instanceIds.length; start += batchSize) {
    for (const instance of await describeBatch(instanceIds.slice(start, start + batchSize))) {
      found.set(instance.InstanceId ?? '', instance);
    }
  }
  return found;
}

/** The AMIs of instances; those that EC2 does not know are missing. */
export async function findImageIds(instanceIds: readonly string[]): Promise<Map<string, string>> {
  const found = await describeInstances(instanceIds);
  return new Map([...found].map(([instanceId, { ImageId = '' }]) => [instanceId, ImageId]));
}

/** Groups whose instances have their AMI and launch time, read in as few calls as EC2 allows. */
export async function withImages<Group extends { readonly instances: readonly GroupInstance[] }>(
  groups: readonly Group[],
): Promise<Group[]> {
  const ids = groups.flatMap(({ instances }) => instances.map(({ instanceId }) => instanceId));
  const found = await describeInstances(ids);
  return groups.map((group) => ({
    ...group,
    instances: group.instances.map((instance) => ({
      ...instance,
      imageId: found.get(instance.instanceId)?.ImageId,
      launchedAt: found.get(instance.instanceId)?.LaunchTime,
    })),
  }));
}

/** What never changes while an instance lives, for the instances that this environment has asked about. */
const identities = new Map<string, InstanceIdentity>();

/** Which AMI and which node name an instance has, or undefined when EC2 does not know it (any more). Asked once. */
export async function identifyInstance(instanceId: string): Promise<InstanceIdentity | undefined> {
  const known = identities.get(instanceId);
  if (known) return known;
  const instance = (await describeInstances([instanceId])).get(instanceId);
  if (!instance?.ImageId || !instance.PrivateDnsName) return undefined;
  const identity = { imageId: instance.ImageId, privateDnsName: instance.PrivateDnsName };
  identities.set(instanceId, identity);
  return identity;
}
