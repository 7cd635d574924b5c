/** The namespace of everything that reglaze makes in a cluster. */
export const ownNamespace = 'reglaze';

/** What to run on which node: one container for each thing that a pod there must be able to do. */
export type TestPodRequest = {
  readonly podName: string;
  readonly nodeName: string;
  readonly image: string;
  /** `host:port`, beyond what every cluster has. */
  readonly addresses: readonly string[];
};

/**
 * A node is Ready before its kube-proxy has written every rule, so a refusal is asked again: curl tries again by itself
 * after time-outs and names that do not resolve (exit codes 28 and 6), and here also when the connection is refused.
 * Certificates are not looked at, and any answer is one: only whether there is a way is asked.
 */
const curl = (url: string): string[] => [
  'curl.exe',
  '--silent',
  '--show-error',
  '--insecure',
  '--output',
  'NUL',
  '--connect-timeout',
  '10',
  '--max-time',
  '20',
  '--retry',
  '5',
  '--retry-delay',
  '5',
  '--retry-connrefused',
  url,
];

/** Containers that every test has, in the order in which one needs the other. */
const clusterContainers = [
  // The kubelet puts the ClusterIP of the API server's Service into every container's environment.
  { name: 'service-routing', url: 'https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)/version' },
  // Windows pods resolve names in full, or with the suffix of their own namespace.
  { name: 'cluster-dns', url: 'https://kubernetes.default.svc.cluster.local/version' },
] as const;

const addressContainer = (index: number): string => `address-${index + 1}`;

/** What the containers of a test run, in the order in which one thing needs the other. */
export const testContainers = (
  addresses: readonly string[],
): readonly { readonly name: string; readonly command: readonly string[] }[] => {
  const others = addresses.map((address, index) => ({ name: addressContainer(index), url: `https://${address}/` }));
  return [...clusterContainers, ...others].map(({ name, url }) => ({ name, command: curl(url) }));
};

/** What matters to us of a container in a test's pod. */
export type TestContainer = {
  readonly name: string;
  /** Why it does not run yet, such as `ContainerCreating`. */
  readonly waiting: string | undefined;
  readonly exitCode: number | undefined;
};

/** What matters to us of a test's pod. */
export type TestPod = {
  readonly phase: string;
  /** Why the kubelet would not run it or ended it, such as `DeadlineExceeded`. */
  readonly reason: string | undefined;
  readonly containers: readonly TestContainer[];
};

/** What a pod on the node could not do. */
export type Layer = 'container-image' | 'pod-start' | 'service-routing' | 'cluster-dns' | `address ${string}`;

export type PodVerdict =
  | { readonly result: 'running' | 'passed' }
  | { readonly result: 'failed'; readonly layer: Layer; readonly detail: string };

const imageProblems = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
];

/** curl's exit codes for there being no way. Any other means that something answered. Source: curl(1), EXIT CODES. */
const noWay: Readonly<Record<number, string>> = {
  6: 'the name could not be resolved',
  7: 'the connection was refused or had no route',
  28: 'no answer came in time',
};
/** Above it are codes that curl does not have: the program was not started, or was ended. */
const lastCodeOfCurl = 99;

function layerOf(name: string, addresses: readonly string[]): Layer {
  const index = addresses.findIndex((_, each) => addressContainer(each) === name);
  return index < 0 ? (name as 'service-routing' | 'cluster-dns') : `address ${addresses[index]}`;
}

function failureOf({ name, exitCode }: TestContainer, addresses: readonly string[]): PodVerdict | undefined {
  if (exitCode === undefined || exitCode > lastCodeOfCurl) {
    const detail = exitCode === undefined ? `the container ${name} did not end in time` : `exit code ${exitCode}`;
    return { result: 'failed', layer: 'pod-start', detail };
  }
  const detail = noWay[exitCode];
  if (detail === undefined) return undefined;
  return { result: 'failed', layer: layerOf(name, addresses), detail: `${detail} (curl: ${exitCode})` };
}

/** What is in the way of containers that have not run when their time is up. */
function neverRan({ reason, containers }: TestPod): PodVerdict {
  const waiting = containers.flatMap((container) => container.waiting ?? []);
  const image = waiting.find((each) => imageProblems.includes(each));
  if (image !== undefined) return { result: 'failed', layer: 'container-image', detail: image };
  const detail = waiting[0] ?? reason ?? 'its containers have no status';
  return { result: 'failed', layer: 'pod-start', detail };
}

/**
 * What a test's pod says of its node. Of several things that fail the first in the order of the pod's containers is
 * named, since names are resolved through a Service.
 *
 * @param isOver whether the time of the test is up: what has not happened then is a failure.
 */
export function judgePod(pod: TestPod | undefined, addresses: readonly string[], isOver: boolean): PodVerdict {
  if (pod === undefined) {
    return isOver ? { result: 'failed', layer: 'pod-start', detail: 'the pod is gone' } : { result: 'running' };
  }
  const hasEnded = pod.phase === 'Succeeded' || pod.phase === 'Failed';
  if (!hasEnded && !isOver) return { result: 'running' };
  const ran = pod.containers.some(({ exitCode }) => exitCode !== undefined);
  if (!ran) return neverRan(pod);
  for (const container of pod.containers) {
    const failure = failureOf(container, addresses);
    if (failure !== undefined) return failure;
  }
  return { result: 'passed' };
}

/** `host:port` pairs, separated by commas or spaces; undefined when the text is none. */
export function parseAddresses(text: string): readonly string[] | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  return parts.every((part) => /^[A-Za-z0-9.-]+:\d{1,5}$/.test(part)) ? parts : undefined;
}

/** The container image of a Server line, which Amazon's and most own AMIs have cached. */
export const testImage = (repository: string, serverLine: string): string => `${repository}:ltsc${serverLine}`;
