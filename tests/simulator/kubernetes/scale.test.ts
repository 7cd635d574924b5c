import { expect, it } from 'vitest';
import { aCluster, aDeployment, anInstance, type TestCluster } from './a-cluster.ts';

const seconds = (usage: NodeJS.CpuUsage) => (usage.user + usage.system) / 1e6;

/** CPU seconds of some work. */
async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  return seconds(process.cpuUsage(before));
}

function addNodes({ cluster }: TestCluster, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    const instance = anInstance({
      instanceId: `i-${index.toString(16).padStart(17, '0')}`,
      platform: 'linux',
      privateIpAddress: address,
      privateDnsName: `ip-${address.replaceAll('.', '-')}.us-west-2.compute.internal`,
      availabilityZone: `us-west-2${'abc'[index % 3]}`,
    });
    cluster.onInstance({ type: 'running', instance, settled: true });
  }
}

const manifestsFor = (deployments: number, replicas: number) =>
  Array.from({ length: deployments }, (_, index) => {
    const { spec, ...rest } = aDeployment(`web-${index}`, replicas);
    const podSpec = { containers: spec.template.spec.containers };
    return { ...rest, spec: { ...spec, template: { ...spec.template, spec: podSpec } } };
  });

it('a list of the pods of one node costs no more in a large cluster than in a small one', async () => {
  const test = await aCluster();
  addNodes(test, 500);
  test.cluster.settleManifests(manifestsFor(100, 100));
  const selector = encodeURIComponent('spec.nodeName=ip-10-0-0-7.us-west-2.compute.internal');
  const all = await cost(() => test.call('GET', '/api/v1/pods?limit=1'));
  const listed = await test.call('GET', `/api/v1/pods?fieldSelector=${selector}`);
  const own = await cost(async () => {
    for (let round = 0; round < 10; round += 1) await test.call('GET', `/api/v1/pods?fieldSelector=${selector}`);
  });

  expect(listed.body.items).toHaveLength(20);
  expect(own / 10).toBeLessThan(Math.max(all, 0.02));
});
