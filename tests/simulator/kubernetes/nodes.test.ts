import { describe, expect, it } from 'vitest';
import { aCluster, aDeployment, addNode, aGuest, anInstance, minute, type TestCluster } from './a-cluster.ts';

const name = 'ip-10-0-1-1.us-west-2.compute.internal';
const path = `/api/v1/nodes/${name}`;
const second = 1000;
const addressKey = 'vpc.amazonaws.com/PrivateIPv4Address';

const boot = ({ cluster }: TestCluster, overrides: Parameters<typeof anInstance>[0] = {}) => {
  const instance = anInstance(overrides);
  cluster.onInstance({ type: 'running', instance });
  return instance;
};

describe('a node', () => {
  it('registers when its machine has booted, is Ready later, and has addresses in its own time', async () => {
    const test = await aCluster();
    boot(test);
    const states: unknown[] = [];
    test.cluster.onNode(({ node: { ready, hasAddresses, initialized } }) => {
      const state = {
        at: (test.kernel.clock.now() - Date.UTC(2026, 4, 16, 4)) / second,
        ready,
        hasAddresses,
        initialized,
      };
      states.push(state);
    });
    await test.pass(5 * minute);

    expect(states[0]).toEqual({ at: 120, ready: false, hasAddresses: false, initialized: false });
    expect(states).toContainEqual({ at: 140, ready: false, hasAddresses: true, initialized: false });
    expect(states).toContainEqual({ at: 150, ready: true, hasAddresses: true, initialized: true });
  });

  it('looks as its kubelet and the cloud provider describe it', async () => {
    const test = await aCluster();
    boot(test);
    await test.pass(5 * minute);
    const { metadata, spec, status } = (await test.call('GET', path)).body;

    expect(metadata.labels).toMatchObject({
      'kubernetes.io/os': 'windows',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': name,
      'node.kubernetes.io/windows-build': '10.0.20348',
      'node.kubernetes.io/instance-type': 'm5.xlarge',
      'topology.kubernetes.io/zone': 'us-west-2a',
      'topology.kubernetes.io/region': 'us-west-2',
    });
    expect(spec).toEqual({ providerID: 'aws:///us-west-2a/i-00000000000000001' });
    expect(status.nodeInfo).toMatchObject({
      kernelVersion: '10.0.20348.5139',
      osImage: 'Windows Server 2022 Datacenter',
      kubeletVersion: 'v1.35.3-eks-0123456',
      operatingSystem: 'windows',
    });
    expect([status.capacity[addressKey], status.allocatable[addressKey]]).toEqual(['14', '14']);
    expect(status.addresses).toContainEqual({ type: 'InternalIP', address: '10.0.1.1' });
  });

  it('carries the taints of a beginner until they no longer hold', async () => {
    const test = await aCluster();
    boot(test);
    await test.pass(2 * minute + 500);
    const before = (await test.call('GET', path)).body.spec.taints;
    await test.pass(minute);

    expect(before.map(({ key }: { key: string }) => key)).toEqual([
      'node.cloudprovider.kubernetes.io/uninitialized',
      'node.kubernetes.io/not-ready',
    ]);
    expect((await test.call('GET', path)).body.spec).not.toHaveProperty('taints');
  });

  it.each([
    { defect: 'never-registers' as const, expected: undefined },
    { defect: 'never-ready' as const, expected: { ready: false, hasAddresses: true } },
    { defect: 'no-addresses' as const, expected: { ready: true, hasAddresses: false } },
  ])('with the defect $defect stays $expected', async ({ defect, expected }) => {
    const test = await aCluster();
    boot(test, { guest: aGuest({ defect }) });
    await test.pass(60 * minute);
    const [node] = test.cluster.nodes();

    expect(node && { ready: node.ready, hasAddresses: node.hasAddresses }).toEqual(expected);
  });

  it('gets no addresses while Windows IPAM is off, and gets them when it is switched on', async () => {
    const test = await aCluster({ cluster: { windowsIpam: false } });
    boot(test);
    await test.pass(10 * minute);
    const before = test.cluster.nodes()[0]?.hasAddresses;
    const merge = { contentType: 'application/merge-patch+json' };
    await test.call(
      'PATCH',
      '/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni',
      { data: { 'enable-windows-ipam': 'true' } },
      merge,
    );

    expect([before, test.cluster.nodes()[0]?.hasAddresses]).toEqual([false, true]);
  });

  it('of Linux has no such addresses', async () => {
    const test = await aCluster();
    boot(test, { platform: 'linux' });
    await test.pass(10 * minute);

    expect(test.cluster.nodes()[0]).toMatchObject({ ready: true, hasAddresses: false, hasServiceRouting: true });
  });

  it('does not register while its role is not mapped, and does as soon as it is', async () => {
    let isMapped = false;
    const groups = ['system:bootstrappers', 'system:nodes'];
    const test = await aCluster({ cluster: { identityOf: () => (isMapped ? { groups } : undefined) } });
    boot(test);
    await test.pass(10 * minute);
    const before = test.cluster.nodes();
    isMapped = true;
    test.cluster.controlPlane.retryRegistrations();
    await test.pass(minute);

    expect(before).toEqual([]);
    expect(test.log('node.refused')).toHaveLength(1);
    expect(test.cluster.nodes()).toMatchObject([{ ready: true, hasServiceRouting: false }]);
  });

  it('is not of this cluster when its machine carries the tag of another', async () => {
    const test = await aCluster();
    boot(test, { tags: { 'kubernetes.io/cluster/other': 'owned' } });
    await test.pass(10 * minute);

    expect(test.cluster.nodes()).toEqual([]);
  });

  it('is tainted as unschedulable while it is cordoned', async () => {
    const test = await aCluster();
    addNode(test);
    const merge = { contentType: 'application/merge-patch+json' };
    await test.call('PATCH', path, { spec: { unschedulable: true } }, merge);
    await test.pass(second);
    const cordoned = (await test.call('GET', path)).body.spec.taints;
    await test.call('PATCH', path, { spec: { unschedulable: null } }, merge);
    await test.pass(second);

    expect(cordoned).toEqual([
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: expect.any(String) },
    ]);
    expect((await test.call('GET', path)).body.spec).not.toHaveProperty('taints');
  });

  it('becomes Unknown when its kubelet is silent, and goes once its instance is terminated', async () => {
    const test = await aCluster();
    const instance = addNode(test);
    const changes: string[] = [];
    test.cluster.onNode(({ type, node }) => changes.push(`${type} ${node.ready}`));
    test.cluster.onInstance({ type: 'shutting-down', instance: { ...instance, state: 'shutting-down' } });
    await test.pass(40 * second);
    const stillReady = test.cluster.nodes()[0]?.ready;
    test.cluster.onInstance({ type: 'terminated', instance: { ...instance, state: 'terminated' } });
    await test.pass(30 * second);

    expect(stillReady).toBe(true);
    expect(changes[0]).toBe('changed false');
    expect(changes.at(-1)).toBe('deleted false');
    expect(test.cluster.nodes()).toEqual([]);
    expect(test.log('node.gone')).toEqual([{ cluster: 'demo', node: name, instanceId: instance.instanceId }]);
  });

  it('waits with the name of a predecessor until that is gone', async () => {
    const test = await aCluster();
    const old = addNode(test);
    test.cluster.onInstance({ type: 'shutting-down', instance: { ...old, state: 'shutting-down' } });
    test.cluster.onInstance({ type: 'terminated', instance: { ...old, state: 'terminated' } });
    boot(test, { instanceId: 'i-0000000000000000b', privateDnsName: name, guest: aGuest({ bootSeconds: [1, 1] }) });
    await test.pass(3 * minute);

    expect(test.cluster.nodes()).toMatchObject([{ name, instanceId: 'i-0000000000000000b', ready: true }]);
  });

  it('takes its pods with it, and their workload makes others', async () => {
    const test = await aCluster();
    const instance = addNode(test, 1);
    test.cluster.applyManifest(aDeployment('web', 2));
    await test.pass(minute);
    addNode(test, 2);
    test.cluster.onInstance({ type: 'shutting-down', instance: { ...instance, state: 'shutting-down' } });
    test.cluster.onInstance({ type: 'terminated', instance: { ...instance, state: 'terminated' } });
    await test.pass(5 * minute);
    const { items } = (await test.call('GET', '/api/v1/pods')).body;

    expect(
      items.map(({ spec, status }: { spec: { nodeName: string }; status: { phase: string } }) => [
        spec.nodeName,
        status.phase,
      ]),
    ).toEqual([
      ['ip-10-0-1-2.us-west-2.compute.internal', 'Running'],
      ['ip-10-0-1-2.us-west-2.compute.internal', 'Running'],
    ]);
  });

  it('gives no pod a place without addresses', async () => {
    const test = await aCluster();
    addNode(test, 1, { guest: aGuest({ defect: 'no-addresses' }) });
    test.cluster.applyManifest(aDeployment('web', 1));
    await test.pass(minute);
    const [pod] = (await test.call('GET', '/api/v1/pods')).body.items;

    expect(pod.status.phase).toBe('Pending');
    expect(pod.status.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', message: expect.stringContaining(`Insufficient ${addressKey}`) },
    ]);
  });
});

describe('heartbeats', () => {
  const lease = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;

  it('renew the lease every ten seconds, as seen by whoever reads it', async () => {
    const test = await aCluster();
    addNode(test);
    await test.pass(minute);
    const first = (await test.call('GET', lease)).body;
    await test.pass(5 * second);
    const early = (await test.call('GET', lease)).body;
    await test.pass(10 * second);
    const later = (await test.call('GET', lease)).body;

    expect(first.spec).toEqual({
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: '2026-05-16T04:01:00.000000Z',
    });
    expect(early).toEqual(first);
    expect(later.spec.renewTime).toBe('2026-05-16T04:01:10.000000Z');
    expect(Number(later.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
  });

  it('end with the kubelet', async () => {
    const test = await aCluster();
    const instance = addNode(test);
    test.cluster.onInstance({ type: 'shutting-down', instance: { ...instance, state: 'shutting-down' } });
    await test.pass(45 * second);

    const { renewTime } = (await test.call('GET', lease)).body.spec;
    expect(Date.parse(renewTime)).toBeLessThanOrEqual(Date.UTC(2026, 4, 16, 4, 0, 8));
  });

  it('cost the clock nothing when nobody reads', async () => {
    const test = await aCluster();
    addNode(test);
    await test.pass(second);

    expect(await test.kernel.clock.run(() => false)).toBe(false);
    expect(test.kernel.clock.now()).toBeLessThan(Date.UTC(2026, 4, 16, 4, 1));
  });
});
