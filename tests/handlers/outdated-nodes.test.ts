import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import { takeLease } from '../../functions/domain/lease.ts';
import { nextForRollout } from '../../functions/domain/settlement.ts';
import { closeAdmission } from '../../functions/handlers/close-admission.ts';
import { preferNewNodes } from '../../functions/handlers/prefer-new-nodes.ts';
import { aKey, anImage, anInstance, aPolicy, aRollingState, aState, executionArn, now } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const key = aKey();
const admission = {
  ...key,
  autoScalingGroupName: 'win2022',
  instanceId: 'i-0new',
  joinDeadline: new Date(now.getTime() + 60_000).toISOString(),
};
const old = ['i-0a', 'i-0b'];

/** A group of two old nodes and a new one that has just joined. */
function anAccount(state = aRollingState(), imageId = 'ami-0new') {
  const account = new FakeAccount().withState(state);
  account.change({
    instances: [
      ...old.map((instanceId) => anInstance({ instanceId })),
      anInstance({ instanceId: 'i-0new', imageId: 'ami-0new', lifecycleState: 'Pending:Wait' }),
    ],
  });
  const identifyInstance = async () => ({ imageId, privateDnsName: 'node-i-0new' });
  return { account, step: preferNewNodes({ ...account, identifyInstance }) };
}

describe('Prefer new nodes', () => {
  it('names the nodes in the state file before it marks them, marks them once, and never the new one', async () => {
    const { account } = anAccount();
    const { mark } = account.marker;
    const marker = {
      ...account.marker,
      mark: async (cluster: string, nodes: Parameters<typeof mark>[1]) => {
        expect(account.state.taints?.nodes).toEqual(nodes);
        expect(account.state.taints?.done).toBeUndefined();
        return mark(cluster, nodes);
      },
    };
    const identifyInstance = async () => ({ imageId: 'ami-0new', privateDnsName: 'node-i-0new' });
    const step = preferNewNodes({ ...account, identifyInstance, marker });
    expect(await step(admission)).toEqual({ preference: 'prefer', changed: 2 });
    expect([...account.marked]).toEqual(old);
    expect(account.state.taints).toEqual({
      amiId: 'ami-0new',
      nodes: old.map((instanceId) => ({ instanceId, nodeName: `node-${instanceId}` })),
      done: true,
    });
    expect(await step(admission)).toEqual({ preference: 'nothing', changed: 0 });
    expect(account.bucket.writes).toHaveLength(2);
  });

  it('goes on where an earlier try was cut off', async () => {
    const { account, step } = anAccount(aRollingState({ taints: { amiId: 'ami-0new', nodes: [] } }));
    expect(await step(admission)).toEqual({ preference: 'prefer', changed: 2 });
    expect([...account.marked]).toEqual(old);
  });

  it('turns around when the group goes back', async () => {
    const nodes = old.map((instanceId) => ({ instanceId, nodeName: `node-${instanceId}` }));
    const taints = { amiId: 'ami-0new', nodes, done: true as const };
    const { account, step } = anAccount(aRollingState({ phase: 'rolling-back', taints }), 'ami-0old');
    for (const instanceId of old) account.marked.add(instanceId);
    expect(await step(admission)).toEqual({ preference: 'prefer', changed: 3 });
    expect([...account.marked]).toEqual(['i-0new']);
  });

  it('leaves no mark when the rollout ends while it marks', async () => {
    const { account } = anAccount();
    const { mark } = account.marker;
    const marker = {
      ...account.marker,
      mark: async (cluster: string, nodes: Parameters<typeof mark>[1]) => {
        if (account.state.lease !== undefined) {
          const { lease: _, ...released } = account.state;
          await closeAdmission(account)(key);
          const { taints: __, hook: ___, ...rest } = released;
          account.withState({ ...rest, phase: 'released' });
        }
        return mark(cluster, nodes);
      },
    };
    const identifyInstance = async () => ({ imageId: 'ami-0new', privateDnsName: 'node-i-0new' });
    const step = preferNewNodes({ ...account, identifyInstance, marker });
    await expect(step(admission)).rejects.toMatchObject({ name: 'StateFileChanged' });
    expect(account.marked.size).toBe(2);
    expect(await step(admission)).toEqual({ preference: 'withdraw', changed: 2 });
    expect(account.marked.size).toBe(0);
  });
});

describe('every end of a rollout', () => {
  const taints = {
    amiId: 'ami-0new',
    // One of them has left the group since, and one that joined later is not among them.
    nodes: ['i-0a', 'i-0left'].map((instanceId) => ({ instanceId, nodeName: `node-${instanceId}` })),
  };

  it('takes the taints off the very nodes that got them, and then forgets them', async () => {
    const { account } = anAccount(aRollingState({ taints }));
    for (const instanceId of ['i-0a', 'i-0left', 'i-0other']) account.marked.add(instanceId);
    expect(await closeAdmission(account)(key)).toEqual({ admission: 'closed' });
    expect([...account.marked]).toEqual(['i-0other']);
    expect(account.state).not.toHaveProperty('taints');
    expect(account.state).not.toHaveProperty('hook');
  });

  it('takes the hook away although the cluster cannot be reached, and the taints at the next try', async () => {
    const { account } = anAccount(aRollingState({ taints }));
    const unreachable = { unmark: () => Promise.reject(new Error('unreachable')) };
    await expect(closeAdmission({ ...account, drivers: account.drivers, marker: unreachable })(key)).rejects.toThrow();
    expect(account.nodeGroup.changes).toEqual(['delete hook']);
    expect(account.state.taints).toEqual(taints);
    await closeAdmission(account)(key);
    expect(account.state).not.toHaveProperty('taints');
  });

  it('passes there also when the execution died before it changed anything itself', () => {
    const { hook: _, ...leased } = aState({ taints });
    expect(nextForRollout(leased, executionArn)).toBe('close');
  });

  it('is found by the next run when none came', () => {
    const lease = { run: 'run-0', executionArn: 'arn:old', until: now.toISOString() };
    const request = {
      ...{ key, executionArn, image: anImage(), policy: aPolicy(), autoScalingGroupName: 'win2022' },
      ...{ before: aState().before, unit: undefined, provedElsewhere: false },
    };
    const answer = takeLease(aRollingState({ lease, taints }), request, now);
    expect(answer).toMatchObject({ lease: 'taken', state: { taints, hook: 'open' } });
  });
});
