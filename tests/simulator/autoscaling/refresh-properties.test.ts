import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planReplacements } from '../../../simulator/services/autoscaling/refresh/plan.ts';
import { type Account, aGroup, anAccount, inService, isOver, latestRefresh, startRefresh } from './an-account.ts';

type Run = {
  readonly seed: number;
  readonly desired: number;
  readonly max: number;
  readonly warmup: number;
  readonly abandons: number;
};

const runs = fc.record<Run>({
  seed: fc.integer({ min: 1, max: 1000 }),
  desired: fc.integer({ min: 1, max: 9 }),
  max: fc.integer({ min: 100, max: 200 }),
  warmup: fc.integer({ min: 0, max: 300 }),
  abandons: fc.integer({ min: 0, max: 2 }),
});

const hook = {
  LifecycleHookName: 'admit',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  HeartbeatTimeout: 600,
  DefaultResult: 'ABANDON',
};

/** Answers every launch after a while: the first ones with ABANDON, all others with CONTINUE. */
function answerLaunches(account: Account, abandons: number): void {
  let left = abandons;
  account.autoScaling.onGroup((change) => {
    if (change.type !== 'instance' || change.to !== 'Pending:Wait') return;
    account.kernel.clock.after(30_000, () => {
      account.call('CompleteLifecycleAction', {
        AutoScalingGroupName: 'nodes',
        LifecycleHookName: 'admit',
        InstanceId: change.instanceId,
        LifecycleActionResult: left-- > 0 ? 'ABANDON' : 'CONTINUE',
      });
    });
  });
}

async function refreshAll(
  { seed, desired, max, warmup, abandons }: Run,
  everyInstant: (account: Account) => void = () => {},
) {
  const account = anAccount({ seed });
  aGroup(account, { desiredCapacity: desired, hooks: [hook] });
  answerLaunches(account, abandons);
  startRefresh(account, {
    preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: max, InstanceWarmup: warmup },
  });
  await account.until(() => {
    everyInstant(account);
    return isOver(account)();
  });
  return account;
}

describe('every refresh with a minimum of 100 and a maximum', () => {
  it('never has fewer instances in service than desired, nor more at once than the headroom', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const headroom = Math.max(1, Math.floor((run.desired * (run.max - 100)) / 100));
        await refreshAll(run, (account) => {
          const staying = account.autoScaling
            .group('nodes')
            ?.instances.filter(({ state }) => !state.startsWith('Terminating'));
          expect(inService(account)).toBeGreaterThanOrEqual(run.desired);
          expect(staying?.length).toBeLessThanOrEqual(run.desired + headroom);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('succeeds, and every instance it touched is in service or terminated', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const account = await refreshAll(run);
        await account.pass(600_000);
        expect(latestRefresh(account).Status).toBe('Successful');
        const members = account.autoScaling.group('nodes')?.instances ?? [];
        expect(members.map(({ state }) => state)).toEqual(Array(run.desired).fill('InService'));
        const running = account.ec2.instances().filter(({ state }) => state !== 'terminated');
        expect(running.map(({ instanceId }) => instanceId).toSorted()).toEqual(
          members.map(({ instanceId }) => instanceId).toSorted(),
        );
        expect(
          new Set(account.ec2.instances().map(({ state }) => state)).difference(new Set(['running', 'terminated']))
            .size,
        ).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('is the same, entry by entry, with the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const [first, second] = [await refreshAll(run), await refreshAll(run)];
        expect(JSON.stringify(first.kernel.log.entries())).toBe(JSON.stringify(second.kernel.log.entries()));
        expect(JSON.stringify(first.events)).toBe(JSON.stringify(second.events));
      }),
      { numRuns: 10 },
    );
  });

  it('takes other times with another seed', async () => {
    const run = { desired: 3, max: 100, warmup: 0, abandons: 0 };
    const [first, second] = [await refreshAll({ ...run, seed: 1 }), await refreshAll({ ...run, seed: 2 })];
    expect(JSON.stringify(first.kernel.log.entries())).not.toBe(JSON.stringify(second.kernel.log.entries()));
  });
});

describe('the plan of replacements', () => {
  const situations = fc
    .record({
      desired: fc.integer({ min: 0, max: 100 }),
      minimum: fc.integer({ min: 0, max: 100 }),
      width: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      old: fc.integer({ min: 0, max: 100 }),
      fresh: fc.integer({ min: 0, max: 120 }),
      unready: fc.integer({ min: 0, max: 50 }),
      leaving: fc.integer({ min: 0, max: 50 }),
      allowedFresh: fc.integer({ min: 0, max: 100 }),
      rounding: fc.constantFrom('up' as const, 'down' as const),
    })
    .map(({ desired, minimum, width, old, fresh, unready, leaving, allowedFresh, rounding }) => ({
      counts: {
        desired,
        counted: old + fresh,
        serving: Math.max(0, old + fresh - unready),
        replaceable: old,
        leaving,
        fresh,
        vacated: Math.max(0, desired - old),
        allowedFresh,
      },
      percentages: {
        minimum,
        maximum: width === undefined ? undefined : Math.max(100, minimum + width),
        rounding,
        maxSize: undefined,
      },
    }));

  it('never takes out more than are over the minimum, but for one where nothing may be launched first', () => {
    fc.assert(
      fc.property(situations, ({ counts, percentages }) => {
        const { terminations } = planReplacements(counts, percentages);
        const minimum = Math.ceil((counts.desired * percentages.minimum) / 100);
        const mayTerminateFirst = percentages.maximum === undefined || percentages.minimum < 100;
        const floor = mayTerminateFirst ? Math.min(minimum, Math.max(0, counts.desired - 1)) : minimum;
        expect(terminations).toBeLessThanOrEqual(Math.max(0, counts.serving - floor));
      }),
    );
  });

  it('never goes over the maximum by more than the one instance that is always allowed', () => {
    fc.assert(
      fc.property(situations, ({ counts, percentages }) => {
        const { surge } = planReplacements(counts, percentages);
        const most = Math.ceil((counts.desired * (percentages.maximum ?? 100)) / 100);
        const isLaunchFirst = percentages.maximum !== undefined;
        expect(counts.desired + surge).toBeLessThanOrEqual(Math.max(most, counts.desired + (isLaunchFirst ? 1 : 0)));
      }),
    );
  });

  it('never replaces more than a checkpoint allows', () => {
    fc.assert(
      fc.property(situations, ({ counts, percentages }) => {
        const { terminations } = planReplacements(counts, percentages);
        expect(counts.vacated + terminations).toBeLessThanOrEqual(Math.max(counts.vacated, counts.allowedFresh));
      }),
    );
  });
});
