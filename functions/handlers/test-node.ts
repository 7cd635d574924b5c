import { listInstances } from '../adapters/auto-scaling-groups.ts';
import { markImage } from '../adapters/ec2-images.ts';
import { findNodeNames, identifyInstance, withImages } from '../adapters/ec2-instances.ts';
import { keepWaiting } from '../adapters/lifecycle-hooks.ts';
import { type RunFiles, runFilesIn, type StoredState } from '../adapters/run-files.ts';
import { podTester } from '../adapters/test-pods.ts';
import { AdmissionInput, type InstanceIdentity, noLongerWaiting } from '../domain/admission.ts';
import type { Reason } from '../domain/errors.ts';
import { beginTest, decideTest, isAwaited, type SmokeTest, unfinishedPods } from '../domain/smoke-test.ts';
import { type VisitDependencies, visitTest } from '../domain/smoke-test-visit.ts';
import { parseAddresses } from '../domain/test-pod.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = Omit<VisitDependencies, 'remember'> & {
  readonly files: Pick<RunFiles, 'findState'>;
  readonly identifyInstance: typeof identifyInstance;
  readonly keepWaiting: typeof keepWaiting;
};

type Answer = {
  readonly test: 'not-needed' | 'passed' | 'running' | 'failed' | 'gone';
  readonly finding?: Reason;
  readonly pauseSeconds?: number;
};

/** How soon a node that waits for another one's test asks again. */
const secondsBetweenQuestions = 15;

/**
 * Step "Test node": whether pods on the first new node of a group can work. Nodes that come beside it wait for the result.
 * Keeps the hook waiting first.
 *
 * The state file names the test's pods before they are made, and gets the result when they are gone. Safe twice: a pod is
 * made once, and a test whose result is not written yet is looked at, or run, again.
 *
 * @throws {StateFileChanged} Somebody else wrote at the same moment; the step is tried again.
 */
export const testNode = (dependencies: Dependencies) => {
  const { files, keepWaiting, identifyInstance, tester, now } = dependencies;

  /** A watch is long, and the rollout writes meanwhile: the file is read anew. */
  const remember = async ({ run, cluster, nodeGroup }: AdmissionInput, test: SmokeTest): Promise<void> => {
    const held = await files.findState({ cluster, nodeGroup });
    if (held && isAwaited(held.state, run, test)) await held.save({ ...held.state, smokeTest: test });
  };
  const visit = { ...dependencies, remember };

  const begin = async (held: StoredState, input: AdmissionInput, { imageId, privateDnsName }: InstanceIdentity) => {
    await tester.remove(input.cluster, unfinishedPods(held.state.smokeTest));
    const smokeTest = beginTest({ instanceId: input.instanceId, imageId, nodeName: privateDnsName }, now());
    const { state } = await held.save({ ...held.state, smokeTest });
    return visitTest(state, smokeTest, input, visit);
  };

  const testOn = async (input: AdmissionInput, identity: InstanceIdentity): Promise<Answer> => {
    const { run, cluster, nodeGroup, instanceId } = input;
    const held = await files.findState({ cluster, nodeGroup });
    const decision = decideTest(held?.state, { run, instanceId, imageId: identity.imageId }, now());
    if (held === undefined || decision.test === 'not-needed') return { test: 'not-needed' };
    if (decision.test === 'begin') return begin(held, input, identity);
    if (decision.test === 'go-on') return visitTest(held.state, decision.smokeTest, input, visit);
    return decision.test === 'wait' ? { test: 'running', pauseSeconds: secondsBetweenQuestions } : decision;
  };

  const look = async (input: AdmissionInput): Promise<Answer> => {
    const isWaiting = (await keepWaiting(input)) !== 'ended';
    const identity = isWaiting ? await identifyInstance(input.instanceId) : undefined;
    if (identity === undefined) return { test: 'gone', finding: noLongerWaiting(input.instanceId).finding };
    return testOn(input, identity);
  };

  return async (input: AdmissionInput) => {
    const answer = await look(input);
    const { run, cluster, nodeGroup, instanceId } = input;
    logger.info('Tested node', { run, cluster, nodeGroup, answer: answer.test, instanceId, finding: answer.finding });
    return { pauseSeconds: 1, ...answer };
  };
};

export const handler = task(
  AdmissionInput,
  testNode({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    identifyInstance,
    keepWaiting,
    listInstances,
    withImages,
    findNodeNames,
    markImage,
    tester: podTester(() => environment('MOVER_ROLE_ARN')),
    addresses: () => parseAddresses(environment('SMOKE_TEST_ADDRESSES')) ?? [],
    repository: () => environment('SMOKE_TEST_REPOSITORY'),
    now: () => new Date(),
  }),
);
