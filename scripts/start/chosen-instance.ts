import type { Account } from '../../simulator/account.ts';
import type { GroupInstanceView } from '../../simulator/services/autoscaling/autoscaling.ts';

type Accounted = Pick<Account, 'autoScaling' | 'ec2'>;

function oldest({ autoScaling, ec2 }: Accounted, group: string, isMeant: (instance: GroupInstanceView) => boolean) {
  const launchOf = ({ instanceId }: GroupInstanceView) => ec2.instance(instanceId)?.launchTime.getTime() ?? 0;
  const serving = autoScaling.group(group)?.instances.filter(({ state }) => state === 'InService') ?? [];
  const [first] = serving.filter(isMeant).toSorted((a, b) => launchOf(a) - launchOf(b));
  if (first === undefined) throw new Error(`The scenario means an instance of ${group}, which has none in service.`);
  return first.instanceId;
}

/**
 * The oldest instance of an Auto Scaling group that is in service.
 *
 * @param zone the letter of an Availability Zone, if it is to be one there.
 * @throws {Error} There is none.
 */
export const oldestInstance = (account: Accounted, group: string, zone: string | undefined): string =>
  oldest(account, group, ({ availabilityZone }) => zone === undefined || availabilityZone.endsWith(zone));

/**
 * The oldest Spot Instance of an Auto Scaling group that is in service.
 *
 * @throws {Error} There is none.
 */
export const oldestSpotInstance = (account: Accounted, group: string): string =>
  oldest(account, group, ({ isSpot }) => isSpot);
