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

/** What never changes while an instance lives. A terminated one has lost its name, not its AMI. */
type Identity = Pick<Instance, 'ImageId' | 'PrivateDnsName' | 'LaunchTime'>;

/** Of the instances that this environment has asked about and that had a name. */
const identities = new Map<string, Identity>();

/** What EC2 knows of instances, asked once about each; those that it does not know (yet, or any more) are missing. */
async function identify(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Identity>> {
  const unknown = instanceIds.filter((instanceId) => !identities.has(instanceId));
  const found = new Map<string, Identity>();
  for (let start = 0; start < unknown.length; start += batchSize) {
    for (const { InstanceId = '', ...identity } of await describeBatch(unknown.slice(start, start + batchSize))) {
      found.set(InstanceId, identity);
      if (identity.ImageId && identity.PrivateDnsName) identities.set(InstanceId, identity);
    }
  }
  return new Map([...identities, ...found]);
}

/** The AMIs of instances; those that EC2 does not know are missing. */
export async function findImageIds(instanceIds: readonly string[]): Promise<Map<string, string>> {
  const known = await identify(instanceIds);
  return new Map(
    instanceIds.flatMap((instanceId) => {
      const imageId = known.get(instanceId)?.ImageId;
      return imageId === undefined ? [] : [[instanceId, imageId] as const];
    }),
  );
}

/** The names that the nodes of instances have; instances without a name (yet, or any more) are missing. */
export async function findNodeNames(instanceIds: readonly string[]): Promise<Map<string, string>> {
  const known = await identify(instanceIds);
  return new Map(
    instanceIds.flatMap((instanceId) => {
      const nodeName = known.get(instanceId)?.PrivateDnsName;
      return nodeName ? [[instanceId, nodeName] as const] : [];
    }),
  );
}

/** Groups whose instances have their AMI and launch time, read in as few calls as EC2 allows. */
export async function withImages<Group extends { readonly instances: readonly GroupInstance[] }>(
  groups: readonly Group[],
): Promise<Group[]> {
  const known = await identify(groups.flatMap(({ instances }) => instances.map(({ instanceId }) => instanceId)));
  return groups.map((group) => ({
    ...group,
    instances: group.instances.map((instance) => ({
      ...instance,
      imageId: known.get(instance.instanceId)?.ImageId,
      launchedAt: known.get(instance.instanceId)?.LaunchTime,
    })),
  }));
}

/** Which AMI and which node name an instance has, or undefined when EC2 does not know both (yet, or any more). */
export async function identifyInstance(instanceId: string): Promise<InstanceIdentity | undefined> {
  const { ImageId, PrivateDnsName } = (await identify([instanceId])).get(instanceId) ?? {};
  return ImageId && PrivateDnsName ? { imageId: ImageId, privateDnsName: PrivateDnsName } : undefined;
}

/** What an instance does now, in EC2's word; undefined when EC2 has forgotten it. */
export async function findInstanceState(instanceId: string): Promise<string | undefined> {
  const [instance] = await describeBatch([instanceId]);
  return instance?.State?.Name;
}
