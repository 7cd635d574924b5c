import { describe, expect, it } from 'vitest';
import type { Plan } from '../../functions/domain/report.ts';
import { renderSummary } from '../../scripts/start/summary.ts';
import { drainsOf, remains } from '../support/drains.ts';
import { type Played, play } from '../support/play.ts';

const delaySeconds = 300;

/** The tiny month of a group behind a load balancer. */
const behindLoadBalancer = (before: boolean, tags: Readonly<Record<string, string>> = {}) =>
  play('tiny-month', {
    change: ({ clusters: [cluster], behaviour }) => {
      behaviour.autoScaling = { ...behaviour.autoScaling, deregistersBeforeTerminateHooks: before };
      for (const nodeGroup of cluster?.nodeGroups ?? []) {
        nodeGroup.targetGroup = { name: 'web', deregistrationDelaySeconds: delaySeconds };
        Object.assign(nodeGroup.tags, tags);
      }
    },
  });

const planOf = ({ stage: { account, stack } }: Played): Plan => {
  const bucket = stack.outputs.RunBucketName ?? '';
  const key = account.s3.keys(bucket).find((each) => each.endsWith('/plan.json')) ?? '';
  return JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? '');
};
const firstAt = ({ log }: Played, to: string): number =>
  log.find(({ kind, details }) => kind === 'instance.lifecycle' && details.to === to)?.at ?? 0;

describe.each([true, false])('a group behind a load balancer whose delay passes before the hook: %s', (before) => {
  it('is rolled, waits for the delay and not for more, and its plan had counted it', async () => {
    const played = await behindLoadBalancer(before);
    const [group] = played.document.nodeGroups;
    const { estimate } = planOf(played).nodeGroups[0] ?? {};
    const waited = (firstAt(played, 'Terminating:Wait') - firstAt(played, 'Terminating')) / 1000;

    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(waited).toBe(before ? delaySeconds : 0);
    expect(estimate).toMatchObject({ deregistrationSeconds: delaySeconds });
    expect(group?.estimate).toEqual(estimate);
    const took = (Date.parse(group?.endedAt ?? '') - Date.parse(group?.startedAt ?? '')) / 1000;
    expect(took).toBeLessThan(estimate?.longestSeconds ?? 0);
    expect(took).toBeLessThan((estimate?.usualSeconds ?? 0) * 1.3);
    expect(took).toBeGreaterThan((estimate?.usualSeconds ?? 0) * (before ? 0.6 : 0.3));
    expect(renderSummary(played.document, []).join('\n')).toContain('load balancers take 5 min of each round. It took');
    expect(remains(played)).toEqual([]);
  }, 300_000);
});

describe('the drain of a node behind a load balancer', () => {
  it('has a timeout no shorter than the delay, whatever the tag of the timeout says', async () => {
    const played = await behindLoadBalancer(false, {
      'reglaze:drain-timeout': '1m',
      'reglaze:deregistration-delay': '7m',
    });
    const { stepFunctions } = played.stage.account;
    const inputs = stepFunctions
      .executions()
      .flatMap(({ machineName, arn }) =>
        machineName.endsWith('-drain-node') ? [JSON.parse(stepFunctions.execution(arn)?.input ?? '{}')] : [],
      );
    expect(inputs.map(({ drainTimeoutSeconds }) => drainTimeoutSeconds)).toEqual(drainsOf(played.stage).map(() => 420));
    expect(inputs.length).toBeGreaterThan(0);
    expect(planOf(played).nodeGroups[0]?.estimate).toMatchObject({ deregistrationSeconds: 420 });
  }, 300_000);
});
