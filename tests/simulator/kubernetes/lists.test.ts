import { describe, expect, it } from 'vitest';
import { aCluster, aConfigMap, addNode, aNamespace, minute, type TestCluster } from './a-cluster.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name);

const withConfigMaps = async (count: number) => {
  const test = await aCluster();
  for (let number = 1; number <= count; number++) {
    await test.call('POST', configMaps, aConfigMap(`c${number}`, { parity: number % 2 === 0 ? 'even' : 'odd' }));
  }
  return test;
};

const page = async ({ call }: TestCluster, limit: number, token = '') =>
  (await call('GET', `${configMaps}?limit=${limit}&continue=${encodeURIComponent(token)}`)).body;

describe('lists', () => {
  it('come in the order of names, with the version of the whole', async () => {
    const { call } = await withConfigMaps(3);
    const { body } = await call('GET', configMaps);

    expect(names(body)).toEqual(['c1', 'c2', 'c3']);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(body.metadata).toEqual({ resourceVersion: body.items[2].metadata.resourceVersion });
  });

  it('in pages show the state of the first page, whatever happens in between', async () => {
    const test = await withConfigMaps(5);
    const first = await page(test, 2);
    await test.call('DELETE', `${configMaps}/c4`);
    await test.call('POST', configMaps, aConfigMap('c21'));
    const second = await page(test, 2, first.metadata.continue);
    const third = await page(test, 2, second.metadata.continue);

    expect([first, second, third].map(names)).toEqual([['c1', 'c2'], ['c3', 'c4'], ['c5']]);
    expect([first, second, third].map(({ metadata }) => metadata.remainingItemCount)).toEqual([3, 1, undefined]);
    expect(third.metadata.continue).toBeUndefined();
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('go on for five minutes, then a page is refused with 410', async () => {
    const test = await withConfigMaps(3);
    const { metadata } = await page(test, 2);
    await test.pass(6 * minute);
    await test.call('DELETE', `${configMaps}/c1`);
    await test.pass(6 * minute);

    expect(await page(test, 2, metadata.continue)).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('refuse a token that was never given out', async () => {
    expect(await page(await aCluster(), 2, 'bm9uZQ')).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  it('refuse a version that is still to come', async () => {
    const { call } = await aCluster();

    expect(await call('GET', `${configMaps}?resourceVersion=999999`)).toMatchObject({
      status: 504,
      headers: { 'retry-after': '1' },
      body: { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
    });
  });

  it('show one exact version of the past', async () => {
    const { call } = await withConfigMaps(2);
    const version = (await call('GET', configMaps)).body.metadata.resourceVersion;
    await call('DELETE', `${configMaps}/c1`);
    const { body } = await call('GET', `${configMaps}?resourceVersion=${version}&resourceVersionMatch=Exact`);

    expect(names(body)).toEqual(['c1', 'c2']);
  });

  it.each([
    { selector: 'parity=even', expected: ['c2', 'c4'] },
    { selector: 'parity!=even', expected: ['c1', 'c3'] },
    { selector: 'parity in (odd,even),parity notin (even)', expected: ['c1', 'c3'] },
    { selector: 'parity', expected: ['c1', 'c2', 'c3', 'c4'] },
    { selector: '!parity', expected: [] },
    { selector: 'parity==odd', expected: ['c1', 'c3'] },
  ])('by label selector $selector', async ({ selector, expected }) => {
    const { call } = await withConfigMaps(4);
    const { body } = await call('GET', `${configMaps}?labelSelector=${encodeURIComponent(selector)}`);

    expect(names(body)).toEqual(expected);
  });

  it.each([
    { selector: 'spec.unschedulable=true', expected: [2] },
    { selector: 'spec.unschedulable=false', expected: [1] },
    { selector: 'metadata.name=ip-10-0-1-1.us-west-2.compute.internal', expected: [1] },
    { selector: 'metadata.name!=ip-10-0-1-1.us-west-2.compute.internal', expected: [2] },
  ])('of nodes by field selector $selector', async ({ selector, expected }) => {
    const test = await aCluster();
    addNode(test, 1);
    addNode(test, 2);
    test.cluster.controlPlane.cordon('ip-10-0-1-2.us-west-2.compute.internal');
    const { body } = await test.call('GET', `/api/v1/nodes?fieldSelector=${encodeURIComponent(selector)}`);

    expect(names(body)).toEqual(expected.map((number) => `ip-10-0-1-${number}.us-west-2.compute.internal`));
  });

  it('of all namespaces hold every namespace, and of one only its own', async () => {
    const { call } = await withConfigMaps(1);
    await call('POST', '/api/v1/namespaces', aNamespace('shop'));
    await call('POST', '/api/v1/namespaces/shop/configmaps', { metadata: { name: 'c1' } });

    expect(names((await call('GET', '/api/v1/configmaps')).body)).toEqual(['c1', 'amazon-vpc-cni', 'c1']);
    expect(names((await call('GET', '/api/v1/namespaces/shop/configmaps')).body)).toEqual(['c1']);
  });

  it('are refused in a format that is not JSON', async () => {
    const { call } = await aCluster();
    const accept = 'application/vnd.kubernetes.protobuf';

    expect(await call('GET', configMaps, undefined, { accept })).toMatchObject({ status: 406 });
    expect(await call('GET', configMaps, undefined, { accept: `${accept}, application/json` })).toMatchObject({
      status: 200,
    });
  });
});
