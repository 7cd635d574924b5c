import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { anAccount } from './account.ts';
import { deployed, queue, role, workerFunction, workerZip } from './templates.ts';

const codeSha256 = createHash('sha256').update(workerZip).digest('base64');
const worker = { WorkerRole: role('lambda.amazonaws.com'), Worker: workerFunction() };
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const document = (statement: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
const machine = { QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: { Type: 'Succeed', Output: '${Text}' } } };

describe('a stack', () => {
  it('gives outputs, and leaves out those whose condition does not hold', async () => {
    const { stack } = await deployed(
      { Queue: queue({ QueueName: 'q' }) },
      {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Outputs: {
          Arn: { Value: arnOf('Queue'), Export: { Name: 'x' } },
          Url: { Value: { Ref: 'Queue' } },
          No: { Value: 'x', Condition: 'Never' },
        },
      },
    );
    expect(stack.outputs).toEqual({
      Arn: 'arn:aws:sqs:us-west-2:111122223333:q',
      Url: 'https://sqs.us-west-2.amazonaws.com/111122223333/q',
    });
  });

  it('does not create a resource whose condition does not hold, and refuses references to it', async () => {
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    const Absent = queue({}, { Condition: 'Never' });
    expect((await deployed({ Absent, Queue: queue() }, { Conditions })).stack.resource('Absent')).toBeUndefined();
    const User = queue({ Tags: [{ Key: 'a', Value: arnOf('Absent') }] });
    await expect(deployed({ Absent, User }, { Conditions })).rejects.toThrow(
      /Absent is no parameter and no resource that the stack creates/,
    );
  });

  it('is rolled back when a resource cannot be created', async () => {
    const account = anAccount();
    const resources = {
      Queue: queue({ QueueName: 'q' }),
      Group: { Type: 'AWS::Logs::LogGroup', DependsOn: 'Queue', Properties: { RetentionInDays: 2 } },
    };
    await expect(deployed(resources, { account })).rejects.toThrow(
      /Resources\.Group: AWS::Logs::LogGroup could not be created: RetentionInDays 2/,
    );
    expect(account.sqs.queue('arn:aws:sqs:us-west-2:111122223333:q')).toBeUndefined();
  });

  it('is deleted in reverse order, except for what it is to keep', async () => {
    const account = anAccount();
    const { stack } = await deployed(
      {
        Kept: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain', Properties: { BucketName: 'kept' } },
        Queue: queue({ QueueName: 'q' }),
        Policy: {
          Type: 'AWS::SQS::QueuePolicy',
          Properties: {
            Queues: [{ Ref: 'Queue' }],
            PolicyDocument: document({ Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }),
          },
        },
      },
      { account },
    );
    await stack.delete();
    expect(account.sqs.queue('arn:aws:sqs:us-west-2:111122223333:q')).toBeUndefined();
    expect(account.s3.bucket('kept')).toBeDefined();
  });

  it('gives the same names in every run of one seed', async () => {
    const names = async () =>
      (await deployed({ Queue: queue(), Bucket: { Type: 'AWS::S3::Bucket' } })).stack.resources.map(({ ref }) => ref);
    expect(await names()).toEqual(await names());
  });
});

describe('a template', () => {
  it.each([
    {
      case: 'an unknown section',
      template: { Resources: {}, Transform: 'AWS::Serverless-2016-10-31' },
      problem: /Transform is unknown or not simulated/,
    },
    {
      case: 'another format version',
      template: { AWSTemplateFormatVersion: '2020-01-01', Resources: {} },
      problem: /AWSTemplateFormatVersion/,
    },
    { case: 'no resources', template: {}, problem: /Resources/ },
    { case: 'a logical id with a dash', template: { Resources: { 'a-b': queue() } }, problem: /Resources/ },
    {
      case: 'an unknown attribute of a resource',
      template: { Resources: { Queue: queue({}, { CreationPolicy: {} }) } },
      problem: /Resources\.Queue\.CreationPolicy/,
    },
    {
      case: 'a deletion policy that does not exist',
      template: { Resources: { Queue: queue({}, { DeletionPolicy: 'Keep' }) } },
      problem: /DeletionPolicy/,
    },
    {
      case: 'an unknown resource type',
      template: { Resources: { Table: { Type: 'AWS::DynamoDB::Table' } } },
      problem: /Resources\.Table: the resource type AWS::DynamoDB::Table is not simulated/,
    },
    {
      case: 'a DependsOn that is nothing',
      template: { Resources: { Queue: queue({}, { DependsOn: 'X' }) } },
      problem: /Queue\.DependsOn: there is no resource X/,
    },
  ])('is refused with $case, and nothing is created', async ({ template, problem }) => {
    const account = anAccount();
    await expect(deployed((template as { Resources: object }).Resources, { ...template, account })).rejects.toThrow(
      problem,
    );
    expect(account.kernel.log.entries()).toEqual([]);
  });

  it.each([
    {
      type: 'AWS::SQS::Queue',
      properties: { FifoQueue: true },
      problem: 'Resources.It.Properties: FifoQueue is unknown or not simulated',
    },
    {
      type: 'AWS::SQS::Queue',
      properties: { RedrivePolicy: { maxReceiveCount: 1, deadLetterTargetArn: 'a', x: 1 } },
      problem: /RedrivePolicy\.x is unknown/,
    },
    { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 'long' }, problem: /VisibilityTimeout is not valid/ },
    {
      type: 'AWS::SNS::Subscription',
      properties: { TopicArn: 'a', Endpoint: 'b', Protocol: 'https' },
      problem: /Protocol is not valid/,
    },
    {
      type: 'AWS::S3::Bucket',
      properties: { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Transitions: [] }] } },
      problem: /Rules\.0\.Transitions is unknown/,
    },
    {
      type: 'AWS::Scheduler::Schedule',
      properties: {
        ScheduleExpression: 'rate(1 day)',
        FlexibleTimeWindow: { Mode: 'FLEXIBLE' },
        Target: { Arn: 'a', RoleArn: 'b' },
      },
      problem: /FlexibleTimeWindow\.Mode is not valid/,
    },
    { type: 'AWS::CloudWatch::Alarm', properties: { Metrics: [] }, problem: /Metrics is unknown/ },
    { type: 'AWS::Lambda::Function', properties: { VpcConfig: {} }, problem: /VpcConfig is unknown/ },
    {
      type: 'AWS::Events::Rule',
      properties: { EventBusName: 'mine', EventPattern: { source: ['a'] } },
      problem: /EventBusName is not valid/,
    },
    {
      type: 'AWS::Events::Rule',
      properties: { EventPattern: { source: [{ contains: 'a' }] } },
      problem: /unrecognized match type contains/,
    },
    {
      type: 'AWS::IAM::Role',
      properties: { AssumeRolePolicyDocument: {}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/Other'] },
      problem: /policy\/Other does not exist or is not simulated/,
    },
    {
      type: 'AWS::StepFunctions::StateMachine',
      properties: { RoleArn: 'a' },
      problem: /exactly one of DefinitionString and Definition/,
    },
  ])('is refused for $type with $properties', async ({ type, properties, problem }) => {
    await expect(deployed({ It: { Type: type, Properties: properties } })).rejects.toThrow(problem);
  });
});

describe('functions', () => {
  it('have versions of the code that the template names, and no other', async () => {
    const version = (CodeSha256: string) => ({
      Type: 'AWS::Lambda::Version',
      Properties: { FunctionName: { Ref: 'Worker' }, CodeSha256 },
    });
    const { stack } = await deployed({ ...worker, Version: version(codeSha256) });
    expect(stack.resource('Version')?.ref).toBe('arn:aws:lambda:us-west-2:111122223333:function:worker:1');
    await expect(deployed({ ...worker, Version: version('other') })).rejects.toThrow(/Version\.Properties\.CodeSha256/);
  });

  it('need a role that trusts Lambda', async () => {
    await expect(deployed({ ...worker, WorkerRole: role('states.amazonaws.com') })).rejects.toThrow(
      /cannot be assumed by Lambda/,
    );
  });

  it('are opened to a rule by a permission, one statement beside the other, until it is deleted', async () => {
    const permission = (SourceArn: string) => ({
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: arnOf('Worker'),
        Principal: 'events.amazonaws.com',
        SourceArn,
      },
    });
    const { account, stack } = await deployed({
      ...worker,
      One: permission('arn:aws:events:us-west-2:111122223333:rule/one'),
      Two: permission('arn:aws:events:us-west-2:111122223333:rule/two'),
    });
    const allowed = (rule: string) =>
      account.iam.authorize(
        { arn: 'events.amazonaws.com', service: 'events.amazonaws.com' },
        {
          action: 'lambda:InvokeFunction',
          resource: 'arn:aws:lambda:us-west-2:111122223333:function:worker',
          context: { 'aws:SourceArn': `arn:aws:events:us-west-2:111122223333:rule/${rule}` },
        },
      ).allowed;
    expect(['one', 'two', 'three'].map(allowed)).toEqual([true, true, false]);
    await stack.resource('One')?.delete();
    expect(['one', 'two'].map(allowed)).toEqual([false, true]);
  });
});

describe('roles', () => {
  it('have their inline, managed and attached policies', async () => {
    const policy = (Action: string) => document({ Action, Resource: '*' });
    const { account, stack } = await deployed({
      Shared: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: policy('ec2:DescribeImages') } },
      Attached: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: { PolicyDocument: policy('ec2:DescribeInstances'), Roles: [{ Ref: 'Role' }] },
      },
      Role: role('lambda.amazonaws.com', {
        Policies: [{ PolicyName: 'own', PolicyDocument: policy('ec2:DescribeSubnets') }],
        ManagedPolicyArns: [{ Ref: 'Shared' }],
      }),
    });
    const roleArn = String(stack.resource('Role')?.attributes.Arn);
    const may = (action: string) => account.iam.authorize({ arn: roleArn, roleArn }, { action, resource: '*' }).allowed;
    expect(
      ['ec2:DescribeSubnets', 'ec2:DescribeImages', 'ec2:DescribeInstances', 'ec2:DescribeRegions'].map(may),
    ).toEqual([true, true, true, false]);
  });
});

describe('state machines', () => {
  it('have their definition with what was substituted', async () => {
    const { account, stack } = await deployed({
      Role: role('states.amazonaws.com'),
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          DefinitionString: JSON.stringify(machine),
          DefinitionSubstitutions: { Text: { Ref: 'AWS::Region' } },
          RoleArn: arnOf('Role'),
        },
      },
    });
    const execution = account.stepFunctions.startExecution({
      machineArn: stack.resource('Machine')?.ref ?? '',
      input: '{}',
    });
    await account.kernel.clock.run(() => account.stepFunctions.execution(execution.arn).status !== 'RUNNING');
    expect(account.stepFunctions.execution(execution.arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: '"us-west-2"',
    });
  });
});

describe('encrypted topics and queues', () => {
  it('work with the key, the alias and the policies of the stack', async () => {
    const { account, stack } = await deployed({
      Key: {
        Type: 'AWS::KMS::Key',
        Properties: {
          KeyPolicy: document({ Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'kms:*', Resource: '*' }),
        },
      },
      Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/app', TargetKeyId: { Ref: 'Key' } } },
      Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: { Ref: 'Alias' } } },
      TopicPolicy: {
        Type: 'AWS::SNS::TopicPolicy',
        Properties: {
          Topics: [{ Ref: 'Topic' }],
          PolicyDocument: document({
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: 'Topic' },
          }),
        },
      },
      Subscription: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'team@example.com' },
      },
    });
    const topicArn = stack.resource('Topic')?.ref ?? '';
    account.sns.publish({
      topicArn,
      message: 'x',
      caller: { arn: 'cloudwatch.amazonaws.com', service: 'cloudwatch.amazonaws.com' },
    });
    expect(account.sns.publications(topicArn)).toHaveLength(1);
    expect(account.sns.subscriptions(topicArn)).toMatchObject([{ status: 'pending' }]);
  });
});
