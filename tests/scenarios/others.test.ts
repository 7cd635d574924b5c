import { describe, expect, it } from 'vitest';
import { at, interventions, startRun } from '../../scripts/hunt/interventions.ts';
import { brokenPromises } from '../../scripts/hunt/promises.ts';
import { situations } from '../../scripts/hunt/situations.ts';
import { othersTrial, secondRunTrial, tryIt } from '../../scripts/hunt/trials.ts';
import { runFolder } from '../../scripts/start/run-folder.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { leftovers, play } from '../support/play.ts';

const machine = 'roll-node-group';

describe('what others do to a group breaks no promise of ours', () => {
  it.each([
    ['scale out', 'Watch nodes', 5],
    ['scale in', 'Watch nodes', 9],
    ['terminate the newest instance', 'Watch nodes', 3],
    ['start an instance refresh', 'Make launch template version', 1],
    ['cancel the instance refresh', 'Watch nodes', 4],
    ['roll the instance refresh back', 'Watch nodes', 9],
    ['delete the admission hook', 'Watch nodes', 2],
    ['delete the drain hook', 'Watch nodes', 2],
  ])('%s at "%s" %i', async (what, state, nth) => {
    expect(await tryIt(othersTrial('self-managed', what, { machine, state, nth }))).toEqual([]);
  });
});

describe('a hook that somebody deletes', () => {
  it.each([3, 15])('lets no bad AMI through, at look %i', async (nth) => {
    const { document, stage } = await play('broken-ami', {
      before: (stage) =>
        at(stage, { machine, state: 'Wait for nodes', nth }, (there) => {
          interventions['delete the admission hook']?.(there);
        }),
    });
    expect(document.run.error?.name).toBe('AdmissionRemoved');
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', nodes: { patched: 0 } });
    expect(document.nodeGroups[0]?.readyNodes?.lowest).toBeGreaterThanOrEqual(3);
    expect(leftovers(stage)).toEqual([]);
  });
});

describe('a second run, at the same time', () => {
  it.each([
    ['patch-fleet', 'Plan run', 1],
    ['roll-node-group', 'Take lease', 1],
    ['roll-node-group', 'Watch nodes', 4],
    ['roll-node-group', 'Release lease', 1],
  ])('of the same image, at %s "%s" %i, takes nothing from the first', async (of, state, nth) => {
    expect(await tryIt(secondRunTrial('self-managed', { machine: of, state, nth }))).toEqual([]);
  });

  it.each([
    ['patch-fleet', 'Plan run'],
    ['roll-node-group', 'Watch nodes'],
  ])('of an older image, at %s "%s", waits for the first to end and leaves it at that', async (of, state) => {
    const situation = situations['self-managed'];
    const played = await play('tiny-month', {
      change: (scenario) => {
        situation?.change(scenario);
        addAnotherImage(scenario);
      },
      before: (stage) => at(stage, { machine: of, state, nth: 1 }, startRun(anotherImageArn)),
    });
    const { stage } = played;
    const runs = stage.account.stepFunctions
      .executions()
      .filter(({ machineName }) => machineName.endsWith('patch-fleet'));
    const [second] = runs;
    const key = `${second && runFolder(second)}/summary.json`;
    const summary = JSON.parse(
      stage.account.s3.object(stage.stack.outputs.RunBucketName ?? '', key)?.body.toString() ?? '{}',
    );

    expect(brokenPromises(played, { expected: 'patched' })).toEqual([]);
    expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(summary.nodeGroups).toMatchObject([{ outcome: 'skipped', reason: { error: 'NewerImage' } }]);
  });

  it('of a newer image waits for the first to end and patches the group after it', async () => {
    const situation = situations['self-managed'];
    const { stage, document } = await play('tiny-month', {
      change: (scenario) => {
        situation?.change(scenario);
        addAnotherImage(scenario);
        Object.assign(scenario.amis.find(({ id }) => id === olderAmi) ?? {}, { kernelVersion: '10.0.20348.5000' });
      },
      input: JSON.stringify({ imageArn: anotherImageArn }),
      before: (stage) =>
        at(
          stage,
          { machine, state: 'Watch nodes', nth: 3 },
          startRun(anotherImageArn.replace('2026.5.9', '2026.5.16')),
        ),
    });
    const runs = stage.account.stepFunctions
      .executions()
      .filter(({ machineName }) => machineName.endsWith('patch-fleet'));
    const [group] = stage.nodeGroups;
    const amis = stage.account.autoScaling.group(group?.autoScalingGroupName ?? '')?.instances ?? [];

    expect(runs.map(({ status, error }) => ({ status, error }))).toEqual(Array(2).fill({ status: 'SUCCEEDED' }));
    expect(new Set(amis.map(({ imageId }) => imageId))).toEqual(new Set(['ami-0a1b2c3d4e5f60002']));
    expect(document.run.status).toBe('SUCCEEDED');
    expect(leftovers(stage)).toEqual([]);
  });
});

const olderAmi = 'ami-0a1b2c3d4e5f60003';
const anotherImageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.9/1';

function addAnotherImage({ amis, images }: Scenario): void {
  const id = olderAmi;
  const [ami] = amis;
  const [image] = images;
  if (ami === undefined || image === undefined) throw new Error('The scenario has no image.');
  amis.unshift({ ...ami, id, name: 'windows-2022-core 2026-05-09T03-40-12.345Z' });
  images.unshift({ ...image, version: '2026.5.9/1', amis: [{ region: 'us-west-2', id }] });
}
