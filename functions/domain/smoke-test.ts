import * as v from 'valibot';
import type { AdmissionInput } from './admission.ts';
import { type Reason, reason } from './errors.ts';
import { ReasonDocument } from './report.ts';
import { nonEmpty, strictObject, timestamp } from './shapes.ts';
import type { StateFile } from './state-file.ts';
import type { Layer, PodVerdict } from './test-pod.ts';

/** One pod of a test: on which node, and until when. */
const Attempt = strictObject({ podName: nonEmpty, nodeName: nonEmpty, until: timestamp });
type Attempt = Readonly<v.InferOutput<typeof Attempt>>;

/** What a state file remembers of the test of the first new node: written before its pod is made. */
export const SmokeTest = strictObject({
  amiId: nonEmpty,
  instanceId: nonEmpty,
  pod: Attempt,
  /** After a failure: the same on a node of the old AMI, for comparison. */
  control: v.optional(Attempt),
  /** What failed on the new node, while it is compared. */
  failure: v.optional(strictObject({ layer: nonEmpty, detail: v.string() })),
  /** Written when the pods are gone. */
  result: v.optional(v.picklist(['passed', 'failed', 'inconclusive'])),
  finding: v.optional(ReasonDocument),
});
export type SmokeTest = Readonly<v.InferOutput<typeof SmokeTest>>;

/** The tag that an AMI gets whose first node failed. Its value is the time and what failed. */
export const failedTestTag = 'reglaze:failed-smoke-test';

/** How long a pod may take, with what the kubelet needs before it is active. */
const podSeconds = 300;

const attempt = (podName: string, nodeName: string, now: Date): Attempt => ({
  podName,
  nodeName,
  until: new Date(now.getTime() + podSeconds * 1000).toISOString(),
});

type Waiting = Pick<AdmissionInput, 'run' | 'instanceId' | 'destination'> & { readonly imageId: string };

export type TestDecision =
  | { readonly test: 'not-needed' }
  | { readonly test: 'passed' }
  | { readonly test: 'begin' }
  | { readonly test: 'wait' }
  | { readonly test: 'go-on'; readonly smokeTest: SmokeTest }
  | { readonly test: 'failed'; readonly finding: Reason };

/** When the whole test of an instance must have ended: whoever comes later takes over. */
const lastMoment = ({ pod, control }: SmokeTest): number => Date.parse((control ?? pod).until) + 60_000;

/**
 * Who tests: the first new node on the AMI of the group's rollout. The others wait for its result and share it. A test
 * whose time is long over belongs to an admission that died, and the next node begins another.
 */
export function decideTest(
  state: StateFile | undefined,
  { run, instanceId, imageId }: Waiting,
  now: Date,
): TestDecision {
  if (state?.lease?.run !== run || state.image.amiId !== imageId || state.policy.smokeTest === 'off') {
    return { test: 'not-needed' };
  }
  const { smokeTest } = state;
  if (smokeTest?.amiId !== imageId) return { test: 'begin' };
  if (smokeTest.result === 'passed') return { test: 'passed' };
  if (smokeTest.result !== undefined) {
    const finding = smokeTest.finding ?? reason('SmokeTestInconclusive', `The smoke test of ${imageId} failed.`);
    return { test: 'failed', finding };
  }
  if (smokeTest.instanceId === instanceId) return { test: 'go-on', smokeTest };
  return { test: now.getTime() > lastMoment(smokeTest) ? 'begin' : 'wait' };
}

/**
 * False where a test would change nothing: the node can be admitted without asking for it. One that goes into a warm pool
 * gets no pods; if it is the first on its AMI, it is tried when it leaves the pool.
 */
export function needsTest(state: StateFile | undefined, waiting: Waiting, now: Date): boolean {
  if (waiting.destination !== undefined) return false;
  const { test } = decideTest(state, waiting, now);
  return test !== 'not-needed' && test !== 'passed';
}

/** The test of a new node, before its pod is made. */
export const beginTest = (
  { instanceId, imageId, nodeName }: Pick<Waiting, 'instanceId' | 'imageId'> & { readonly nodeName: string },
  now: Date,
): SmokeTest => ({ amiId: imageId, instanceId, pod: attempt(`smoke-test-${instanceId}`, nodeName, now) });

/** The pods of a test, as far as they were intended. */
export const podsOf = ({ pod, control }: SmokeTest): readonly Attempt[] => (control ? [pod, control] : [pod]);

/** Whether the rollout of the run still waits for this test. */
export const isAwaited = ({ lease, smokeTest }: StateFile, run: string, { instanceId }: SmokeTest): boolean =>
  lease?.run === run && smokeTest?.instanceId === instanceId && smokeTest.result === undefined;

/** The names of pods that a test may have left: none once it has a result. */
export const unfinishedPods = (test: SmokeTest | undefined): readonly string[] =>
  test === undefined || test.result !== undefined ? [] : podsOf(test).map(({ podName }) => podName);

/** The pod that the test is at. */
export const currentPod = ({ pod, control }: SmokeTest): Attempt => control ?? pod;

type Failure = { readonly layer: Layer | string; readonly detail: string };

const inWords = (test: SmokeTest, { layer, detail }: Failure): string =>
  `A pod on the first new node ${test.pod.nodeName} of ${test.instanceId} (${test.amiId}) failed at ${layer}: ${detail}.`;

const ended = (test: SmokeTest, result: 'failed' | 'inconclusive', finding: Reason): SmokeTest => ({
  ...test,
  result,
  finding,
});

const inconclusive = (test: SmokeTest, failure: Failure, why: string): SmokeTest =>
  ended(test, 'inconclusive', reason('SmokeTestInconclusive', `${inWords(test, failure)} ${why}`));

/** What the pod on the new node has shown. `controlNode` is a node of the old AMI that serves; undefined without one. */
function afterNewNode(test: SmokeTest, failure: Failure, controlNode: string | undefined, now: Date): SmokeTest {
  if (failure.layer === 'container-image') {
    return inconclusive(
      test,
      failure,
      'That is for the registry, or for the parameter smokeTestRepository, to explain.',
    );
  }
  if (controlNode === undefined) {
    return inconclusive(test, failure, 'There is no node of the old AMI to compare it with.');
  }
  const { layer, detail } = failure;
  return {
    ...test,
    failure: { layer, detail },
    control: attempt(`smoke-test-control-${test.instanceId}`, controlNode, now),
  };
}

/** What the comparison has shown: the AMI is to blame only where an old node can do what the new one cannot. */
function afterControl(test: SmokeTest, failure: Failure, control: PodVerdict): SmokeTest {
  const node = test.control?.nodeName;
  if (control.result === 'failed') {
    const why = `So did one on the old node ${node} at ${control.layer}: ${control.detail}. The AMI is not to blame.`;
    return inconclusive(test, failure, why);
  }
  const cause = `${inWords(test, failure)} One on the old node ${node} did not.`;
  return ended(test, 'failed', reason('SmokeTestFailed', cause));
}

/** The test after its current pod has ended; the same object while it runs. */
export function continueTest(
  test: SmokeTest,
  verdict: PodVerdict,
  { controlNode, now }: { readonly controlNode: string | undefined; readonly now: Date },
): SmokeTest {
  if (verdict.result === 'running') return test;
  if (test.failure !== undefined) return afterControl(test, test.failure, verdict);
  return verdict.result === 'failed' ? afterNewNode(test, verdict, controlNode, now) : { ...test, result: 'passed' };
}

/** What to write on an AMI that is to blame; undefined when it is not. */
export const markOf = ({ result, failure }: SmokeTest, now: Date): string | undefined =>
  result === 'failed' && failure ? `${now.toISOString().slice(0, 19)}Z ${failure.layer}` : undefined;
