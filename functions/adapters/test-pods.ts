import type { V1Pod } from '@kubernetes/client-node';
import { ownNamespace, type TestPod, type TestPodRequest, testContainers } from '../domain/test-pod.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { refusedChange } from './refused-change.ts';

const collection = `/api/v1/namespaces/${ownNamespace}/pods`;

/** How long the kubelet lets the pod be active. */
const activeDeadlineSeconds = 240;

/** The pod of a test, bound to its node. */
const manifest = ({ podName, nodeName, image, addresses }: TestPodRequest): V1Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: podName,
    namespace: ownNamespace,
    labels: { 'app.kubernetes.io/name': 'smoke-test', 'app.kubernetes.io/managed-by': 'reglaze' },
  },
  spec: {
    nodeName,
    // By this the VPC resource webhook knows that the pod needs an address of the node's.
    nodeSelector: { 'kubernetes.io/os': 'windows' },
    tolerations: [{ operator: 'Exists' }],
    restartPolicy: 'Never',
    activeDeadlineSeconds,
    terminationGracePeriodSeconds: 5,
    automountServiceAccountToken: false,
    containers: testContainers(addresses).map(({ name, command }) => ({
      name,
      image,
      imagePullPolicy: 'IfNotPresent',
      command: [...command],
    })),
  },
});

/** What matters to us of a test's pod. */
export function translateTestPod({ status }: V1Pod): TestPod {
  return {
    phase: status?.phase ?? 'Pending',
    reason: status?.reason,
    containers: (status?.containerStatuses ?? []).map(({ name, state }) => ({
      name,
      waiting: state?.waiting?.reason,
      exitCode: state?.terminated?.exitCode,
    })),
  };
}

async function create(api: Pick<ApiServer, 'clusterName' | 'send'>, wanted: TestPodRequest): Promise<void> {
  const request = { method: 'POST' as const, path: collection, body: manifest(wanted) };
  const answer = await api.send(request);
  // It is there already when the step is tried again.
  if (answer.status !== 201 && answer.status !== 409) throw refusedChange(api, request, answer);
}

/**
 * Makes a test's pod if it is not there, and watches it until it has ended, for so many seconds at most. Undefined when it
 * was deleted meanwhile.
 *
 * @throws {ClusterAccessDenied} The mover role may not, or the namespace does not exist.
 */
export async function runTestPod(
  api: Pick<ApiServer, 'clusterName' | 'send' | 'watch'>,
  wanted: TestPodRequest,
  seconds: number,
): Promise<TestPod | undefined> {
  await create(api, wanted);
  let pod: TestPod | undefined;
  const selector = encodeURIComponent(`metadata.name=${wanted.podName}`);
  for await (const { type, object } of api.watch(`${collection}?fieldSelector=${selector}`, seconds)) {
    if (type === 'BOOKMARK') continue;
    pod = type === 'DELETED' ? undefined : translateTestPod(object as V1Pod);
    if (pod?.phase === 'Succeeded' || pod?.phase === 'Failed') break;
  }
  return pod;
}

/** Deletes a test's pod. Safe twice, and when there is none. */
export async function deleteTestPod(api: Pick<ApiServer, 'clusterName' | 'send'>, podName: string): Promise<void> {
  const request = { method: 'DELETE' as const, path: `${collection}/${podName}` };
  const answer = await api.send(request);
  if (answer.status !== 200 && answer.status !== 202 && answer.status !== 404)
    throw refusedChange(api, request, answer);
}

/** How steps run pods on nodes, as a role. */
export type PodTester = {
  readonly run: (clusterName: string, wanted: TestPodRequest, seconds: number) => Promise<TestPod | undefined>;
  readonly remove: (clusterName: string, podNames: readonly string[]) => Promise<void>;
};

export function podTester(roleArn: () => string): PodTester {
  return {
    run: async (clusterName, wanted, seconds) =>
      runTestPod(await connectApiServer(clusterName, roleArn()), wanted, seconds),
    remove: async (clusterName, podNames) => {
      if (podNames.length === 0) return;
      const api = await connectApiServer(clusterName, roleArn());
      for (const podName of podNames) await deleteTestPod(api, podName);
    },
  };
}
