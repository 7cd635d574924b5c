import { describe, expect, it } from 'vitest';
import { aCluster, addNode } from './a-cluster.ts';

const node = '/api/v1/nodes/ip-10-0-1-1.us-west-2.compute.internal';
const taint = { key: 'os', value: 'windows', effect: 'NoSchedule' };
const other = { key: 'other', effect: 'NoExecute' };
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const json = 'application/json-patch+json';

const patched = async (patch: unknown, contentType: string) => {
  const test = await aCluster();
  addNode(test);
  await test.call(
    'PATCH',
    node,
    { spec: { taints: [taint] }, metadata: { labels: { a: '1' } } },
    { contentType: merge },
  );
  return test.call('PATCH', node, patch, { contentType });
};

describe('patches', () => {
  it.each([merge, strategic])('%s cordons a node', async (contentType) => {
    const { body } = await patched({ spec: { unschedulable: true } }, contentType);

    expect(body.spec).toMatchObject({ unschedulable: true, providerID: 'aws:///us-west-2a/i-00000000000000001' });
  });

  it.each([merge, strategic])('%s removes a label by null and leaves the others', async (contentType) => {
    const { body } = await patched({ metadata: { labels: { a: null, b: '2' } } }, contentType);

    expect(body.metadata.labels).toMatchObject({ b: '2', 'kubernetes.io/os': 'windows' });
    expect(body.metadata.labels).not.toHaveProperty('a');
  });

  it.each([merge, strategic])('%s replaces the taints as a whole', async (contentType) => {
    const { body } = await patched({ spec: { taints: [other] } }, contentType);

    expect(body.spec.taints).toEqual([other]);
  });

  it('strategic merge puts conditions together by type', async () => {
    const test = await aCluster();
    addNode(test);
    const patch = { status: { conditions: [{ type: 'DiskPressure', status: 'True' }] } };
    const { body } = await test.call('PATCH', `${node}/status`, patch, { contentType: strategic });
    const byType = Object.fromEntries(
      body.status.conditions.map(({ type, status }: Record<string, string>) => [type, status]),
    );

    expect(byType).toEqual({ MemoryPressure: 'False', DiskPressure: 'True', PIDPressure: 'False', Ready: 'True' });
  });

  it.each([
    { case: 'adds at the end', steps: [{ op: 'add', path: '/spec/taints/-', value: other }], taints: [taint, other] },
    { case: 'removes by index', steps: [{ op: 'remove', path: '/spec/taints/0' }], taints: [] },
    { case: 'replaces', steps: [{ op: 'replace', path: '/spec/taints/0', value: other }], taints: [other] },
    {
      case: 'goes on after a test that holds',
      steps: [
        { op: 'test', path: '/spec/taints/0/key', value: 'os' },
        { op: 'remove', path: '/spec/taints/0' },
      ],
      taints: [],
    },
    {
      case: 'copies',
      steps: [{ op: 'copy', from: '/spec/taints/0/value', path: '/spec/taints/0/key' }],
      taints: [{ ...taint, key: 'windows' }],
    },
  ])('JSON patch $case', async ({ steps, taints }) => {
    expect((await patched(steps, json)).body.spec.taints).toEqual(taints);
  });

  it('reads escaped slashes in the paths of a JSON patch', async () => {
    const { body } = await patched([{ op: 'remove', path: '/metadata/labels/kubernetes.io~1os' }], json);

    expect(body.metadata.labels).not.toHaveProperty('kubernetes.io/os');
  });

  it.each([
    {
      case: 'a test that does not hold',
      patch: [{ op: 'test', path: '/spec/taints/0/key', value: 'x' }],
      contentType: json,
      status: 422,
    },
    {
      case: 'a path that does not exist',
      patch: [{ op: 'remove', path: '/spec/none' }],
      contentType: json,
      status: 422,
    },
    { case: 'a JSON patch that is no list', patch: { op: 'remove' }, contentType: json, status: 400 },
    { case: 'a merge patch that is a list', patch: [], contentType: merge, status: 400 },
    { case: 'server-side apply', patch: 'spec: {}', contentType: 'application/apply-patch+yaml', status: 415 },
    { case: 'plain JSON', patch: {}, contentType: 'application/json', status: 415 },
  ])('$case is refused with $status', async ({ patch, contentType, status }) => {
    expect((await patched(patch, contentType)).status).toBe(status);
  });

  it('changes nothing when one step of a JSON patch fails', async () => {
    const test = await aCluster();
    addNode(test);
    const steps = [
      { op: 'add', path: '/metadata/labels/x', value: 'y' },
      { op: 'remove', path: '/spec/none' },
    ];
    await test.call('PATCH', node, steps, { contentType: json });

    expect((await test.call('GET', node)).body.metadata.labels).not.toHaveProperty('x');
  });

  it('applies a patch that names a resourceVersion only to that version', async () => {
    const patch = { metadata: { resourceVersion: '1' }, spec: { unschedulable: true } };

    expect(await patched(patch, merge)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  });
});
