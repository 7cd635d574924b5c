import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import { resolveImage } from '../../functions/handlers/resolve-image.ts';
import { startRun } from '../../functions/handlers/start-run.ts';
import { aRelease, account as awsAccount, fromAmazon } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';
import { FakeNodeGroup } from '../support/fake-node-group.ts';

describe("the sweep for Amazon's releases", () => {
  const line = { amiType: 'WINDOWS_CORE_2022_x86_64', kubernetesVersion: '1.35' };
  const newest = async () => ({
    ami: {
      ...{ amiId: 'ami-0new', state: 'available', platform: 'windows' },
      name: 'Windows_Server-2022-English-Core-EKS_Optimized-1.35-2026.05.16',
    },
    parameter: undefined,
  });
  const sweep = (releaseVersion: string, findRelease: Parameters<typeof startRun>[0]['findRelease'] = newest) => {
    const tags = { 'reglaze:channel': 'amazon' };
    const account = new FakeAccount(new FakeNodeGroup({ kind: 'managed', tags, source: fromAmazon(releaseVersion) }));
    const findImageBuild = async () => Promise.reject(new Error('Image Builder was asked'));
    return { account, run: startRun({ drivers: account.drivers, start: account.start, findImageBuild, findRelease }) };
  };

  it('starts one run for a release that a group does not have yet', async () => {
    const { account, run } = sweep('1.35-2026.04.18');
    expect((await run({ sweep: true }, awsAccount)).runs).toMatchObject([{ answer: 'started' }]);
    expect((await run({ sweep: true }, awsAccount)).runs).toMatchObject([{ answer: 'already' }]);
    expect([...account.started]).toEqual([[expect.stringContaining('1.35-2026.05.16'), { release: line }]]);
  });

  it.each([
    { case: 'every group has it', has: '1.35-2026.05.16', find: newest },
    { case: 'AWS names no AMI', has: '1.35-2026.04.18', find: async () => undefined },
  ])('starts nothing when $case', async ({ has, find }) => {
    const { account, run } = sweep(has, find);
    expect((await run({ sweep: true }, awsAccount)).runs).toMatchObject([
      { line: 'WINDOWS_CORE_2022_x86_64 for Kubernetes 1.35', answer: 'ignored', reason: expect.any(String) },
    ]);
    expect(account.started.size).toBe(0);
  });

  it('starts the run of a release also when the image of another channel cannot be looked up', async () => {
    const release = new FakeNodeGroup({
      ...{ kind: 'managed', tags: { 'reglaze:channel': 'amazon' }, source: fromAmazon('1.35-2026.04.18') },
    });
    const account = new FakeAccount(release);
    const drivers = { ...release.asDrivers(), 'self-managed': new FakeNodeGroup().asDrivers()['self-managed'] };
    const findRelease = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return newest();
    };
    const findImageBuild = async () => Promise.reject(new Error('Image Builder is down'));
    const run = startRun({ drivers, start: account.start, findImageBuild, findRelease });
    await expect(run({ sweep: true }, awsAccount)).rejects.toThrow('Image Builder is down');
    expect([...account.started.values()]).toEqual([{ release: line }]);
  });

  it('resolves to its AMI', async () => {
    const unasked = async () => Promise.reject(new Error('was asked'));
    const resolve = resolveImage({ getImageBuild: unasked, describeAmi: unasked, findRelease: newest });
    expect(await resolve({ release: line }, awsAccount)).toEqual({ image: aRelease() });
  });
});
