import { findInstanceState, identifyInstance } from '../adapters/ec2-instances.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { keepWaiting } from '../adapters/lifecycle-hooks.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import {
  AdmissionInput,
  type InstanceIdentity,
  judgeAdmission,
  needsDaemons,
  noLongerWaiting,
  notStartedYet,
  pauseSeconds,
  pauseUntil,
  type Sight,
  type Verdict,
  watchSeconds,
} from '../domain/admission.ts';
import { missingDaemon } from '../domain/join-requirements.ts';
import { judgeMove } from '../domain/pool-move.ts';
import { needsTest } from '../domain/smoke-test.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly files: Pick<RunFiles, 'findState'>;
  readonly identifyInstance: typeof identifyInstance;
  readonly findInstanceState: typeof findInstanceState;
  readonly keepWaiting: typeof keepWaiting;
  readonly watchNode: ClusterReader['watchNode'];
  readonly watchDaemons: ClusterReader['watchDaemons'];
  readonly now: () => Date;
};

type Examination = Verdict & {
  readonly node?: ReturnType<typeof aboutNode>;
  /** Whether the instance's own node has been seen. */
  readonly registered?: boolean;
  /** Whether pods on the node have to be tried, or the test of another one waited for. */
  readonly needsTest?: boolean;
};

/** Time for a slow API server to answer. */
const lookSeconds = 5;

/** What neighbours are told of a node that is admitted. */
const aboutNode = ({ imageId }: InstanceIdentity, { node }: Sight) =>
  node && { nodeName: node.name, imageId, ...(node.patchLevel !== '' && { patchLevel: node.patchLevel }) };

const aboutSight = (identity: InstanceIdentity, sight: Sight, { instanceId }: Pick<AdmissionInput, 'instanceId'>) => ({
  node: aboutNode(identity, sight),
  registered: sight.node?.instanceId === instanceId,
});

const judge = (input: AdmissionInput, identity: InstanceIdentity, sight: Sight, now: Date): Verdict =>
  judgeMove(input, sight, judgeAdmission(input, identity, sight, now));

/** Of an instance that waits at the hook, but has no name: EC2 gives it one when it runs, and takes it away at its end. */
async function judgeUnnamed(
  input: AdmissionInput,
  { findInstanceState, now }: Pick<Dependencies, 'findInstanceState' | 'now'>,
): Promise<Verdict> {
  const isStarting = (await findInstanceState(input.instanceId)) === 'pending';
  return isStarting ? notStartedYet(input, now()) : noLongerWaiting(input.instanceId);
}

/**
 * Step "Examine node": whether a new instance has become a node that can work and has what its group asks for, within
 * the time of one watch. Keeps its hook waiting first, so that an API server which does not answer costs no node.
 *
 * Safe twice: a heartbeat only ever gives more time.
 */
export const examineNode = (dependencies: Dependencies) => {
  const { files, keepWaiting, watchNode, watchDaemons, now } = dependencies;

  /** The pods of the node are looked at last, for what is left of the time, and only where the group asks for some. */
  const withDaemons = async (input: AdmissionInput, sight: Sight, endsAt: number): Promise<Sight> => {
    const { node, requirements = {} } = sight;
    if (node === undefined || !needsDaemons(input, sight, now())) return sight;
    const daemonPods = await watchDaemons(input.cluster, {
      nodeName: node.name,
      seconds: Math.max(1, Math.ceil((endsAt - now().getTime()) / 1000)),
      isEnough: (pods) => missingDaemon(node.name, requirements, pods) === undefined,
    });
    // The watch may have been long: the node is looked at again.
    const seen = await watchNode(input.cluster, { nodeName: node.name, seconds: lookSeconds, isEnough: () => true });
    return { ...sight, node: seen, daemonPods };
  };

  const look = async (input: AdmissionInput, identity: InstanceIdentity) => {
    const { cluster, nodeGroup } = input;
    const state = (await files.findState({ cluster, nodeGroup }))?.state;
    const requirements = state?.policy.joining;
    const seconds = watchSeconds(input, now());
    const endsAt = now().getTime() + seconds * 1000;
    const isEnough = (sight: Sight) => {
      const { verdict, until } = judge(input, identity, sight, now());
      return verdict !== 'joining' || until !== undefined || needsDaemons(input, sight, now());
    };
    const node = await watchNode(cluster, {
      nodeName: identity.privateDnsName,
      seconds,
      isEnough: (seen) => isEnough({ node: seen, requirements }),
    });
    const sight = await withDaemons(input, { node, requirements }, endsAt);
    return { sight, needsTest: needsTest(state, { ...input, imageId: identity.imageId }, now()) };
  };

  const examine = async (input: AdmissionInput): Promise<Examination> => {
    const { instanceId } = input;
    if ((await keepWaiting(input)) === 'ended') return noLongerWaiting(instanceId);
    const identity = await dependencies.identifyInstance(instanceId);
    if (identity === undefined) return judgeUnnamed(input, dependencies);
    const { sight, needsTest } = await look(input, identity);
    return { ...judge(input, identity, sight, now()), ...aboutSight(identity, sight, input), needsTest };
  };

  return async (input: AdmissionInput) => {
    const startedAt = now();
    const { verdict, finding, until, node, registered, needsTest = false } = await examine(input);

    const { run, cluster, nodeGroup, instanceId } = input;
    logger.info('Examined node', { run, cluster, nodeGroup, answer: verdict, instanceId, finding });
    const pause = until === undefined ? pauseSeconds(startedAt, now()) : pauseUntil(until, now());
    const seen = verdict === 'joined' ? { node, needsTest } : registered && { registered };
    return { verdict, finding, pauseSeconds: pause, ...seen };
  };
};

const reader = clusterReader(() => environment('READER_ROLE_ARN'));

export const handler = task(
  AdmissionInput,
  examineNode({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    identifyInstance,
    findInstanceState,
    keepWaiting,
    watchNode: reader.watchNode,
    watchDaemons: reader.watchDaemons,
    now: () => new Date(),
  }),
);
