import { describe, expect, it } from 'vitest';
import type { Progress } from '../../functions/domain/rollout.ts';
import type { PodsFound } from '../../functions/domain/standstill.ts';
import { watchStandstill } from '../../functions/domain/standstill-watch.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import { anInstance, aRollingState } from '../support/builders.ts';

const held = { pod: 'store/ledger-1', nodeName: 'ip-10-0-0-1', why: 'the budget ledger allows no disruption' };
const inProgress: Progress = { progress: 'in-progress' };
const at = (minute: number): Date => new Date(Date.UTC(2026, 4, 16, 5, minute));

/** A watcher that looks once a minute at a cluster which has these pods in the way; it counts how often it asks. */
function watching(found: (minute: number) => PodsFound, kind: StateFile['kind'] = 'managed') {
  let state: StateFile = { ...aRollingState(), kind };
  const asked: number[] = [];
  const notices: string[] = [];
  const look = async (
    minute: number,
    view: { progress?: Progress; errorCodes?: string[]; instances?: string[] } = {},
  ) => {
    const { progress = inProgress, errorCodes = [], instances = ['i-1'] } = view;
    const now = at(minute);
    const members = instances.map((instanceId) => anInstance({ instanceId }));
    const seen = await watchStandstill(
      { state, progress, replacement: { errorCodes }, instances: members, now },
      async () => {
        asked.push(minute);
        return found(minute);
      },
    );
    state = seen.state;
    if (seen.notice) notices.push(seen.notice.text);
    return seen;
  };
  return { look, asked, notices, told: () => state.standstill?.told };
}

describe('watchStandstill', () => {
  it('asks after four minutes without a change, again after two, tells once, and asks no more', async () => {
    const { look, asked, notices, told } = watching(() => ({ pods: [held] }));
    for (let minute = 0; minute <= 15; minute += 1) await look(minute);
    expect(asked).toEqual([4, 6]);
    expect(notices).toEqual([expect.stringContaining('store/ledger-1 on ip-10-0-0-1 (the budget ledger')]);
    expect(told()).toContain('store/ledger-1');
  });

  it('never asks while the group changes, and asks of no group that reglaze drains itself', async () => {
    const changing = watching(() => ({ pods: [held] }));
    for (let minute = 0; minute <= 30; minute += 1) await changing.look(minute, { instances: [`i-${minute >> 2}`] });
    const selfManaged = watching(() => ({ pods: [held] }), 'self-managed');
    for (let minute = 0; minute <= 30; minute += 1) await selfManaged.look(minute);
    expect([changing.asked, selfManaged.asked]).toEqual([[], []]);
  });

  it('says nothing of pods that are in the way at one time only', async () => {
    const { look, notices } = watching((minute) => ({ pods: [{ ...held, pod: `store/ledger-${minute}` }] }));
    for (let minute = 0; minute <= 12; minute += 1) await look(minute);
    expect(notices).toEqual([]);
  });

  it('remembers that it could not look, and disturbs nobody', async () => {
    const { look, asked, notices, told } = watching(() => ({ unseen: 'Apply reader.yml again.' }));
    for (let minute = 0; minute <= 12; minute += 1) await look(minute);
    expect({ asked, notices, told: told() }).toEqual({ asked: [4], notices: [], told: 'Apply reader.yml again.' });
  });

  const failed: Progress = {
    progress: 'failed',
    reason: { error: 'ReplacementFailed', cause: 'u-1 ended as failed.' },
  };

  it('names the pods in the reason when EKS has given up on them, those told before when they are gone since', async () => {
    const errorCodes = ['PodEvictionFailure'];
    const atOnce = watching(() => ({ pods: [held] }));
    expect((await atOnce.look(0, { progress: failed, errorCodes })).progress).toMatchObject({
      reason: {
        error: 'ReplacementFailed',
        cause: expect.stringMatching(/^u-1 ended as failed\. In the way: store\/ledger-1/),
      },
    });
    const later = watching((minute) => ({ pods: minute < 15 ? [held] : [] }));
    for (let minute = 0; minute <= 10; minute += 1) await later.look(minute);
    expect((await later.look(15, { progress: failed, errorCodes })).progress).toMatchObject({
      reason: { cause: expect.stringContaining('In the way: store/ledger-1') },
    });
  });

  it('leaves every other failure as it is', async () => {
    const { look, asked } = watching(() => ({ pods: [held] }));
    expect((await look(0, { progress: failed, errorCodes: ['NodeCreationFailure'] })).progress).toEqual(failed);
    expect(asked).toEqual([]);
  });
});
