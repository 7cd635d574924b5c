import { createClock } from '../../../simulator/kernel/clock.ts';
import { createEventLog } from '../../../simulator/kernel/event-log.ts';
import { createFaults, type Fault } from '../../../simulator/kernel/faults.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { createRandomness } from '../../../simulator/kernel/randomness.ts';
import type { WireResponse } from '../../../simulator/kernel/wire.ts';
import type { User } from '../../../simulator/kubernetes/authorizer.ts';
import { type Cluster, type ClusterOptions, createCluster } from '../../../simulator/kubernetes/cluster.ts';
import type { Ec2Instance } from '../../../simulator/services/ec2/instances.ts';
import { aKernel } from '../../support/kernel.ts';

export const start = Date.UTC(2026, 4, 16, 4, 0, 0);
export const minute = 60_000;

export const administrator: User = { username: 'admin', groups: ['system:masters'], policies: [] };

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are compared with what the real server answers, whatever they are.
  readonly body: any;
};

type CallOptions = { readonly token?: string; readonly contentType?: string; readonly accept?: string };

export type TestCluster = {
  readonly kernel: Kernel;
  readonly cluster: Cluster;
  readonly call: (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Reply>;
  /** Opens a watch and collects its events; `ended` when the server has ended it. */
  readonly watch: (path: string) => Promise<WatchedEvents>;
  readonly pass: (milliseconds: number) => Promise<void>;
  readonly log: (kind: string) => readonly Readonly<Record<string, unknown>>[];
};

export type WatchedEvents = {
  readonly events: readonly { readonly type: string; readonly object: Record<string, never> }[];
  readonly isEnded: () => boolean;
  readonly close: () => Promise<void>;
};

export type TestClusterOptions = {
  readonly seed?: number;
  readonly faults?: readonly Fault[];
  /** Users by their token, besides `admin`. */
  readonly users?: Readonly<Record<string, User>>;
  readonly cluster?: Partial<ClusterOptions>;
};

/** A cluster of its own account, in virtual time, in which a token is the key of a user. */
export async function aCluster({
  seed = 1,
  faults = [],
  users = {},
  cluster: overrides = {},
}: TestClusterOptions = {}): Promise<TestCluster> {
  const clock = createClock(start);
  const log = createEventLog(clock);
  const kernel = aKernel({ clock, log, random: createRandomness(seed), faults: createFaults(faults) });
  const known: Readonly<Record<string, User>> = { admin: administrator, ...users };
  const cluster = await createCluster({
    ...{ kernel, name: 'demo', version: '1.35' },
    authenticate: (token) => known[token],
    identityOf: () => ({ groups: ['system:bootstrappers', 'system:nodes', 'eks:kube-proxy-windows'] }),
    ...overrides,
  });
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<WireResponse> => {
    const { token = 'admin', contentType = 'application/json', accept } = options;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
    let isOver = false;
    const reply = cluster
      .front({
        ...{ method, path, body: Buffer.from(body === undefined ? '' : text) },
        headers: headersOf({ token, accept, contentType: body === undefined ? undefined : contentType }),
      })
      .finally(() => {
        isOver = true;
      });
    reply.catch(() => undefined);
    await clock.run(() => isOver);
    return reply;
  };

  return {
    kernel,
    cluster,
    async call(method, path, body, options) {
      const { status, headers, body: bytes } = await send(method, path, body, options);
      const text = (bytes as Buffer).toString();
      const isJson = headers['content-type'] === 'application/json';
      return { status, headers, body: isJson ? JSON.parse(text) : text };
    },
    async watch(path) {
      const { body } = await send('GET', path);
      return collect(body as AsyncIterable<Buffer>);
    },
    async pass(milliseconds) {
      let isOver = false;
      clock.after(milliseconds, () => {
        isOver = true;
      });
      await clock.run(() => isOver);
    },
    log: (kind) => log.entries().flatMap((entry) => (entry.kind === kind ? [entry.details] : [])),
  };
}

function headersOf({ token, accept, contentType }: Record<'token' | 'accept' | 'contentType', string | undefined>) {
  return {
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...(accept === undefined ? {} : { accept }),
  };
}

function collect(body: AsyncIterable<Buffer>): WatchedEvents {
  const events: { type: string; object: Record<string, never> }[] = [];
  let isEnded = false;
  const reader = body[Symbol.asyncIterator]();
  const read = async () => {
    for (let next = await reader.next(); !next.done; next = await reader.next()) {
      events.push(JSON.parse(next.value.toString()));
    }
    isEnded = true;
  };
  void read();
  return {
    events,
    isEnded: () => isEnded,
    close: async () => {
      await reader.return?.();
    },
  };
}

/** A machine of the cluster, as EC2 tells of it. */
export function anInstance(overrides: Partial<Ec2Instance> = {}): Ec2Instance {
  const number = overrides.instanceId?.at(-1) ?? '1';
  return {
    instanceId: 'i-00000000000000001',
    reservationId: 'r-00000000000000001',
    imageId: 'ami-00000000000000001',
    instanceType: 'm5.xlarge',
    platform: 'windows',
    privateDnsName: `ip-10-0-1-${number}.us-west-2.compute.internal`,
    privateIpAddress: `10.0.1.${number}`,
    availabilityZone: 'us-west-2a',
    subnetId: 'subnet-0aaaaaaa',
    launchTime: new Date(start),
    clientToken: 'token',
    guest: aGuest(),
    tags: { 'kubernetes.io/cluster/demo': 'owned' },
    state: 'running',
    ...overrides,
  };
}

export function aGuest(overrides: Partial<Ec2Instance['guest']> = {}): Ec2Instance['guest'] {
  return {
    osImage: 'Windows Server 2022 Datacenter',
    kernelVersion: '10.0.20348.5139',
    kubeletVersion: 'v1.35.3-eks-0123456',
    bootSeconds: [120, 120],
    readySeconds: [30, 30],
    addressSeconds: [20, 20],
    cachedImages: ['web:1'],
    ...overrides,
  };
}

/** A node that is there from the beginning, Ready and with addresses. */
export function addNode({ cluster }: TestCluster, number = 1, overrides: Partial<Ec2Instance> = {}): Ec2Instance {
  const instance = anInstance({ instanceId: `i-0000000000000000${number}`, ...overrides });
  cluster.onInstance({ type: 'running', instance, settled: true });
  return instance;
}

export const aNamespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

export function aDeployment(name: string, replicas: number, labels: Record<string, string> = { app: name }) {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' } },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { nodeSelector: { 'kubernetes.io/os': 'windows' }, containers: [{ name: 'main', image: 'web:1' }] },
      },
    },
  };
}

export function aBudget(name: string, spec: Record<string, unknown>) {
  return {
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'default' } },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  };
}

export function aConfigMap(name: string, labels: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels }, data: { a: '1' } };
}
