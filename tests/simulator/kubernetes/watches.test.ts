import { describe, expect, it } from 'vitest';
import { aCluster, aConfigMap, minute, type WatchedEvents } from './a-cluster.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const watched = `${configMaps}?watch=true`;
const seen = ({ events }: WatchedEvents) =>
  events.map(({ type, object }) =>
    `${type} ${(object as { metadata?: { name?: string } }).metadata?.name ?? ''}`.trim(),
  );

describe('watches', () => {
  it('begin with what exists and go on with every change', async () => {
    const { call, watch, pass } = await aCluster();
    await call('POST', configMaps, aConfigMap('a'));
    const events = await watch(watched);
    await call('POST', configMaps, aConfigMap('b'));
    await call('PUT', `${configMaps}/a`, { ...aConfigMap('a'), data: { a: '2' } });
    await call('DELETE', `${configMaps}/b`);
    await pass(1);

    expect(seen(events)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
  });

  it('from a version bring only what came after it', async () => {
    const { call, watch, pass } = await aCluster();
    await call('POST', configMaps, aConfigMap('a'));
    const { resourceVersion } = (await call('GET', configMaps)).body.metadata;
    await call('POST', configMaps, aConfigMap('b'));
    const events = await watch(`${watched}&resourceVersion=${resourceVersion}`);
    await call('POST', configMaps, aConfigMap('c'));
    await pass(1);

    expect(seen(events)).toEqual(['ADDED b', 'ADDED c']);
  });

  it('tell of objects that begin or cease to match as added and deleted', async () => {
    const { call, watch, pass } = await aCluster();
    const events = await watch(`${watched}&labelSelector=on`);
    const label = (labels: Record<string, string | null>) =>
      call('PATCH', `${configMaps}/a`, { metadata: { labels } }, { contentType: 'application/merge-patch+json' });
    await call('POST', configMaps, aConfigMap('a'));
    await label({ on: '1' });
    await label({ on: '2' });
    await label({ on: null });
    await call('DELETE', `${configMaps}/a`);
    await pass(1);

    expect(seen(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  it('end after timeoutSeconds', async () => {
    const { watch, pass } = await aCluster();
    const events = await watch(`${watched}&timeoutSeconds=60`);
    await pass(59_900);
    const before = events.isEnded();
    await pass(200);

    expect([before, events.isEnded()]).toEqual([false, true]);
  });

  it('end by themselves after half an hour to an hour', async () => {
    const { watch, pass } = await aCluster();
    const events = await watch(watched);
    await pass(29 * minute);
    const before = events.isEnded();
    await pass(32 * minute);

    expect([before, events.isEnded()]).toEqual([false, true]);
  });

  it('send bookmarks every minute when they are asked for', async () => {
    const { watch, pass, call } = await aCluster();
    const asked = await watch(`${watched}&allowWatchBookmarks=true`);
    const silent = await watch(watched);
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
    await pass(2 * minute + 1000);

    expect(seen(asked)).toEqual(['BOOKMARK', 'BOOKMARK']);
    expect(asked.events[0]?.object).toMatchObject({
      kind: 'ConfigMap',
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    });
    expect(seen(silent)).toEqual([]);
  });

  it('mark the end of what existed when sendInitialEvents asks for it', async () => {
    const { watch, pass, call } = await aCluster();
    await call('POST', configMaps, aConfigMap('a'));
    const events = await watch(
      `${watched}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    await pass(1);

    expect(seen(events)).toEqual(['ADDED a', 'BOOKMARK']);
    expect(events.events[1]?.object).toMatchObject({
      metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
    });
  });

  it('from a forgotten version get one ERROR event with 410 and end', async () => {
    const { call, watch, pass } = await aCluster();
    const { resourceVersion } = (await call('GET', configMaps)).body.metadata;
    await call('POST', configMaps, aConfigMap('a'));
    await pass(6 * minute);
    const events = await watch(`${watched}&resourceVersion=${resourceVersion}`);
    await pass(1);

    expect(events.events).toEqual([
      { type: 'ERROR', object: expect.objectContaining({ code: 410, reason: 'Expired', status: 'Failure' }) },
    ]);
    expect(events.isEnded()).toBe(true);
  });

  it('leave nothing on the clock when the client goes away', async () => {
    const { kernel, watch, pass } = await aCluster();
    const events = await watch(`${watched}&allowWatchBookmarks=true`);
    await events.close();
    await pass(1);

    expect(await kernel.clock.run(() => false)).toBe(false);
    expect(kernel.clock.now()).toBeLessThan(Date.UTC(2026, 4, 16, 4, 0, 1));
  });
});
