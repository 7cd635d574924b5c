import type { BuiltNodeGroup } from '../../simulator/scenario/build.ts';
import type { NodeGroupView, RunView } from './run-view.ts';
import type { Stage } from './stage.ts';

/** What the account itself saw of one node group since the observer came. */
export type ReadyNodes = { readonly desired: number; readonly lowest: number };

export type CallCounts = {
  readonly aws: Readonly<Record<string, number>>;
  readonly kubernetes: Readonly<Record<string, number>>;
};

/** Looks at the account from outside, at every event: nothing that reglaze reports goes into it. */
export type Observer = {
  readonly view: () => RunView;
  readonly readyNodes: (cluster: string, name: string) => ReadyNodes | undefined;
  readonly calls: () => CallCounts;
};

type Watched = BuiltNodeGroup & { lowestReady: number; lowestDesired: number; phase: string };

/** @param targetAmi The AMI that counts as new, once a run has named one. */
export function observe(stage: Stage, targetAmi: () => string | undefined): Observer {
  const { account, clusters, nodeGroups, scenario } = stage;
  const { kernel, autoScaling, stepFunctions } = account;
  const startedAt = kernel.clock.now();
  const calls = { aws: new Map<string, number>(), kubernetes: new Map<string, number>() };
  const watched: Watched[] = nodeGroups.map((group) => ({
    ...group,
    lowestReady: Number.POSITIVE_INFINITY,
    lowestDesired: Number.POSITIVE_INFINITY,
    phase: 'not begun',
  }));

  const membersOf = ({ cluster, autoScalingGroupName }: BuiltNodeGroup) => {
    const group = autoScaling.group(autoScalingGroupName);
    const instances = new Map(group?.instances.map((instance) => [instance.instanceId, instance]));
    const nodes =
      clusters
        .get(cluster)
        ?.nodes()
        .filter(({ instanceId }) => instances.has(instanceId)) ?? [];
    return { desired: group?.desiredCapacity ?? 0, instances, nodes };
  };
  const look = (group: Watched) => {
    const { desired, nodes } = membersOf(group);
    group.lowestDesired = Math.min(group.lowestDesired, desired);
    group.lowestReady = Math.min(group.lowestReady, nodes.filter(({ ready }) => ready).length);
  };
  const lookAt = (isConcerned: (group: Watched) => boolean) => {
    for (const group of watched) if (isConcerned(group)) look(group);
  };
  lookAt(() => true);
  autoScaling.onGroup((change) => lookAt(({ autoScalingGroupName }) => autoScalingGroupName === change.group));
  for (const [name, cluster] of clusters) cluster.onNode(() => lookAt((group) => group.cluster === name));
  kernel.log.follow(({ kind, details }) => {
    if (kind === 'call.aws') count(calls.aws, String(details.operation));
    if (kind === 'call.kubernetes') count(calls.kubernetes, String(details.operation));
    if (kind === 'execution.state')
      followPhase(String(details.machine), String(details.executionArn), String(details.state));
  });

  return {
    readyNodes(cluster, name) {
      const group = watched.find((each) => each.cluster === cluster && each.name === name);
      return group && { desired: group.lowestDesired, lowest: group.lowestReady };
    },
    calls: () => ({ aws: sorted(calls.aws), kubernetes: sorted(calls.kubernetes) }),
    view: () => ({
      scenario: scenario.name,
      phase: runPhase(),
      startedAt,
      now: kernel.clock.now(),
      nodeGroups: watched.map(viewOf),
    }),
  };

  function viewOf(group: Watched): NodeGroupView {
    const { desired, instances, nodes } = membersOf(group);
    const inService = [...instances.values()].filter(({ state }) => state === 'InService');
    const newNodes = inService.filter(({ imageId }) => imageId === targetAmi()).length;
    return {
      ...{ cluster: group.cluster, name: group.name, kind: group.kind, phase: group.phase, desired, newNodes },
      oldNodes: inService.length - newNodes,
      readyNodes: nodes.filter(({ ready }) => ready).length,
    };
  }

  function followPhase(machine: string, executionArn: string, state: string): void {
    if (!machine.endsWith('-roll-node-group') && !machine.endsWith('-settle')) return;
    const input: unknown = JSON.parse(stepFunctions.execution(executionArn).input);
    const { cluster, nodeGroup } = rolloutIn(input);
    const group = watched.find((each) => each.cluster === cluster && each.name === nodeGroup);
    if (group !== undefined && !state.endsWith('?')) group.phase = state;
  }

  /** The state that the newest run is in, in the words of its machine. */
  function runPhase(): string {
    const run = stepFunctions.executions().find(({ machineName }) => machineName.endsWith('-patch-fleet'));
    if (run === undefined) return 'waiting for an image';
    return run.status === 'RUNNING' ? (run.states.at(-1) ?? 'starting') : run.status;
  }
}

/** An execution of settle carries the input of the execution that ended, as text or as it was. */
function rolloutIn(input: unknown): { readonly cluster?: unknown; readonly nodeGroup?: unknown } {
  const { input: inner, ...outer } = (input ?? {}) as { input?: unknown; cluster?: unknown; nodeGroup?: unknown };
  if (outer.cluster !== undefined || inner === undefined) return outer;
  return rolloutIn(typeof inner === 'string' ? JSON.parse(inner) : inner);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const sorted = (counts: ReadonlyMap<string, number>) =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
