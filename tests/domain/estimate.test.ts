import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deregistrationSeconds, withDeregistration } from '../../functions/domain/deregistration.ts';
import { drainCeilingSeconds, drainMetadata } from '../../functions/domain/drain-hook.ts';
import { estimateRollout, estimateSentence, planEstimate } from '../../functions/domain/estimate.ts';
import { leaseRequest } from '../../functions/domain/lease.ts';
import type { NodeGroup } from '../../functions/domain/node-group.ts';
import { aGroup, aKey, anImage, anInstance, aPolicy, executionArn } from '../support/builders.ts';

const ofSize = (nodes: number, overrides: Partial<NodeGroup> = {}): NodeGroup =>
  aGroup({
    instances: Array.from({ length: nodes }, (_, index) => anInstance({ instanceId: `i-${index}` })),
    ...overrides,
  });
const estimate = (group: NodeGroup, policy = {}) => estimateRollout(group, aPolicy(policy), 'ami-0new');

describe('the deregistration delay', () => {
  it.each([
    { isBalanced: false, asked: undefined, seconds: 0 },
    { isBalanced: undefined, asked: undefined, seconds: 0 },
    { isBalanced: true, asked: undefined, seconds: 300 },
    { isBalanced: true, asked: 0, seconds: 0 },
    { isBalanced: false, asked: 900, seconds: 900 },
  ])('is $seconds s where balanced: $isBalanced and the tag says $asked', ({ isBalanced, asked, seconds }) => {
    const group = isBalanced === undefined ? {} : { isBalanced };
    expect(deregistrationSeconds(group, asked === undefined ? {} : { deregistrationSeconds: asked })).toBe(seconds);
  });

  it('never shortens a drain, and no drain timeout is shorter', () => {
    const seconds = fc.integer({ min: 60, max: 169_200 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 3600 }), (drainTimeoutSeconds, delay) => {
        const policy = aPolicy({ drainTimeoutSeconds, deregistrationSeconds: delay });
        const drains = withDeregistration({ isBalanced: true }, policy).drainTimeoutSeconds;
        expect(drains).toBe(Math.max(drainTimeoutSeconds, delay));
        expect(drainCeilingSeconds({ drainTimeoutSeconds: drains })).toBeGreaterThan(drains);
      }),
    );
  });

  it('is part of the deadline of every drain: the hook and the state file have the longer timeout', () => {
    const tags = { 'reglaze:channel': 'windows-2022-core', 'reglaze:drain-timeout': '2m' };
    const policyOf = (group: Partial<NodeGroup>) =>
      leaseRequest({ key: aKey(), executionArn, image: anImage() }, ofSize(2, { tags, ...group }), undefined).policy;
    expect(policyOf({}).drainTimeoutSeconds).toBe(120);
    const balanced = policyOf({ isBalanced: true });
    expect(balanced.drainTimeoutSeconds).toBe(300);
    expect(drainMetadata(aKey(), balanced, 2).drainTimeoutSeconds).toBe(300);
  });
});

describe('the estimate of a rollout', () => {
  it.each([
    { nodes: 1, count: 1, rounds: 1 },
    { nodes: 2, count: 1, rounds: 2 },
    { nodes: 9, count: 4, rounds: 3 },
    { nodes: 10, count: 4, rounds: 4 },
  ])('is of $rounds rounds for $nodes nodes with a surge of $count', ({ nodes, count, rounds }) => {
    expect(estimate(ofSize(nodes), { maxSurge: { count, unit: 'nodes' } })).toMatchObject({ rounds });
  });

  it('is what the page for operators says', () => {
    const policy = {
      ...{ joinTimeoutSeconds: 1800, drainTimeoutSeconds: 3600, bakeSeconds: 600 },
      ...{ joining: { readyForSeconds: 60 }, deregistrationSeconds: 120, maxSurge: { count: 1, unit: 'nodes' } },
    } as const;
    expect(estimate(ofSize(3), policy)).toEqual({
      rounds: 3,
      usualSeconds: 3 * (400 + 60 + 120 + 180 + 60) + 600,
      longestSeconds: 3 * (1800 + 120 + 3600 + 900 + 60) + 600,
      deregistrationSeconds: 120,
    });
  });

  it.each([
    { poolSize: 1, count: 1, rounds: 1 },
    { poolSize: 4, count: 1, rounds: 4 },
    // Half of the group at a time, and so half of the pool.
    { poolSize: 4, count: 2, rounds: 2 },
    { poolSize: 5, count: 2, rounds: 3 },
  ])('waits for $rounds rounds more for $poolSize in a warm pool with a surge of $count of four', (row) => {
    const policy = { maxSurge: { count: row.count, unit: 'nodes' as const }, joinTimeoutSeconds: 1800 };
    const [without, pooled] = [estimate(ofSize(4), policy), estimate(ofSize(4, { poolSize: row.poolSize }), policy)];
    const more = (what: 'usualSeconds' | 'longestSeconds') => (pooled?.[what] ?? 0) - (without?.[what] ?? 0);
    expect(more('usualSeconds')).toBe(row.rounds * (400 + 120));
    expect(more('longestSeconds')).toBe(row.rounds * (1800 + 120));
    expect(pooled?.rounds).toBe(without?.rounds);
  });

  it('counts what is not on the AMI only, and there is none for nothing, or for what EKS replaces', () => {
    const patched = anInstance({ instanceId: 'i-new', imageId: 'ami-0new' });
    const group = ofSize(2);
    expect(estimate({ ...group, instances: [...group.instances, patched] })?.rounds).toBe(2);
    expect(estimate({ ...group, instances: [patched] })).toBeUndefined();
    expect(estimate(ofSize(0))).toBeUndefined();
    expect(estimate({ ...group, kind: 'managed' })).toBeUndefined();
    expect(planEstimate(ofSize(2, { tags: { 'reglaze:channel': 'x', 'reglaze:typo': 'y' } }), 'ami-0new')).toEqual({});
  });

  it('is told in hours and minutes, with what load balancers take of it', () => {
    const told = { rounds: 2, usualSeconds: 3661, longestSeconds: 7200, deregistrationSeconds: 0 };
    expect(estimateSentence(told)).toBe('Takes about 1 h 2 min, and 2 h at most unless a drain outlasts its timeout.');
    expect(estimateSentence({ ...told, deregistrationSeconds: 300 })).toMatch(
      /; load balancers take 5 min of each round\.$/,
    );
  });
});
