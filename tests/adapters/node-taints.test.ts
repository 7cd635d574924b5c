import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer } from '../../functions/adapters/api-server.ts';
import { changeAllTaints } from '../../functions/adapters/node-taints.ts';
import { outdatedTaint, withOutdatedTaint, withoutOutdatedTaint } from '../../functions/domain/outdated-taint.ts';
import { aCluster, addNode, minute, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { simulatedApi } from './simulated-api.ts';

const dedicated = { key: 'dedicated', value: 'shop', effect: 'NoSchedule' };
const spot = { key: 'spot', effect: 'PreferNoSchedule' };

let cluster: TestCluster;
let api: ApiServer;
let nodes: { instanceId: string; nodeName: string }[];

beforeEach(async () => {
  cluster = await aCluster();
  nodes = [1, 2, 3].map((number) => {
    const { instanceId, privateDnsName } = addNode(cluster, number);
    return { instanceId, nodeName: privateDnsName };
  });
  await cluster.pass(minute);
  api = simulatedApi(cluster);
});

const pathOf = (index: number) => `/api/v1/nodes/${nodes[index]?.nodeName}`;
const node = async (index: number) => (await cluster.call('GET', pathOf(index))).body;
const taints = async (index: number) => (await node(index)).spec.taints;
const put = (index: number, ...wanted: object[]) =>
  cluster.call('PATCH', pathOf(index), { spec: { taints: wanted } }, { contentType: 'application/merge-patch+json' });

describe('the taint of outdated nodes in a cluster', () => {
  it('comes to the named nodes once, and goes from them, beside the taints of others', async () => {
    await put(0, dedicated, spot);
    const chosen = nodes.slice(0, 2);
    expect(await changeAllTaints(api, chosen, withOutdatedTaint)).toBe(2);
    const { resourceVersion } = (await node(0)).metadata;
    expect(await changeAllTaints(api, chosen, withOutdatedTaint)).toBe(0);
    expect((await node(0)).metadata.resourceVersion).toBe(resourceVersion);
    expect([await taints(0), await taints(1), await taints(2)]).toEqual([
      [dedicated, spot, outdatedTaint],
      [outdatedTaint],
      undefined,
    ]);
    expect(await changeAllTaints(api, nodes, withoutOutdatedTaint)).toBe(2);
    expect(await changeAllTaints(api, nodes, withoutOutdatedTaint)).toBe(0);
    expect([await taints(0), (await taints(1)) ?? [], await taints(2)]).toEqual([[dedicated, spot], [], undefined]);
  });

  it('passes by nodes that are gone, and nodes that have the name of an earlier one', async () => {
    const { nodeName = '' } = nodes[0] ?? {};
    const others = [
      { instanceId: 'i-0000000000000000f', nodeName },
      { instanceId: 'i-0000000000000000e', nodeName: 'ip-10-9-9-9.us-west-2.compute.internal' },
    ];
    expect(await changeAllTaints(api, others, withOutdatedTaint)).toBe(0);
    expect(await taints(0)).toBeUndefined();
  });

  it('never costs a taint that somebody else puts between reading and writing', async () => {
    let others = 0;
    const hurried = simulatedApi(cluster, {
      step: async (what) => {
        if (!what.startsWith('PATCH') || others === 2) return;
        others += 1;
        await put(0, dedicated, { ...spot, value: String(others) });
      },
    });
    expect(await changeAllTaints(hurried, nodes.slice(0, 1), withOutdatedTaint)).toBe(1);
    expect(await taints(0)).toEqual([dedicated, { ...spot, value: '2' }, outdatedTaint]);
  });

  it('is given up for now on a node that never rests', async () => {
    let others = 0;
    const restless = simulatedApi(cluster, {
      step: async (what) => {
        others += 1;
        if (what.startsWith('PATCH')) await put(0, { ...spot, value: String(others) });
      },
    });
    await expect(changeAllTaints(restless, nodes.slice(0, 1), withOutdatedTaint)).rejects.toMatchObject({
      name: 'KubernetesUnavailable',
      message: expect.stringContaining(nodes[0]?.nodeName ?? ''),
    });
  });
});
