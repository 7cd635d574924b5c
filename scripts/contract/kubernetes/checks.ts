import { accessChecks } from './checks/access.ts';
import { budgetChecks } from './checks/budgets.ts';
import { discoveryChecks } from './checks/discovery.ts';
import { evictionChecks } from './checks/eviction.ts';
import { leaseChecks } from './checks/leases.ts';
import { listChecks } from './checks/lists.ts';
import { objectChecks } from './checks/objects.ts';
import { patchChecks } from './checks/patches.ts';
import { refusalChecks } from './checks/refusals.ts';
import { rolloutChecks } from './checks/rollouts.ts';
import { tableChecks } from './checks/tables.ts';
import { watchChecks } from './checks/watches.ts';
import type { ClusterCheck } from './cluster.ts';

/** All that an API server is held to, in the order in which it is tried. */
export const checks: readonly ClusterCheck[] = [
  ...discoveryChecks,
  ...accessChecks,
  ...objectChecks,
  ...refusalChecks,
  ...listChecks,
  ...watchChecks,
  ...patchChecks,
  ...tableChecks,
  ...rolloutChecks,
  ...leaseChecks,
  ...budgetChecks,
  ...evictionChecks,
];
