import type { AdmissionInput } from './admission.ts';
import type { Reason } from './errors.ts';
import { type GroupInstance, isInService } from './node-group.ts';
import { continueTest, currentPod, failedTestTag, markOf, podsOf, type SmokeTest } from './smoke-test.ts';
import type { StateFile } from './state-file.ts';
import { judgePod, type PodVerdict, type TestPod, type TestPodRequest, testImage } from './test-pod.ts';

/** What a visit of a test needs. */
export type VisitDependencies = {
  readonly listInstances: (autoScalingGroupName: string) => Promise<GroupInstance[]>;
  readonly withImages: (groups: { readonly instances: GroupInstance[] }[]) => Promise<{ instances: GroupInstance[] }[]>;
  readonly findNodeNames: (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly markImage: (amiId: string, tag: { readonly key: string; readonly value: string }) => Promise<void>;
  readonly tester: {
    readonly run: (clusterName: string, wanted: TestPodRequest, seconds: number) => Promise<TestPod | undefined>;
    readonly remove: (clusterName: string, podNames: readonly string[]) => Promise<void>;
  };
  /** Writes the test into the state file, where it is still this one that the rollout waits for. */
  readonly remember: (input: AdmissionInput, test: SmokeTest) => Promise<void>;
  /** `host:port` pairs. */
  readonly addresses: () => readonly string[];
  /** Where container images of Windows Server come from. */
  readonly repository: () => string;
  readonly now: () => Date;
};

export type VisitAnswer =
  | { readonly test: 'passed' | 'running' }
  | { readonly test: 'failed'; readonly finding: Reason };

/** A visit watches the test's pod for so long at most; the hook's heartbeat outlasts a visit that was lost, too. */
const watchSeconds = 90;

/** The name of a node of the group that serves and runs another AMI; undefined when there is none. */
async function findControl(
  { autoScalingGroupName }: AdmissionInput,
  amiId: string,
  { listInstances, withImages, findNodeNames }: VisitDependencies,
): Promise<string | undefined> {
  const [group] = await withImages([{ instances: await listInstances(autoScalingGroupName) }]);
  const old = (group?.instances ?? []).filter(
    (each) => isInService(each) && each.healthy && each.imageId !== undefined && each.imageId !== amiId,
  );
  const names = await findNodeNames(old.map(({ instanceId }) => instanceId));
  return old.map(({ instanceId }) => names.get(instanceId)).find((name) => name !== undefined);
}

async function runPod(
  { cluster }: AdmissionInput,
  test: SmokeTest,
  serverLine: string,
  { tester, now, ...parameters }: VisitDependencies,
): Promise<PodVerdict> {
  const { podName, nodeName, until } = currentPod(test);
  const addresses = parameters.addresses();
  const image = testImage(parameters.repository(), serverLine);
  const left = Math.ceil((Date.parse(until) - now().getTime()) / 1000);
  const seconds = Math.min(watchSeconds, Math.max(1, left));
  const pod = await tester.run(cluster, { podName, nodeName, image, addresses }, seconds);
  return judgePod(pod, addresses, now().getTime() >= Date.parse(until));
}

/** The mark comes before the result: where it cannot be written, the test is not over. */
async function endTest(
  input: AdmissionInput,
  test: SmokeTest,
  { markImage, tester, remember, now }: VisitDependencies,
): Promise<VisitAnswer> {
  const mark = markOf(test, now());
  if (mark !== undefined) await markImage(test.amiId, { key: failedTestTag, value: mark });
  const pods = podsOf(test).map(({ podName }) => podName);
  await tester.remove(input.cluster, pods);
  await remember(input, test);
  const { result, finding } = test;
  return result === 'passed' || finding === undefined ? { test: 'passed' } : { test: 'failed', finding };
}

/**
 * One visit of a test: makes its pod if it is not there, watches it for a while, and goes on to the comparison or to the
 * end when the pod has ended.
 *
 * Safe twice: a pod is made once; a test whose result is not written yet is looked at, or run, again.
 */
export async function visitTest(
  { image }: StateFile,
  test: SmokeTest,
  input: AdmissionInput,
  dependencies: VisitDependencies,
): Promise<VisitAnswer> {
  const verdict = await runPod(input, test, image.serverLine, dependencies);
  const needsControl = verdict.result === 'failed' && test.failure === undefined;
  const controlNode = needsControl ? await findControl(input, test.amiId, dependencies) : undefined;
  const next = continueTest(test, verdict, { controlNode, now: dependencies.now() });
  if (next.result !== undefined) return endTest(input, next, dependencies);
  if (next !== test) await dependencies.remember(input, next);
  return { test: 'running' };
}
