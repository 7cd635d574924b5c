import { describe, expect, it } from 'vitest';
import { allowing, aRole, call, operator } from '../services/calling.ts';
import { anAccount } from './account.ts';
import { deployed, queue } from './templates.ts';

type Stacks = { readonly Stacks: readonly Record<string, unknown>[] };
type Resources = { readonly StackResourceSummaries: readonly Record<string, unknown>[] };

const resources = {
  Queue: queue({ QueueName: 'q' }),
  Kept: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain', Properties: { BucketName: 'kept' } },
};
const sections = {
  Description: 'a stack',
  Parameters: { Word: { Type: 'String', NoEcho: true }, Names: { Type: 'CommaDelimitedList', Default: 'a,b' } },
  parameters: { Word: 'hush' },
  Outputs: { Url: { Value: { Ref: 'Queue' }, Description: 'of the queue', Export: { Name: 'x' } } },
};

async function given() {
  const account = anAccount();
  const { stack } = await deployed(resources, { ...sections, account });
  const ask = <Reply>(operation: string, input: object = {}, caller = operator) =>
    call<Reply>(account.iam, account.cloudFormation.service, operation, input, caller);
  return { account, stack, ask };
}

describe('CloudFormation', () => {
  it('describes a stack with its parameters and outputs, and keeps what is not to be echoed', async () => {
    const { ask } = await given();
    const { Stacks } = await ask<Stacks>('DescribeStacks', { StackName: 'stack' });
    expect(Stacks).toEqual([
      expect.objectContaining({
        ...{ StackName: 'stack', Description: 'a stack', StackStatus: 'CREATE_COMPLETE' },
        StackId: expect.stringMatching(/^arn:aws:cloudformation:us-west-2:111122223333:stack\/stack\/.{36}$/),
        Parameters: [
          { ParameterKey: 'Word', ParameterValue: '****' },
          { ParameterKey: 'Names', ParameterValue: 'a,b' },
        ],
        Outputs: [
          {
            ...{ OutputKey: 'Url', OutputValue: 'https://sqs.us-west-2.amazonaws.com/111122223333/q' },
            ...{ Description: 'of the queue', ExportName: 'x' },
          },
        ],
      }),
    ]);
  });

  it('knows a deleted stack by its id alone, and what was left of it', async () => {
    const { ask, stack } = await given();
    const { StackId } = (await ask<Stacks>('DescribeStacks')).Stacks[0] ?? {};
    await stack.delete();

    await expect(ask('DescribeStacks')).resolves.toEqual({ Stacks: [] });
    await expect(ask('DescribeStacks', { StackName: 'stack' })).rejects.toMatchObject({ code: 'ValidationError' });
    const { Stacks } = await ask<Stacks>('DescribeStacks', { StackName: StackId });
    expect(Stacks[0]).toMatchObject({ StackStatus: 'DELETE_COMPLETE', DeletionTime: expect.any(Date) });
    const { StackResourceSummaries } = await ask<Resources>('ListStackResources', { StackName: StackId });
    expect(StackResourceSummaries.map((one) => [one.LogicalResourceId, one.ResourceStatus])).toEqual([
      ['Queue', 'DELETE_COMPLETE'],
      ['Kept', 'DELETE_SKIPPED'],
    ]);
  });

  it('says of a stack that could not be deleted which resource stayed', async () => {
    const { ask, stack, account } = await given();
    const inUse = () => {
      throw new Error('in use');
    };
    Object.assign(account.sqs, { deleteQueue: inUse });
    await expect(stack.delete()).rejects.toThrow('in use');

    const { Stacks } = await ask<Stacks>('DescribeStacks', { StackName: 'stack' });
    expect(Stacks[0]).toMatchObject({ StackStatus: 'DELETE_FAILED' });
    const { StackResourceSummaries } = await ask<Resources>('ListStackResources', { StackName: 'stack' });
    expect(StackResourceSummaries.map(({ ResourceStatus }) => ResourceStatus)).toContain('DELETE_FAILED');
  });

  it('asks for the right on the stack that is named, and on all of them where none is', async () => {
    const { ask, account } = await given();
    const some = aRole(account.iam, 'some', [
      allowing('cloudformation:DescribeStacks', 'arn:aws:cloudformation:*:*:stack/stack/*'),
    ]);
    await expect(ask('DescribeStacks', { StackName: 'stack' }, some)).resolves.toBeDefined();
    await expect(ask('DescribeStacks', {}, some)).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('finds the stack of a resource by the name of the resource', async () => {
    const { ask } = await given();
    const found = await ask<{ StackResources: object[] }>('DescribeStackResources', { PhysicalResourceId: 'kept' });
    expect(found.StackResources).toEqual([
      expect.objectContaining({ StackName: 'stack', LogicalResourceId: 'Kept', ResourceType: 'AWS::S3::Bucket' }),
    ]);
    await expect(ask('DescribeStackResources', { PhysicalResourceId: 'no' })).rejects.toMatchObject({
      code: 'ValidationError',
    });
  });
});
