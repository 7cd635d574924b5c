import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { findEnded, listEnded, startExecutionsOf } from '../../functions/adapters/executions.ts';
import { notifyThrough } from '../../functions/adapters/topic.ts';

const stepFunctions = mockClient(SFNClient);
const sns = mockClient(SNSClient);
beforeEach(() => {
  stepFunctions.reset();
  sns.reset();
});

const start = startExecutionsOf(() => 'arn:machine');

describe('an execution', () => {
  it('is started by its name', async () => {
    stepFunctions.on(StartExecutionCommand).resolves({});
    expect(await start('run-1', { imageArn: 'arn' })).toBe('started');
    expect(stepFunctions.commandCalls(StartExecutionCommand)[0]?.args[0].input).toEqual({
      stateMachineArn: 'arn:machine',
      name: 'run-1',
      input: '{"imageArn":"arn"}',
    });
  });

  it('of a name that was used is there already', async () => {
    stepFunctions
      .on(StartExecutionCommand)
      .rejects(Object.assign(new Error('text'), { name: 'ExecutionAlreadyExists' }));
    expect(await start('run-1', {})).toBe('already');
  });

  it('that cannot be started is an error', async () => {
    stepFunctions
      .on(StartExecutionCommand)
      .rejects(Object.assign(new Error('text'), { name: 'StateMachineDoesNotExist' }));
    await expect(start('run-1', {})).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  });
});

describe('executions that ended otherwise than they should', () => {
  const since = new Date('2026-05-16T00:00:00Z');
  const ended = (name: string, stopDate: Date) => ({
    ...{ executionArn: `arn:${name}`, stateMachineArn: 'arn:machine', name, status: 'FAILED' as const },
    ...{ startDate: new Date('2026-05-15T12:00:00Z'), stopDate },
  });

  it('are listed with what they were given, from all pages, when they ended since a time', async () => {
    stepFunctions.on(ListExecutionsCommand).resolves({ executions: [] });
    stepFunctions
      .on(ListExecutionsCommand, { statusFilter: 'FAILED' })
      .resolves({ executions: [ended('before', new Date('2026-05-15T23:59:59Z'))], nextToken: 'more' });
    stepFunctions
      .on(ListExecutionsCommand, { statusFilter: 'FAILED', nextToken: 'more' })
      .resolves({ executions: [ended('after', since)] });
    stepFunctions.on(DescribeExecutionCommand, { executionArn: 'arn:after' }).resolves({
      ...{ startDate: new Date('2026-05-15T12:00:00Z'), redriveCount: 1 },
      ...{ name: 'after', status: 'FAILED', input: '{"run":"run-1"}', error: 'LeaseLost', cause: 'why' },
    });

    expect(await listEnded('arn:machine', since)).toEqual([
      {
        ...{ executionArn: 'arn:after', name: 'after', status: 'FAILED' },
        ...{ startedAt: '2026-05-15T12:00:00.000Z', redriveCount: 1 },
        ...{ input: '{"run":"run-1"}', error: 'LeaseLost', cause: 'why' },
      },
    ]);
    const statuses = stepFunctions.commandCalls(ListExecutionsCommand).map(({ args }) => args[0].input.statusFilter);
    expect(new Set(statuses)).toEqual(new Set(['FAILED', 'TIMED_OUT', 'ABORTED']));
  });

  it('are not looked for among those that began too long ago', async () => {
    const old = { ...ended('old', new Date('2026-05-12T13:00:00Z')), startDate: new Date('2026-05-12T12:00:00Z') };
    stepFunctions.on(ListExecutionsCommand).resolves({ executions: [old], nextToken: 'more' });

    expect(await listEnded('arn:machine', since)).toEqual([]);
    expect(stepFunctions.commandCalls(ListExecutionsCommand)).toHaveLength(3);
  });
});

describe('an execution by its name', () => {
  const find = () => findEnded('arn:aws:states:us-west-2:111122223333:stateMachine:roll', 'shop-web');

  it('is found when it ended otherwise than it should', async () => {
    stepFunctions
      .on(DescribeExecutionCommand, { executionArn: 'arn:aws:states:us-west-2:111122223333:execution:roll:shop-web' })
      .resolves({ name: 'shop-web', status: 'ABORTED', cause: 'why' });
    expect(await find()).toMatchObject({ name: 'shop-web', status: 'ABORTED', cause: 'why' });
  });

  it('is not found while it runs, nor when there was none', async () => {
    stepFunctions.on(DescribeExecutionCommand).resolvesOnce({ name: 'shop-web', status: 'RUNNING' });
    expect(await find()).toBeUndefined();
    stepFunctions
      .on(DescribeExecutionCommand)
      .rejects(Object.assign(new Error('text'), { name: 'ExecutionDoesNotExist' }));
    expect(await find()).toBeUndefined();
  });
});

it('a notification goes to the topic of the stack', async () => {
  sns.on(PublishCommand).resolves({});
  await notifyThrough(() => 'arn:topic')({ subject: 'a', text: 'b' });
  expect(sns.commandCalls(PublishCommand)[0]?.args[0].input).toEqual({
    TopicArn: 'arn:topic',
    Subject: 'a',
    Message: 'b',
  });
});
