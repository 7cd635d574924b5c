import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aBudget, aCluster, aConfigMap, aDeployment, addNode, type TestCluster } from './a-cluster.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

type Write = { readonly verb: 'create' | 'change' | 'delete'; readonly name: string; readonly value: number };

const writes = fc.array(
  fc.record<Write>({
    verb: fc.constantFrom('create', 'change', 'delete'),
    name: fc.constantFrom('a', 'b', 'c'),
    value: fc.nat(3),
  }),
  { maxLength: 25 },
);

const write = ({ call }: TestCluster, { verb, name, value }: Write) => {
  const object = { ...aConfigMap(name), data: { value: String(value) } };
  if (verb === 'create') return call('POST', configMaps, object);
  if (verb === 'change') return call('PUT', `${configMaps}/${name}`, object);
  return call('DELETE', `${configMaps}/${name}`);
};

type Versioned = { readonly metadata: { readonly name: string; readonly resourceVersion: string } };

describe('the API server', () => {
  it('brings a watch that starts from a list every later change exactly once, in the order of versions', async () => {
    await fc.assert(
      fc.asyncProperty(writes, writes, async (before, after) => {
        const test = await aCluster();
        for (const one of before) await write(test, one);
        const list = (await test.call('GET', configMaps)).body;
        // Half of the changes come before the watch is opened and must be made up for.
        for (const one of after.slice(0, after.length / 2)) await write(test, one);
        const watch = await test.watch(`${configMaps}?watch=1&resourceVersion=${list.metadata.resourceVersion}`);
        for (const one of after.slice(after.length / 2)) await write(test, one);
        await test.pass(1);
        const events = watch.events as unknown as readonly Event[];
        const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));

        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
        expect(replay(list.items, events)).toEqual((await test.call('GET', configMaps)).body.items);
      }),
      { numRuns: 40 },
    );
  });

  it('gives every write a version that no write had before', async () => {
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        const test = await aCluster();
        let last = 0;
        for (const one of all) {
          await write(test, one);
          const { metadata, items } = (await test.call('GET', configMaps)).body;
          expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(last);
          last = Number(metadata.resourceVersion);
          for (const item of items) expect(Number(item.metadata.resourceVersion)).toBeLessThanOrEqual(last);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('loses and repeats nothing between the pages of a list', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (names, limit) => {
          const test = await aCluster();
          for (const name of names) await test.call('POST', configMaps, aConfigMap(name));
          const found: string[] = [];
          for (let token: string | undefined = ''; token !== undefined; ) {
            const path: string = `${configMaps}?limit=${limit}&continue=${encodeURIComponent(token)}`;
            const { items, metadata } = (await test.call('GET', path)).body;
            expect(items.length).toBeLessThanOrEqual(limit);
            found.push(...items.map((item: Versioned) => item.metadata.name));
            token = metadata.continue;
          }
          expect(found).toEqual(names.toSorted());
        },
      ),
      { numRuns: 25 },
    );
  });
});

type Event = { readonly type: string; readonly object: Versioned };

/** What somebody knows who has seen a list and then the events of a watch. */
function replay(items: readonly Versioned[], events: readonly Event[]): readonly Versioned[] {
  const state = new Map(items.map((item) => [item.metadata.name, item]));
  for (const { type, object } of events) {
    expect(state.has(object.metadata.name)).toBe(type !== 'ADDED');
    if (type === 'DELETED') state.delete(object.metadata.name);
    else state.set(object.metadata.name, object);
  }
  return [...state.values()].sort(byName);
}

const byName = (a: Versioned, b: Versioned) => (a.metadata.name < b.metadata.name ? -1 : 1);

describe('evictions', () => {
  const budgets = fc.oneof(
    fc.record({ minAvailable: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ maxUnavailable: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ minAvailable: fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`) }),
  );

  it('never leave fewer healthy pods than the budget demands, whatever is evicted and when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        budgets,
        // Several evictions of one batch fall into one instant, before any controller has seen the first.
        fc.array(
          fc.record({ pods: fc.array(fc.nat(7), { maxLength: 4 }), waits: fc.constantFrom(0, 50, 500, 20_000) }),
          { maxLength: 12 },
        ),
        fc.nat(1000),
        async (replicas, spec, attempts, seed) => {
          const test = await aCluster({ seed });
          for (const number of [1, 2]) addNode(test, number);
          test.cluster.applyManifest(aDeployment('web', replicas));
          test.cluster.applyManifest(aBudget('web', spec));
          await test.pass(60_000);
          const budget = async () =>
            (await test.call('GET', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web')).body.status;
          const { desiredHealthy, currentHealthy } = await budget();
          for (const { pods, waits } of attempts) {
            const { items } = (await test.call('GET', '/api/v1/namespaces/default/pods')).body;
            for (const pod of pods) {
              const name = items[pod % items.length]?.metadata.name;
              test.cluster.controlPlane.evict({ namespace: 'default', name });
            }
            await test.pass(waits);
            const { items: left } = (await test.call('GET', '/api/v1/namespaces/default/pods')).body;
            expect(left.filter(isHealthy).length).toBeGreaterThanOrEqual(Math.min(desiredHealthy, currentHealthy));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

type PodBody = {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
};

function isHealthy({ metadata, status }: PodBody): boolean {
  const isReady = status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return isReady === true && metadata.deletionTimestamp === undefined;
}
