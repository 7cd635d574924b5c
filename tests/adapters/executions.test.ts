import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { startExecutionsOf } from '../../functions/adapters/executions.ts';
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

it('a notification goes to the topic of the stack', async () => {
  sns.on(PublishCommand).resolves({});
  await notifyThrough(() => 'arn:topic')({ subject: 'a', text: 'b' });
  expect(sns.commandCalls(PublishCommand)[0]?.args[0].input).toEqual({
    TopicArn: 'arn:topic',
    Subject: 'a',
    Message: 'b',
  });
});
