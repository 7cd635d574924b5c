import type { Scenario, ScenarioNodeGroup } from '../../simulator/scenario/schema.ts';
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

/** Two groups of one node that follow one launch template in these ways. */
const sharing = (first: ScenarioNodeGroup['version'], second: ScenarioNodeGroup['version']) => (scenario: Scenario) => {
  const [cluster] = scenario.clusters;
  const [model] = cluster?.nodeGroups ?? [];
  if (cluster === undefined || model === undefined) throw new Error('The scenario has no group to share with.');
  const group = { ...model, launchTemplate: 'windows', kind: 'self-managed' as const, size: 1, minSize: 1, maxSize: 3 };
  scenario.clusters = [
    {
      ...cluster,
      nodeGroups: [
        { ...group, name: 'web', version: first, olderVersions: 1 },
        { ...group, name: 'orders', version: second },
      ],
    },
  ];
};

/** Some of the instances come from a launch template that an override has for itself. */
const mixedGroup = (scenario: Scenario) => {
  oneGroup('self-managed', 2)(scenario);
  for (const group of scenario.clusters.flatMap(({ nodeGroups }) => nodeGroups)) {
    group.mixedInstances = {
      overrides: [{ instanceType: 'm5.xlarge', ownTemplate: { ami: group.ami } }, { instanceType: 'r5.xlarge' }],
    };
  }
};

/** One group of two nodes under three pods, of which one may be away at a time. */
const oneWorkload = (scenario: Scenario) => {
  oneGroup('self-managed', 2)(scenario);
  for (const cluster of scenario.clusters) {
    const manifests = cluster.manifests as { kind: string; metadata: { name: string }; spec?: object }[];
    const kept = manifests.filter(({ metadata: { name } }) => ['store', 'web'].includes(name));
    for (const { kind, spec } of kept) if (spec && kind === 'Deployment') Object.assign(spec, { replicas: 3 });
    cluster.manifests = kept;
    cluster.containers = cluster.containers.filter(({ workload }) => workload === 'store/Deployment/web');
  }
};

/** The second group has no instances, and follows the first. */
const withEmptyGroup = (scenario: Scenario) => {
  for (const { nodeGroups } of scenario.clusters) Object.assign(nodeGroups[1] ?? {}, { size: 0, minSize: 0 });
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
  'shared-latest': { scenario: 'tiny-month', change: sharing('$Latest', '$Latest'), expected: 'patched' },
  'shared-both': { scenario: 'tiny-month', change: sharing('$Latest', '$Default'), expected: 'patched' },
  'shared-broken-ami': {
    ...{ scenario: 'broken-ami', change: sharing('$Latest', '$Latest'), expected: 'restored' },
    mayNotBlame: ['NodesNotVerified'],
  },
  mixed: { scenario: 'tiny-month', change: mixedGroup, expected: 'patched' },
  'mixed-broken': {
    ...{ scenario: 'broken-ami', change: mixedGroup, expected: 'restored' },
    mayNotBlame: ['NodesNotVerified'],
  },
  empty: { scenario: 'tiny-month', change: withEmptyGroup, expected: 'patched' },
  workload: {
    ...{ scenario: 'tight-budgets', change: oneWorkload, expected: 'patched' },
    available: { workload: 'store/Deployment/web', pods: 2 },
  },
  killed: { scenario: 'killed', change: () => {}, expected: 'restored' },
};
