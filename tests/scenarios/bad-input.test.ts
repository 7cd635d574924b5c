import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { changesOf, entriesOf, leftovers, play } from '../support/play.ts';

const newAmi = 'ami-0a1b2c3d4e5f60002';
const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';

const webOf = ({ clusters }: Scenario) => {
  const web = clusters[0]?.nodeGroups[0];
  if (web === undefined) throw new Error('tiny-month has no node group.');
  return web;
};
const newAmiOf = ({ amis }: Scenario) => {
  const ami = amis.find(({ id }) => id === newAmi);
  if (ami === undefined) throw new Error('tiny-month has no new AMI.');
  return ami;
};

describe('input that is wrong as a whole', () => {
  it.each([
    { case: 'an unknown key', input: { imageArn, dryrun: true }, error: 'InvalidInput', names: 'dryrun' },
    { case: 'a wrong type', input: { imageArn: 7 }, error: 'InvalidInput', names: 'imageArn' },
    { case: 'no image', input: {}, error: 'InvalidInput', names: 'imageArn' },
    {
      case: 'an ARN that is no image',
      input: { imageArn: imageArn.replace('image/', 'component/') },
      error: 'InvalidInput',
      names: 'imageArn',
    },
    {
      case: 'an image that nobody built',
      input: { imageArn: imageArn.replace('/1', '/9') },
      error: 'ImageNotFound',
      names: '2026.5.16/9',
    },
    {
      case: 'a node group that is not there',
      input: { imageArn, nodeGroups: [{ cluster: 'shop', name: 'wob' }] },
      error: 'NodeGroupNotFound',
      names: 'wob',
    },
  ])('$case is refused as $error and changes nothing', async ({ input, error, names }) => {
    const { document, log, stage } = await play('tiny-month', { input: JSON.stringify(input) });
    expect(document.run).toMatchObject({ status: 'FAILED', error: { name: error } });
    expect(document.run.error?.cause).toContain(names);
    expect(document.run.error?.cause).not.toContain('"trace"');
    expect(changesOf(log)).toEqual([]);
    expect(leftovers(stage)).toEqual([]);
  });

  it.each([
    {
      case: 'an image in state FAILED',
      error: 'ImageNotAvailable',
      names: 'disk was full',
      change: ({ images }: Scenario) =>
        Object.assign(images[0] ?? {}, { status: 'FAILED', reason: 'The disk was full' }),
    },
    {
      case: 'an AMI that is Linux',
      error: 'AmiNotWindows',
      names: newAmi,
      change: (scenario: Scenario) => Object.assign(newAmiOf(scenario), { platform: 'linux' }),
    },
    {
      case: 'an AMI that is missing',
      error: 'AmiNotFound',
      names: newAmi,
      change: (scenario: Scenario) => Object.assign(newAmiOf(scenario), { id: 'ami-0a1b2c3d4e5f6aaaa' }),
    },
    {
      case: 'an AMI that cannot be used yet',
      error: 'AmiNotAvailable',
      names: newAmi,
      change: (scenario: Scenario) => Object.assign(newAmiOf(scenario), { state: 'pending' }),
    },
    {
      case: 'no AMI in this Region',
      error: 'AmiNotInRegion',
      names: 'us-west-2',
      change: ({ images }: Scenario) => Object.assign(images[0]?.amis[0] ?? {}, { region: 'us-east-1' }),
    },
  ])('$case is refused as $error and changes nothing', async ({ change, error, names }) => {
    const { document, log } = await play('tiny-month', { change, input: JSON.stringify({ imageArn }) });
    expect(document.run).toMatchObject({ status: 'FAILED', error: { name: error } });
    expect(document.run.error?.cause).toContain(names);
    expect(document.run.error?.cause).not.toContain('"trace"');
    expect(changesOf(log)).toEqual([]);
  });
});

describe('a node group that cannot be rolled', () => {
  it.each([
    {
      case: 'a tag typo',
      names: 'reglaze:chanel',
      change: (scenario: Scenario) => Object.assign(webOf(scenario).tags, { 'reglaze:chanel': 'x' }),
    },
    {
      case: 'a bad tag value',
      names: 'reglaze:max-surge',
      change: (scenario: Scenario) => Object.assign(webOf(scenario).tags, { 'reglaze:max-surge': 'many' }),
    },
    {
      case: 'a launch configuration',
      names: 'launch configuration',
      change: (scenario: Scenario) => Object.assign(webOf(scenario), { launchConfiguration: true }),
    },
    {
      case: 'a tag on the Auto Scaling group of a managed node group',
      names: 'web',
      change: (scenario: Scenario) =>
        Object.assign(webOf(scenario), {
          kind: 'managed',
          tags: {},
          autoScalingTags: { 'reglaze:channel': 'windows-2022-core' },
        }),
    },
    {
      case: 'nodes of another Server line',
      names: '2022',
      change: (scenario: Scenario) => {
        for (const ami of scenario.amis) if (ami.id !== newAmi) ami.kernelVersion = '10.0.17763.6532';
      },
    },
    {
      case: 'a cluster without access',
      names: 'npm run grant -- --cluster shop',
      change: ({ clusters }: Scenario) => Object.assign(clusters[0] ?? {}, { access: 'missing' }),
    },
  ])('$case blocks the group, names it and leaves it untouched', async ({ change, names }) => {
    const { document, stage, log } = await play('tiny-month', { change });
    const blocked = document.nodeGroups.filter(({ outcome }) => outcome === 'blocked');

    expect(document.run.status).toBe('FAILED');
    expect(blocked[0]?.name).toBe(blocked.length === 1 ? 'web' : 'orders');
    expect(blocked[0]?.reason?.cause).toContain(names);
    expect(document.run.error?.name).toBe(blocked[0]?.reason?.error);
    expect(leftovers(stage)).toEqual([]);
    const since = Date.parse(stage.scenario.startsAt);
    const touched = log.filter(({ at, kind }) => at > since && kind === 'instance.lifecycle');
    for (const { name } of blocked) expect(touched.filter(({ details }) => details.group === name)).toEqual([]);
  });
});

describe('what is no business of ours', () => {
  it.each([
    { case: 'an image that no channel follows', event: 'windows-2019-core' },
    { case: 'a container image', event: 'container' },
  ])('ignores $case quietly', async ({ event }) => {
    const change = ({ images }: Scenario) => {
      const [image] = images;
      if (event === 'container') Object.assign(image ?? {}, { type: 'DOCKER', amis: [] });
    };
    const { document, log } = await play('tiny-month', {
      change:
        event === 'container'
          ? change
          : (scenario) => {
              for (const group of scenario.clusters.flatMap(({ nodeGroups }) => nodeGroups))
                group.tags['reglaze:channel'] = event;
            },
    });
    expect(document.run.status).toBe('NOT_STARTED');
    expect(changesOf(log)).toEqual([]);
    expect(entriesOf(log, 'function.ended').every(({ error }) => error === undefined)).toBe(true);
  });

  it('plans without changing anything', async () => {
    const { document, log, stage } = await play('tiny-month', { input: JSON.stringify({ imageArn, dryRun: true }) });
    expect(document.run.status).toBe('SUCCEEDED');
    expect(document.nodeGroups.map(({ outcome }) => outcome)).toEqual(['planned', 'planned']);
    expect(changesOf(log)).toEqual([]);
    expect(leftovers(stage)).toEqual([]);
  });

  it('starts one run for an event that comes twice', async () => {
    const { document, stage } = await play('tiny-month', {
      before: ({ account, scenario }) => {
        const [image] = scenario.images;
        account.imageBuilder.publish(
          `arn:aws:imagebuilder:us-west-2:111122223333:image/${image?.name}/${image?.version}`,
          'AVAILABLE',
        );
      },
    });
    const runs = stage.account.stepFunctions
      .executions()
      .filter(({ machineName }) => machineName.endsWith('patch-fleet'));
    expect(document.run.status).toBe('SUCCEEDED');
    expect(runs).toHaveLength(1);
  });
});
