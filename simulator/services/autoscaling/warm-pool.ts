import { notSimulated } from '../ec2/refusal.ts';
import type { Group } from './group.ts';
import type { GroupSpec } from './group-creation.ts';

/**
 * Warm pools exist here only as far as they can be described: a pool is empty, because the group is at its prepared
 * capacity, and whatever would move an instance in or out is refused.
 *
 * @throws ServiceError for a pool that would have instances.
 */
export function checkWarmPool({ warmPool, desiredCapacity, maxSize }: GroupSpec): void {
  if (warmPool === undefined) return;
  const { MinSize = 0, MaxGroupPreparedCapacity = maxSize } = warmPool;
  if (MinSize > 0 || MaxGroupPreparedCapacity > desiredCapacity) {
    throw notSimulated(
      'The simulator has empty warm pools only: MinSize 0 and a MaxGroupPreparedCapacity of the desired capacity.',
    );
  }
}

/** @throws ServiceError when the group has a warm pool, through which its instances would come and go. */
export function refuseWithWarmPool({ name, warmPool }: Group, what: string): void {
  if (warmPool === undefined) return;
  throw notSimulated(`The simulator does not ${what} of ${name}, which has a warm pool.`);
}
