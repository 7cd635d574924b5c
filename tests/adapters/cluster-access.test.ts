import { readFileSync } from 'node:fs';
import { DescribeClusterCommand, ResourceNotFoundException } from '@aws-sdk/client-eks';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectApiServer } from '../../functions/adapters/api-server.ts';
import { clusterToken } from '../../functions/adapters/cluster-token.ts';
import { clusterReader, translateNode } from '../../functions/adapters/kubernetes.ts';
import { evictPod, translatePod } from '../../functions/adapters/leaving-pods.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { assumeRole, eks, roleArn, serveCluster, sts } from './a-cluster.ts';

process.env.AWS_REGION = 'us-west-2';
const node = JSON.parse(readFileSync(new URL('../support/samples/windows-node.json', import.meta.url), 'utf8'));
const reader = clusterReader(() => roleArn);

type Answer = { status: number; body: unknown };
let answers: Answer[] = [];
const asked: { url: string; authorization: string }[] = [];
let cluster: Awaited<ReturnType<typeof serveCluster>>;

beforeAll(async () => {
  cluster = await serveCluster((request, response) => {
    asked.push({ url: request.url ?? '', authorization: request.headers.authorization ?? '' });
    const { status, body } = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
});
afterAll(() => cluster.close());

beforeEach(() => {
  asked.length = 0;
  cluster.announce();
});

describe('the token of a cluster', () => {
  it('holds exactly what the cluster accepts: the parameters of a signature over its own name', async () => {
    const token = await clusterToken('demo', roleArn);
    const url = new URL(Buffer.from(token.replace('k8s-aws-v1.', ''), 'base64url').toString());
    expect(`${url.origin}${url.pathname}`).toBe('https://sts.us-west-2.amazonaws.com/');
    expect([...url.searchParams.keys()].map((key) => key.toLowerCase()).toSorted()).toEqual([
      'action',
      'version',
      'x-amz-algorithm',
      'x-amz-credential',
      'x-amz-date',
      'x-amz-expires',
      'x-amz-security-token',
      'x-amz-signature',
      'x-amz-signedheaders',
    ]);
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
    expect(token.length).toBeLessThan(4096);
    expect(token).not.toMatch(/=$/);
  });

  it('is signed with one session for all clusters while that is good, and with a new one in time', async () => {
    const another = 'arn:aws:iam::111122223333:role/short-lived';
    assumeRole(10);
    await clusterToken('demo', another);
    await clusterToken('demo', another);
    assumeRole(60);
    await clusterToken('demo', another);
    await clusterToken('prod', another);
    expect(sts.commandCalls(AssumeRoleCommand)).toHaveLength(3);
  });
});

describe('a cluster', () => {
  it('is asked for its Windows nodes with the token, page by page', async () => {
    answers = [
      { status: 200, body: { items: [node], metadata: { continue: 'more/+' } } },
      { status: 200, body: { items: [node], metadata: {} } },
    ];
    expect(await reader.listNodes('demo')).toHaveLength(2);
    expect(asked.map(({ url }) => url)).toEqual([
      '/api/v1/nodes?labelSelector=kubernetes.io%2Fos%3Dwindows&limit=500',
      '/api/v1/nodes?labelSelector=kubernetes.io%2Fos%3Dwindows&limit=500&continue=more%2F%2B',
    ]);
    expect(asked[0]?.authorization).toMatch(/^Bearer k8s-aws-v1\./);
  });

  it.each([401, 403])('that answers %i is told with the command that changes it', async (status) => {
    answers = [
      { status, body: { code: status } },
      { status, body: { code: status } },
    ];
    await expect(reader.listNodes('demo')).rejects.toMatchObject({ name: 'ClusterAccessDenied' });
    expect(await reader.view('demo', 'try-again')).toMatchObject({
      refused: {
        error: 'ClusterAccessDenied',
        cause: expect.stringMatching(/npm run grant -- --cluster demo, then: kubectl apply -f .*reader\.yml/),
      },
    });
  });

  it('that lets its nodes be listed but not watched is told so by the plan', async () => {
    answers = [
      { status: 200, body: { items: [node], metadata: {} } },
      { status: 403, body: { code: 403 } },
    ];
    expect(await reader.view('demo', 'try-again')).toMatchObject({ refused: { error: 'ClusterAccessDenied' } });
    expect(asked.at(-1)?.url).toBe(
      '/api/v1/nodes?fieldSelector=metadata.name%3Dip-10-0-1-23.us-west-2.compute.internal&watch=true&timeoutSeconds=1',
    );
  });

  it('whose nodes can be read and watched is shown to the plan', async () => {
    answers = [
      { status: 200, body: { items: [node], metadata: {} } },
      { status: 200, body: { type: 'ADDED', object: node } },
    ];
    expect(await reader.view('demo', 'try-again')).toMatchObject({ nodes: [{ instanceId: 'i-0abc1234def567890' }] });
  });

  it.each([429, 500, 503])('that answers %i may be asked again', async (status) => {
    answers = [{ status, body: {} }];
    await expect(reader.listNodes('demo')).rejects.toMatchObject({ name: 'KubernetesUnavailable' });
  });

  it('that cannot be reached fails the plan while that may pass, and is a refusal when it has not', async () => {
    answers = [
      { status: 503, body: {} },
      { status: 503, body: {} },
    ];
    await expect(reader.view('demo', 'try-again')).rejects.toMatchObject({ name: 'KubernetesUnavailable' });
    expect(await reader.view('demo', 'give-up')).toMatchObject({
      refused: { error: 'ClusterUnreachable', cause: expect.stringContaining('demo') },
    });
  });

  describe('that answers 504 to an eviction', () => {
    const pod = translatePod({
      metadata: { namespace: 'store', name: 'web-1', uid: 'uid-1' },
      spec: { containers: [] },
    });
    const evict = async () => evictPod(await connectApiServer('demo', roleArn), pod);

    it('has refused it when it says so itself: others change the budget all the time', async () => {
      const message = 'Timeout: couldn\'t update PodDisruptionBudget "web" due to conflicts';
      const details = { retryAfterSeconds: 10 };
      const body = { kind: 'Status', status: 'Failure', reason: 'Timeout', code: 504, message, details };
      answers = [
        { status: 504, body },
        { status: 200, body: { items: [] } },
      ];
      expect(await evict()).toEqual({ answer: 'refused', budgets: [], message, retryAfterSeconds: 10 });
    });

    it('may be asked again when something in between does', async () => {
      answers = [{ status: 504, body: 'Gateway Timeout' }];
      await expect(evict()).rejects.toMatchObject({ name: 'KubernetesUnavailable' });
    });
  });

  it('with another authority than its own is not trusted', async () => {
    const other = await selfSignedCertificate('127.0.0.1');
    const data = Buffer.from(other.cert).toString('base64');
    eks
      .on(DescribeClusterCommand)
      .resolves({ cluster: { endpoint: cluster.endpoint, certificateAuthority: { data } } });
    await expect(reader.listNodes('impostor')).rejects.toMatchObject({ name: 'KubernetesUnavailable' });
    expect(asked).toHaveLength(0);
  });

  it('that does not exist is a refusal of the plan', async () => {
    eks.on(DescribeClusterCommand).rejects(new ResourceNotFoundException({ message: 'gone', $metadata: {} }));
    expect(await reader.view('nowhere', 'try-again')).toMatchObject({ refused: { error: 'ClusterUnknown' } });
  });
});

describe('a node object', () => {
  it('is read as the kubelet and the controllers write it', () => {
    const { labels, conditions, ...rest } = translateNode(node);
    expect(labels).toMatchObject({ 'kubernetes.io/os': 'windows', 'topology.kubernetes.io/zone': 'us-west-2a' });
    expect(conditions).toMatchObject({ Ready: 'True', DiskPressure: 'False' });
    expect(rest).toEqual({
      name: 'ip-10-0-1-23.us-west-2.compute.internal',
      instanceId: 'i-0abc1234def567890',
      ready: true,
      readyDetail: 'KubeletReady: kubelet is posting ready status',
      readySince: '2026-05-16T05:08:41.000Z',
      initialized: true,
      podAddresses: 14,
      patchLevel: '10.0.20348.5139',
      osImage: 'Windows Server 2022 Datacenter',
    });
  });

  it.each([
    { case: 'no addresses yet', change: { status: { ...node.status, capacity: {} } }, expected: { podAddresses: 0 } },
    {
      case: 'the taint of a new node',
      change: {
        spec: {
          ...node.spec,
          taints: [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', effect: 'NoSchedule' }],
        },
      },
      expected: { initialized: false },
    },
    { case: 'no provider id', change: { spec: {} }, expected: { instanceId: undefined } },
    {
      case: 'a provider id of another provider',
      change: { spec: { providerID: 'azure:///x/i-0a' } },
      expected: { instanceId: undefined },
    },
    {
      case: 'an unknown Ready condition',
      change: { status: { ...node.status, conditions: [{ type: 'Ready', status: 'Unknown' }] } },
      expected: { ready: false },
    },
    {
      case: 'no conditions',
      change: { status: {} },
      expected: { ready: false, readyDetail: 'no condition reported', patchLevel: '' },
    },
  ])('with $case', ({ change, expected }) => {
    expect(translateNode({ ...node, ...change })).toMatchObject(expected);
  });
});
