import type { Follower, NodeGroupKind } from '../domain/node-group.ts';
import type { NodeGroupDriver } from '../domain/node-group-driver.ts';
import { managedGroups } from './managed-group.ts';
import { selfManagedGroups } from './self-managed-group.ts';

export type NodeGroupDrivers = Readonly<Record<NodeGroupKind, NodeGroupDriver>>;

/** The one place that knows which kind is handled by whom. */
export const nodeGroupDrivers: NodeGroupDrivers = { 'self-managed': selfManagedGroups, managed: managedGroups };

/** Every group of any kind that follows a launch template by an alias, opted in or not. */
export const listFollowers = async (drivers: NodeGroupDrivers): Promise<Follower[]> =>
  (await Promise.all(Object.values(drivers).map((driver) => driver.listFollowers()))).flat();
