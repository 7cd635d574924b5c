import type { Scenario } from '../../simulator/scenario/schema.ts';
import type { Promises } from './promises.ts';

/** Where a trial takes place: a scenario with one node group, and what a run there comes to when nothing is injected. */
export type Situation = Promises & { readonly scenario: string; readonly change: (scenario: Scenario) => void };

/** Leaves one group of one cluster, of that kind and with that many nodes. */
const oneGroup = (kind: 'self-managed' | 'managed', size: number) => (scenario: Scenario) => {
  for (const { nodeGroups } of scenario.clusters) {
    nodeGroups.splice(1);
    for (const group of nodeGroups) Object.assign(group, { kind, size, maxSize: size + 2 });
  }
};

/** The situations by name. */
export const situations: Readonly<Record<string, Situation>> = {
  'self-managed': { scenario: 'tiny-month', change: oneGroup('self-managed', 2), expected: 'patched' },
  managed: { scenario: 'tiny-month', change: oneGroup('managed', 2), expected: 'patched' },
  'broken-ami': {
    ...{ scenario: 'broken-ami', change: oneGroup('self-managed', 2), expected: 'restored' },
    mayNotBlame: ['NodesNotVerified'],
  },
  'broken-ami-managed': {
    ...{ scenario: 'broken-ami', change: oneGroup('managed', 2), expected: 'restored' },
    mayNotBlame: ['NodesNotVerified'],
  },
  killed: { scenario: 'killed', change: () => {}, expected: 'restored' },
};
