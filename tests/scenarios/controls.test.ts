import { describe, expect, it } from 'vitest';
import { changesOf, leftovers, play } from '../support/play.ts';

const minute = 60_000;

/** What other tests rely on to be empty or full must be able to be otherwise. */
describe('the measures of the other tests', () => {
  it('see leftovers and changes while a run is under way, and none of the first when it has ended', async () => {
    let during: string[] = [];
    const { log, stage } = await play('tiny-month', {
      before: (early) => {
        early.account.kernel.clock.after(5 * minute, () => {
          during = leftovers(early);
        });
      },
    });
    expect(during.map((what) => what.split(' ')[0])).toEqual(['lease', 'lease', 'hook', 'active', 'hook', 'active']);
    expect(changesOf(log)).toEqual(['CreateLaunchTemplateVersion', 'PutLifecycleHook', 'StartInstanceRefresh']);
    expect(leftovers(stage)).toEqual([]);
  });

  it('see that Ready nodes fall when somebody ends a machine', async () => {
    const { document } = await play('tiny-month', {
      before: ({ account }) => {
        account.kernel.clock.after(2 * minute, () => {
          const [victim] = account.autoScaling.group('web')?.instances ?? [];
          account.ec2.terminateInstance(victim?.instanceId ?? '');
        });
      },
    });
    const ready = document.nodeGroups.map(({ name, readyNodes }) => ({ name, ...readyNodes }));
    expect(ready).toEqual([
      { name: 'orders', desired: 2, lowest: 2 },
      { name: 'web', desired: 2, lowest: 1 },
    ]);
  });
});
