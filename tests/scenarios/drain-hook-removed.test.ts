import { beforeAll, describe, expect, it } from 'vitest';
import { at, type Intervention, interventions } from '../../scripts/hunt/interventions.ts';
import { drainsOf, noticesOf, takenWithoutEviction } from '../support/drains.ts';
import { entriesOf, leftovers, type Played, play } from '../support/play.ts';

const machine = 'roll-node-group';
const doing =
  (...what: readonly string[]): Intervention =>
  (stage) => {
    for (const each of what) interventions[each]?.(stage);
  };

/** The strict group of `tight-budgets` alone: three nodes that leave one after another, with pods that budgets guard. */
const playWith = (nths: readonly number[], act: Intervention) =>
  play('tight-budgets', {
    before: (stage) => {
      for (const nth of nths) at(stage, { machine, state: 'Watch nodes', nth }, act);
    },
  });

const groupOf = ({ document }: Played) => document.nodeGroups[0];
const hooksOf = ({ stage }: Played) =>
  stage.account.autoScaling.group(stage.nodeGroups[0]?.autoScalingGroupName ?? '')?.hooks;

/** What was noticed of our drain hook, first to last. */
const hookCalls = ({ log }: Played) =>
  entriesOf(log, 'call.aws').flatMap(({ operation, functionName }) =>
    /PutLifecycleHook$/.test(String(operation)) ? [String(functionName).replace(/^reglaze-live-/, '')] : [],
  );

describe('the drain hook, deleted while the first new machine boots', () => {
  let played: Played;
  beforeAll(async () => {
    played = await playWith([2], doing('delete the drain hook'));
  }, 300_000);

  it('is put back by the next look, before any node leaves', () => {
    expect(hookCalls(played)).toContain('watch-rollout');
    expect(hooksOf(played)).toEqual(['reglaze-drain']);
    expect(takenWithoutEviction(played.log, 'shop')).toEqual([]);
    expect(drainsOf(played.stage)).toHaveLength(3);
  });

  it('is named in the report and in one notification, and the run is green', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    const said = /^Somebody deleted the lifecycle hook reglaze-drain of \S+, first noticed at .* It was put back\./;
    expect(groupOf(played)).toMatchObject({
      outcome: 'patched',
      warnings: [{ error: 'DrainHookRemoved', cause: expect.stringMatching(said) }],
    });
    expect(noticesOf(played.stage, 'was deleted')).toHaveLength(1);
    expect(noticesOf(played.stage, 'reglaze succeeded')[0]).toContain('DrainHookRemoved: Somebody deleted');
    expect(leftovers(played.stage)).toEqual([]);
  });
});

describe('a tool that deletes the drain hook again and again', () => {
  it('meets a watcher that puts it back each time, and is counted', async () => {
    const played = await playWith([2, 4, 6], doing('delete the drain hook'));
    expect(groupOf(played)).toMatchObject({
      outcome: 'patched',
      warnings: [{ cause: expect.stringContaining(' 3 times, first noticed at ') }],
    });
    expect(hookCalls(played).filter((name) => name === 'watch-rollout')).toHaveLength(3);
    expect(noticesOf(played.stage, 'was deleted')).toHaveLength(1);
    expect(leftovers(played.stage)).toEqual([]);
  }, 300_000);
});

describe('a tool that puts a drain hook of its own in place of ours', () => {
  it('drains from then on: ours does not come back, no node is drained twice, and the report names it', async () => {
    const played = await playWith([2], doing('delete the drain hook', 'put a drain hook of another tool'));
    expect(hooksOf(played)).toEqual(['kubedrainer']);
    expect(hookCalls(played)).not.toContain('watch-rollout');
    expect(drainsOf(played.stage)).toEqual([]);
    expect(groupOf(played)).toMatchObject({
      outcome: 'patched',
      warnings: [{ error: 'DrainHookRemoved', cause: expect.stringContaining('The hook kubedrainer of another tool') }],
    });
  }, 300_000);
});

describe('the drain hook, deleted while a bad AMI goes back', () => {
  it('is put back there, too', async () => {
    const played = await play('broken-ami', {
      before: (stage) => at(stage, { machine, state: 'Wait for the way back', nth: 1 }, doing('delete the drain hook')),
    });
    expect(groupOf(played)).toMatchObject({ outcome: 'rolled-back', warnings: [{ error: 'DrainHookRemoved' }] });
    expect(hookCalls(played)).toContain('watch-roll-back');
    expect(hooksOf(played)).toEqual(['reglaze-drain']);
  }, 300_000);
});
