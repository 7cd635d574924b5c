import type { Account } from '../../simulator/account.ts';
import type { BuiltNodeGroup } from '../../simulator/scenario/build.ts';
import type { Execution } from '../../simulator/services/stepfunctions.ts';
import type { NodeGroupDocument, RunDocument } from './document.ts';
import { countForced, followDrains, heldIn } from './drain-watch.ts';
import { followPlans } from './plan-notes.ts';
import { runFolder } from './run-folder.ts';
import type { NodeGroupView, Note, RunView } from './run-view.ts';
import type { Stage } from './stage.ts';
import { type WorkloadWatch, watchWorkloads } from './workload-watch.ts';

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
  readonly pods: Pick<WorkloadWatch, 'workloads' | 'refusals'>;
};

/** @param targetAmi The AMI that counts as new. */
export function observe(stage: Stage, targetAmi: string | undefined): Observer {
  const { account, scenario } = stage;
  const { kernel, stepFunctions } = account;
  const startedAt = kernel.clock.now();
  const calls = countCalls(account);
  const capacity = watchCapacity(stage);
  const phases = followPhases(account);
  const drainsOf = followDrains(account);
  const notes = takeNotes(stage);
  const pods = watchWorkloads();
  for (const entry of kernel.log.entries()) pods.take(entry);
  kernel.log.follow(pods.take);

  return {
    ...{ calls, pods },
    readyNodes: (cluster, name) => capacity.get(`${cluster}/${name}`),
    view: () => {
      const run = newestRun(stepFunctions.executions());
      const plan = planOf(stage, run);
      return {
        scenario: scenario.name,
        phase: runPhase(run),
        startedAt,
        now: kernel.clock.now(),
        workloads: pods.workloads(),
        notes: [...notes],
        nodeGroups: stage.nodeGroups.map((group) => ({
          ...viewOf(stage, group, targetAmi),
          phase: outcomeOf(stage, group, run, plan) ?? phases.get(`${group.cluster}/${group.name}`) ?? 'not begun',
          drains: {
            ...drainsOf(`${group.cluster}/${group.name}`),
            held: heldIn(stage, group, pods.held()),
            forced: countForced(stage, group),
          },
        })),
      };
    },
  };
}

function countCalls({ kernel }: Account): () => CallCounts {
  const counts = { aws: new Map<string, number>(), kubernetes: new Map<string, number>() };
  kernel.log.follow(({ kind, details }) => {
    const service = kind === 'call.aws' ? counts.aws : kind === 'call.kubernetes' ? counts.kubernetes : undefined;
    const operation = String(details.operation);
    service?.set(operation, (service.get(operation) ?? 0) + 1);
  });
  const sorted = (map: ReadonlyMap<string, number>) =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return () => ({ aws: sorted(counts.aws), kubernetes: sorted(counts.kubernetes) });
}

/** What plans warn of, mails that somebody gets, and what the scenario's operator does. */
function takeNotes(stage: Stage): readonly Note[] {
  const { kernel } = stage.account;
  const notes: Note[] = [];
  followPlans(stage, (note) => notes.push(note));
  kernel.log.follow(({ at, kind, details }) => {
    if (kind === 'topic.published') notes.push({ at, text: `mail: ${details.subject ?? 'without a subject'}` });
    if (kind === 'operator.acted') notes.push({ at, text: `operator: ${details.does} ${details.on}` });
  });
  return notes;
}

/** Looks at a node group whenever its capacity, one of its instances or a node of its cluster changes. */
function watchCapacity(stage: Stage): ReadonlyMap<string, ReadyNodes> {
  const { account, clusters, nodeGroups } = stage;
  const lowest = new Map<string, ReadyNodes>();
  const look = (isConcerned: (group: BuiltNodeGroup) => boolean) => {
    for (const group of nodeGroups.filter(isConcerned)) {
      const path = `${group.cluster}/${group.name}`;
      const { desired, readyNodes } = membersOf(stage, group);
      const before = lowest.get(path) ?? { desired, lowest: readyNodes };
      lowest.set(path, {
        desired: Math.min(before.desired, desired),
        lowest: Math.min(before.lowest, readyNodes),
      });
    }
  };
  look(() => true);
  account.autoScaling.onGroup((change) => look((group) => group.autoScalingGroupName === change.group));
  for (const [name, cluster] of clusters) cluster.onNode(() => look((group) => group.cluster === name));
  return lowest;
}

/** A machine that is shutting down may be called Ready for most of a minute: only those that stay are counted. */
function membersOf({ account, clusters }: Stage, { cluster, autoScalingGroupName }: BuiltNodeGroup) {
  const group = account.autoScaling.group(autoScalingGroupName);
  const staying = (group?.instances ?? []).filter(({ state }) => !state.startsWith('Terminat'));
  const instanceIds = new Set(staying.map(({ instanceId }) => instanceId));
  const nodes = clusters.get(cluster)?.nodes() ?? [];
  return {
    desired: group?.desiredCapacity ?? 0,
    inService: staying.filter(({ state }) => state === 'InService'),
    resting: (group?.warmPool ?? []).filter(({ state }) => /^Warmed:(Stopped|Running)$/.test(state)),
    readyNodes: nodes.filter(({ instanceId, ready }) => ready && instanceIds.has(instanceId)).length,
  };
}

function viewOf(
  stage: Stage,
  group: BuiltNodeGroup,
  targetAmi: string | undefined,
): Omit<NodeGroupView, 'phase' | 'drains'> {
  const { cluster, name, kind } = group;
  const { desired, inService, resting, readyNodes } = membersOf(stage, group);
  const countNew = (instances: typeof inService) => instances.filter(({ imageId }) => imageId === targetAmi).length;
  const [newNodes, newInPool] = [countNew(inService), countNew(resting)];
  const pool = resting.length === 0 ? {} : { pool: { new: newInPool, old: resting.length - newInPool } };
  return { cluster, name, kind, desired, readyNodes, newNodes, oldNodes: inService.length - newNodes, ...pool };
}

/** What is done to each node group, in the words of the machines. Waiting is no phase of its own. */
function followPhases({ kernel, stepFunctions }: Account): ReadonlyMap<string, string> {
  const phases = new Map<string, string>();
  kernel.log.follow(({ kind, details }) => {
    const { machine, state, executionArn } = details as Readonly<Record<string, string>>;
    if (kind !== 'execution.state' || !/-(roll-node-group|settle)$/.test(machine ?? '')) return;
    if (state === undefined || /^Wait|\?$/.test(state)) return;
    const { cluster, nodeGroup } = rolloutIn(JSON.parse(stepFunctions.execution(executionArn ?? '').input));
    if (cluster !== undefined) phases.set(`${cluster}/${nodeGroup}`, state);
  });
  return phases;
}

const newestRun = (executions: readonly Execution[]): Execution | undefined =>
  executions.find(({ machineName }) => machineName.endsWith('-patch-fleet'));

type Plan = Pick<RunDocument, 'nodeGroups'>;

const fileOf = ({ account, stack }: Stage, run: Execution, name: string): string | undefined =>
  account.s3.object(stack.outputs.RunBucketName ?? '', `${runFolder(run)}/${name}`)?.body.toString();

/** The plan of a run, once it is written. */
function planOf(stage: Stage, run: Execution | undefined): Plan | undefined {
  const text = run && fileOf(stage, run, 'plan.json');
  return text === undefined ? undefined : (JSON.parse(text) as Plan);
}

/** How a run ended for a node group, once that is written: in the plan, or by its rollout. */
function outcomeOf(
  stage: Stage,
  { cluster, name }: BuiltNodeGroup,
  run: Execution | undefined,
  plan: Plan | undefined,
): string | undefined {
  const ended = run && fileOf(stage, run, `outcomes/${cluster}/${name}.json`);
  if (ended !== undefined) return (JSON.parse(ended) as NodeGroupDocument).outcome;
  const planned = plan?.nodeGroups.find((group) => group.cluster === cluster && group.name === name);
  return planned?.outcome === 'planned' ? undefined : planned?.outcome;
}

/** The state that a run is in. */
function runPhase(run: Execution | undefined): string {
  if (run === undefined) return 'waiting for an image';
  return run.status === 'RUNNING' ? (run.states.at(-1) ?? 'starting') : run.status;
}

type PhaseInput = {
  readonly machine?: string;
  readonly input?: unknown;
  readonly cluster?: string;
  readonly nodeGroup?: string;
};

/** The node group that an execution works on. Settle has the input of the execution that ended inside its own. */
function rolloutIn({ machine, input, ...rollout }: PhaseInput): PhaseInput {
  if (machine === undefined) return rollout;
  return machine === 'roll-node-group' ? rolloutIn((input ?? {}) as PhaseInput) : {};
}
