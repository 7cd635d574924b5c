import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../simulator/kernel/faults.ts';
import { type Account, createAccount, operator } from './account.ts';
import type { RunnerKind } from './world.ts';

const source = `
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
const client = new AutoScalingClient();
const describe = (name) => client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }));
export const handler = async ({ names }) => {
  const started = Date.now();
  const answers = await Promise.all(names.map((name) => describe(name)));
  console.log('described', names.length);
  return { capacities: answers.map(({ AutoScalingGroups: [group] }) => group.DesiredCapacity), created: answers[0].AutoScalingGroups[0].CreatedTime, tookTime: Date.now() > started };
};`;

let account: Account;
afterEach(() => account.close());

async function callSdk(kind: RunnerKind, names: readonly string[], faults: readonly Fault[] = []) {
  account = await createAccount(kind, faults);
  const functionArn = await account.create({ source, timeoutSeconds: 60 });
  const result = await account.run(
    account.lambda.invoke({ functionArn, payload: JSON.stringify({ names }), caller: operator }),
  );
  return { result, log: account.log(), lines: account.lines };
}

const lost: Fault = {
  at: 'call',
  operation: 'AutoScaling.DescribeAutoScalingGroups',
  nth: 2,
  effect: { kind: 'lost' },
};
const killed: Fault = {
  at: 'call',
  operation: 'AutoScaling.DescribeAutoScalingGroups',
  functionName: 'worker',
  nth: 1,
  effect: { kind: 'killed' },
};

describe.each<RunnerKind>(['isolated', 'direct'])('the unchanged SDK in a function that runs %s', (kind) => {
  it('signs with the role of its function and reads the answers', async () => {
    const { result, log } = await callSdk(kind, ['a', 'b']);
    expect(result.ok && JSON.parse(result.payload)).toEqual({
      capacities: [2, 2],
      created: '1970-01-01T00:00:00.000Z',
      tookTime: true,
    });
    expect(log.filter((entry) => entry.includes('call.aws'))).toHaveLength(2);
    expect(log.find((entry) => entry.includes('call.aws'))).toContain('"functionName":"worker"');
  });

  it('retries a throttled call three times and throws the name of the error', async () => {
    const { result, log } = await callSdk(kind, ['throttled']);
    expect(result).toMatchObject({ ok: false, errorType: 'Throttling', errorMessage: 'Rate exceeded' });
    expect(log.filter((entry) => entry.includes('call.aws'))).toHaveLength(3);
  });

  it('repeats a call whose answer was lost', async () => {
    const { result, log } = await callSdk(kind, ['a', 'b', 'c'], [lost]);
    expect(result.ok).toBe(true);
    expect(log.filter((entry) => entry.includes('call.aws'))).toHaveLength(4);
  });

  it('dies with its function after the call has gone through', async () => {
    const { result, log } = await callSdk(kind, ['a'], [killed]);
    expect(result).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' });
    expect(log.filter((entry) => entry.includes('call.aws'))).toHaveLength(1);
  });
});

describe('the two ways to run functions', () => {
  it.each([
    { case: 'parallel calls', names: ['a', 'b', 'c'], faults: [] },
    { case: 'throttled calls', names: ['throttled', 'a'], faults: [] },
    { case: 'a lost answer', names: ['a', 'b', 'c'], faults: [lost] },
    { case: 'a killed function', names: ['a', 'b'], faults: [killed] },
  ])('leave the same log, lines and result for $case', async ({ names, faults }) => {
    const isolated = await callSdk('isolated', names, faults);
    await account.close();
    expect(await callSdk('direct', names, faults)).toEqual(isolated);
  });
});
