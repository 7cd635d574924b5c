import '../support/handler-environment.ts';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { StackEvent } from '../../functions/domain/stack-event.ts';
import { withdrawFromGroups } from '../../functions/handlers/withdraw.ts';
import { aReplacement, aRollingState, aState, now } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const removal = v.parse(
  StackEvent,
  JSON.parse(await readFile(new URL('../../events/stack-removed.json', import.meta.url), 'utf8')),
);
const taints = { amiId: 'ami-0new', nodes: [{ nodeName: 'node-a', instanceId: 'i-0a' }] };

/** The stack's end for one group, with what was done to it in order. */
function leaving(state = aRollingState({ hook: 'open', taints })) {
  const account = new FakeAccount().withState(state);
  account.nodeGroup.replacements = [aReplacement()];
  const done: string[] = [];
  const answers: Record<string, unknown>[] = [];
  const step = withdrawFromGroups({
    drivers: {
      ...account.drivers,
      'self-managed': {
        ...account.drivers['self-managed'],
        closeAdmission: async (group) => void done.push(`hook of ${group}`),
      },
    },
    files: account.files,
    marker: { unmark: async (cluster, nodes) => done.push(`taints of ${nodes.length} in ${cluster}`) },
    cancelRefresh: async (_group, id) => void done.push(`refresh ${id}`),
    answerStack: async (_url, answer) => void answers.push(answer as Record<string, unknown>),
    now: () => now,
  });
  return { account, step, done, answers };
}

describe('the end of the stack', () => {
  it('stops what would go on alone, lets new instances in, and frees the group for a later run', async () => {
    const { account, step, done, answers } = leaving();
    await step(removal);

    expect(done).toEqual([`refresh ${account.state.rollout?.id}`, 'hook of win2022', 'taints of 1 in demo']);
    expect(account.state).not.toHaveProperty('hook');
    expect(account.state).not.toHaveProperty('taints');
    expect(account.state.lease?.until).toBe(now.toISOString());
    expect(answers).toMatchObject([{ Status: 'SUCCESS', RequestId: removal.RequestId }]);
  });

  it('leaves a replacement alone that brings the old AMI back', async () => {
    const rollBack = { reason: { error: 'NodeNeverJoined', cause: 'late' } };
    const { step, done } = leaving(aRollingState({ hook: 'open', phase: 'rolling-back', rollBack }));
    await step(removal);
    expect(done).toEqual(['hook of win2022']);
  });

  it('does nothing to a group that has come to its end, nor the second time', async () => {
    const { lease: _, ...ended } = aState({ phase: 'released' });
    const first = leaving(ended);
    await first.step(removal);
    const second = leaving();
    await second.step(removal);
    second.done.length = 0;
    await second.step(removal);
    expect([...first.done, ...second.done]).toEqual([]);
  });

  it('does nothing when the stack is made or changed', async () => {
    const { step, done, answers } = leaving();
    await step({ ...removal, RequestType: 'Create' });
    await step({ ...removal, RequestType: 'Update' });
    expect(done).toEqual([]);
    expect(answers.map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  it('keeps the stack, and says why, when a group cannot be left', async () => {
    const { account, answers } = leaving();
    const step = withdrawFromGroups({
      drivers: account.drivers,
      files: account.files,
      marker: { unmark: async () => Promise.reject(new Error('the cluster is away')) },
      cancelRefresh: async () => {},
      answerStack: async (_url, answer) => void answers.push(answer as Record<string, unknown>),
      now: () => now,
    });
    await step(removal);
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: 'Error: the cluster is away' }]);
    expect(account.state.taints).toEqual(taints);
  });
});
