import { describe, expect, it } from 'vitest';
import { aCluster, aDeployment, addNode, minute, type TestCluster } from './a-cluster.ts';
import { isReady, podsIn } from './workload-manifests.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const merge = { contentType: 'application/merge-patch+json' };

const withVersion = (version: string) => ({ spec: { template: { metadata: { labels: { app: 'web', version } } } } });

async function aRunningDeployment(spec: Readonly<Record<string, unknown>> = {}): Promise<TestCluster> {
  const test = await aCluster();
  for (const number of [1, 2]) addNode(test, number);
  const { spec: usual, ...deployment } = aDeployment('web', 4);
  const selector = { matchLabels: { app: 'web' } };
  await test.call('POST', deployments, { ...deployment, spec: { ...usual, selector, ...spec } });
  await test.call('PATCH', `${deployments}/web`, withVersion('1'), merge);
  await test.pass(5 * minute);
  return test;
}

const change = (test: TestCluster, body: unknown) => test.call('PATCH', `${deployments}/web`, body, merge);

/** Counts of pods by version, second by second, for two minutes. */
async function watchRollout(test: TestCluster) {
  const seen: { readonly all: number; readonly ready: number; readonly versions: readonly (string | undefined)[] }[] =
    [];
  for (let second = 0; second < 120; second += 1) {
    await test.pass(1000);
    const there = (await podsIn(test)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const versions = [...new Set(there.map(({ metadata }) => metadata.labels?.version))].sort();
    seen.push({ all: there.length, ready: there.filter(isReady).length, versions });
  }
  return seen;
}

type Set = {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas: number };
};

/** Revision and size of every ReplicaSet. */
async function sizesOf(test: TestCluster) {
  const sets: readonly Set[] = (await test.call('GET', '/apis/apps/v1/namespaces/default/replicasets')).body.items;
  return sets.map(({ metadata, spec }) => [metadata.annotations['deployment.kubernetes.io/revision'], spec.replicas]);
}

describe('a Deployment with another pod template', () => {
  it('replaces its pods within its surge and what may be unavailable', async () => {
    const test = await aRunningDeployment();
    await change(test, withVersion('2'));
    const seen = await watchRollout(test);

    expect(Math.max(...seen.map(({ all }) => all))).toBe(5);
    expect(Math.min(...seen.map(({ ready }) => ready))).toBe(3);
    expect(seen.at(-1)).toEqual({ all: 4, ready: 4, versions: ['2'] });
  });

  it('never misses a pod when none may be unavailable', async () => {
    const test = await aRunningDeployment({ strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    await change(test, withVersion('2'));
    const seen = await watchRollout(test);

    expect(Math.min(...seen.map(({ ready }) => ready))).toBe(4);
    expect(seen.at(-1)?.versions).toEqual(['2']);
  });

  it('never has pods of two templates when it recreates', async () => {
    const test = await aRunningDeployment({ strategy: { type: 'Recreate' } });
    await change(test, withVersion('2'));
    const seen = await watchRollout(test);

    expect(Math.max(...seen.map(({ versions }) => versions.length))).toBe(1);
    expect(seen.some(({ all }) => all === 0)).toBe(true);
    expect(seen.at(-1)).toEqual({ all: 4, ready: 4, versions: ['2'] });
  });

  it('goes back to the ReplicaSet that it had, under a new revision', async () => {
    const test = await aRunningDeployment();
    await change(test, withVersion('2'));
    await watchRollout(test);
    await change(test, withVersion('1'));
    await watchRollout(test);

    expect((await sizesOf(test)).sort()).toEqual([
      ['2', 0],
      ['3', 4],
    ]);
    const { metadata, status } = (await test.call('GET', `${deployments}/web`)).body;
    expect(metadata.annotations['deployment.kubernetes.io/revision']).toBe('3');
    expect(status).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4 });
  });

  it('waits while it is paused, and is scaled all the same', async () => {
    const test = await aRunningDeployment();
    await change(test, { spec: { paused: true, replicas: 5, ...withVersion('2').spec } });
    const seen = await watchRollout(test);

    expect(seen.at(-1)).toEqual({ all: 5, ready: 5, versions: ['1'] });
  });

  it('keeps as many empty ReplicaSets as its history shall have', async () => {
    const test = await aRunningDeployment({ revisionHistoryLimit: 1 });
    for (const version of ['2', '3']) {
      await change(test, withVersion(version));
      await watchRollout(test);
    }

    expect((await sizesOf(test)).sort()).toEqual([
      ['2', 0],
      ['3', 4],
    ]);
  });

  it('stays where its first new pods never become ready', async () => {
    const test = await aRunningDeployment();
    const nowhere = { nodeSelector: { 'kubernetes.io/os': 'windows', none: 'such' } };
    await change(test, { spec: { template: { spec: nowhere } } });
    const seen = await watchRollout(test);

    expect(seen.at(-1)).toMatchObject({ all: 5, ready: 3 });
    const { status } = (await test.call('GET', `${deployments}/web`)).body;
    expect(status).toMatchObject({ updatedReplicas: 2, unavailableReplicas: 2 });
  });
});
