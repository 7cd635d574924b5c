import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { afterEach, expect, it } from 'vitest';
import type { CallFault, Fault } from '../../../simulator/kernel/faults.ts';
import { ConnectionLost, type WireRequest } from '../../../simulator/kernel/wire.ts';
import { logOf, openAccount, type TestAccount } from './account.ts';
import { signerFor } from './signing.ts';

let account: TestAccount;
let runs: string[];
afterEach(() => account.close());

const fault = (effect: CallFault['effect'], nth = 1, functionName?: string): Fault => ({
  at: 'call',
  operation: 'AutoScaling.DescribeAutoScalingGroups',
  nth,
  effect,
  ...(functionName === undefined ? {} : { functionName }),
});

async function openWith(...faults: Fault[]) {
  runs = [];
  const run = (_: never, { requestId }: { requestId: string }) => {
    runs.push(requestId);
    return { AutoScalingGroups: [] };
  };
  account = await openAccount(
    [
      {
        model: 'autoscaling',
        name: 'AutoScaling',
        operations: { DescribeAutoScalingGroups: { needs: () => [], run } },
      },
    ],
    { faults },
  );
  return new AutoScalingClient({ ...account.client, maxAttempts: 1 });
}

/** A request of a function, signed as the SDK signs. */
async function requestOf(functionName: string, key: string): Promise<WireRequest> {
  const { credentials } = account.client;
  const body = 'Action=DescribeAutoScalingGroups&Version=2011-01-01';
  const headers = { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' };
  const signer = signerFor('autoscaling', credentials);
  const signed = await signer.sign(
    { method: 'POST', protocol: 'http:', hostname: 'localhost', path: '/', headers, body },
    { signingDate: new Date(account.kernel.clock.now()) },
  );
  return { method: 'POST', path: '/', headers: signed.headers, body: Buffer.from(body), origin: { functionName, key } };
}

it('an error refuses the call before anything happens', async () => {
  const client = await openWith(fault({ kind: 'error', code: 'Throttling', message: 'Rate exceeded', status: 400 }));
  await expect(client.send(new DescribeAutoScalingGroupsCommand({}))).rejects.toMatchObject({
    name: 'Throttling',
    message: 'Rate exceeded',
  });
  expect(runs).toHaveLength(0);
  await expect(client.send(new DescribeAutoScalingGroupsCommand({}))).resolves.toBeDefined();
  expect(logOf(account, 'call.aws')).toEqual([
    { operation: 'AutoScaling.DescribeAutoScalingGroups', error: 'Throttling', reason: 'Rate exceeded' },
    { operation: 'AutoScaling.DescribeAutoScalingGroups' },
  ]);
});

it('a lost reply comes after the work and cuts the connection', async () => {
  const client = await openWith(fault({ kind: 'lost' }));
  await expect(client.send(new DescribeAutoScalingGroupsCommand({}))).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(runs).toHaveLength(1);
});

it('a lost reply is asked for again by a client with retries', async () => {
  await openWith(fault({ kind: 'lost' }));
  const client = new AutoScalingClient({ ...account.client, maxAttempts: 3 });
  await client.send(new DescribeAutoScalingGroupsCommand({}));
  expect(runs).toHaveLength(2);
});

it('a slow reply takes account time', async () => {
  const client = await openWith(fault({ kind: 'slow', delayMs: 30_000 }));
  const before = account.kernel.clock.now();
  await client.send(new DescribeAutoScalingGroupsCommand({}));
  expect(account.kernel.clock.now() - before).toBeGreaterThanOrEqual(30_000);
});

it('a killed function gets no reply, is logged and ended', async () => {
  await openWith(fault({ kind: 'killed' }, 2, 'watch'));
  await account.front(await requestOf('watch', 'watch/1/1'));
  await account.front(await requestOf('other', 'other/1/1'));
  await expect(account.front(await requestOf('watch', 'watch/1/2'))).rejects.toBeInstanceOf(ConnectionLost);
  expect(runs).toHaveLength(3);
  expect(account.killed).toEqual([['watch', 'watch/1/2']]);
  expect(logOf(account, 'fault.killed')).toEqual([{ functionName: 'watch' }]);
});

it('requests of one instant take effect in the order of their draws, however they arrive', async () => {
  const orders: string[][] = [];
  for (const keys of [
    ['a', 'b', 'c'],
    ['c', 'a', 'b'],
  ]) {
    await openWith();
    const requests = await Promise.all(keys.map((key) => requestOf('watch', key)));
    await Promise.all(requests.map((request) => account.front(request)));
    orders.push(runs);
    if (orders.length === 1) await account.close();
  }
  expect(orders[1]).toEqual(orders[0]);
});
