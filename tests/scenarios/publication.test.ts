import { describe, expect, it } from 'vitest';
import { at } from '../../scripts/hunt/interventions.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { inAccount, type SeveralRuns } from '../support/several-runs.ts';

const newAmi = 'ami-0a1b2c3d4e5f60002';
const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
const Name = '/reglaze/windows-2022-core/broad/ami-id';

const published = async ({ stage, call }: SeveralRuns) => {
  const { Parameter } = await call<{ Parameter: object }>(stage.account.ssm.service, 'GetParameter', { Name });
  return Parameter;
};
const asIs = () => {};
const tagged =
  (tags: Record<string, string>) =>
  ({ clusters: [cluster] }: Scenario): void => {
    Object.assign(cluster?.nodeGroups[1]?.tags ?? {}, tags);
  };
const missing = { code: 'ParameterNotFound' };

describe('the parameter of a channel', () => {
  it('names the AMI when every node group is on it, and is written once', async () => {
    await inAccount('tiny-month', asIs, async (runs) => {
      const { summary } = await runs.run();
      const parameter = { Value: newAmi, Type: 'String', DataType: 'aws:ec2:image', Version: 1 };
      expect(await published(runs)).toMatchObject(parameter);
      expect(summary).toMatchObject({ status: 'succeeded', publishedAs: Name });

      expect((await runs.run({ imageArn })).summary).toMatchObject({ status: 'succeeded', publishedAs: Name });
      expect(await published(runs)).toMatchObject(parameter);
    });
  });

  it.each([
    { case: 'a dry run', input: { imageArn, dryRun: true } },
    {
      case: 'a run that was limited to some groups',
      input: { imageArn, nodeGroups: [{ cluster: 'shop', name: 'web' }] },
    },
  ])('is left alone by $case', async ({ input }) => {
    await inAccount('tiny-month', asIs, async (runs) => {
      const { summary } = await runs.run(input);
      expect(summary).toMatchObject({ status: 'succeeded' });
      expect(summary).not.toHaveProperty('publishedAs');
      await expect(published(runs)).rejects.toMatchObject(missing);
    });
  });

  it('never names an AMI from which a group went back, not even when that group is held later', async () => {
    await inAccount('tiny-month', tagged({ 'reglaze:join-timeout': '1m' }), async (runs) => {
      const first = await runs.run();
      expect(first.summary?.nodeGroups.map(({ outcome }) => outcome).toSorted()).toEqual(['patched', 'rolled-back']);
      await expect(published(runs)).rejects.toMatchObject(missing);

      const group = { ResourceId: 'orders', ResourceType: 'auto-scaling-group', PropagateAtLaunch: false };
      const Tags = [{ ...group, Key: 'reglaze:hold-until', Value: '2026-12-24' }];
      await runs.call(runs.stage.account.autoScaling.service, 'CreateOrUpdateTags', { Tags });
      expect((await runs.run({ imageArn })).summary).toMatchObject({ status: 'succeeded' });
      await expect(published(runs)).rejects.toMatchObject(missing);
    });
  });

  it.each([
    { case: 'blocked', tags: { 'reglaze:windo': 'x' }, status: 'failed' },
    { case: 'held', tags: { 'reglaze:hold-until': '2026-12-24' }, status: 'succeeded' },
  ])('does not wait for a group that is $case', async ({ tags, status }) => {
    await inAccount('tiny-month', tagged(tags), async (runs) => {
      expect((await runs.run()).summary).toMatchObject({ status, publishedAs: Name });
      expect(await published(runs)).toMatchObject({ Value: newAmi });
    });
  });

  it.each([
    { kind: 'text', input: { Type: 'String' } },
    { kind: 'another type', input: { Type: 'StringList' } },
  ])('that somebody made as $kind is left alone, and the run ends red', async ({ input }) => {
    await inAccount('tiny-month', asIs, async (runs) => {
      await runs.call(runs.stage.account.ssm.service, 'PutParameter', { ...input, Name, Value: 'theirs' });
      const { execution, summary } = await runs.run();
      expect(execution).toMatchObject({ status: 'FAILED', error: 'ParameterNotUsable' });
      expect(summary).toMatchObject({ status: 'failed', error: 'ParameterNotUsable' });
      expect(summary?.nodeGroups).toMatchObject([{ outcome: 'patched' }, { outcome: 'patched' }]);
      expect(await published(runs)).toMatchObject({ Value: 'theirs' });
    });
  });

  it('that AWS does not accept makes the run red', async () => {
    await inAccount('tiny-month', asIs, async (runs) => {
      const moment = { machine: 'patch-fleet', state: 'Publish image', nth: 1 };
      at(runs.stage, moment, ({ account }) => account.ec2.setImageState(newAmi, 'disabled'));
      const { execution, summary } = await runs.run();
      expect(execution).toMatchObject({ status: 'FAILED', error: 'ImageNotPublished' });
      expect(summary).toMatchObject({ status: 'failed', error: 'ImageNotPublished' });
      await expect(published(runs)).rejects.toMatchObject(missing);
    });
  });
});
