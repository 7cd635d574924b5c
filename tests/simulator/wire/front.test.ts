import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  PutLifecycleHookCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateVersionCommand, DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeNodegroupCommand, EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, describe, expect, it } from 'vitest';
import type { Iam } from '../../../simulator/iam/iam.ts';
import { type Operation, type Service, ServiceError } from '../../../simulator/kernel/service.ts';
import { accountId, logOf, openAccount, region, type TestAccount } from './account.ts';

const groupArn = `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:1:autoScalingGroupName/web`;
const anOperation = (
  run: Operation['run'],
  action = 'autoscaling:DescribeAutoScalingGroups',
  resource = '*',
): Operation => ({
  needs: () => [{ action, resource }],
  run,
});
const aService = (model: string, name: string, operations: Service['operations']): Service => ({
  model,
  name,
  operations,
});

let account: TestAccount;
afterEach(() => account.close());

async function autoScaling(operations: Service['operations'], options: Parameters<typeof openAccount>[1] = {}) {
  account = await openAccount([aService('autoscaling', 'AutoScaling', operations)], options);
  return new AutoScalingClient({ ...account.client, maxAttempts: 1 });
}

const aRole = (iam: Iam, statement: object, trust: object = { AWS: accountId }) =>
  iam.createRole({
    roleName: 'worker',
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: trust }],
    },
    policies: [{ name: 'rights', document: { Version: '2012-10-17', Statement: [statement] } }],
  });

describe('a call that is allowed', () => {
  it('runs with the input of the model and is answered in its types', async () => {
    const seen: unknown[] = [];
    const client = await autoScaling({
      DescribeAutoScalingGroups: anOperation((input) => {
        seen.push(input);
        return { AutoScalingGroups: [], NextToken: 'a<b>&"c"' };
      }),
    });
    const { NextToken } = await client.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['a b', 'c'], MaxRecords: 7 }),
    );
    expect(NextToken).toBe('a<b>&"c"');
    expect(seen).toEqual([{ AutoScalingGroupNames: ['a b', 'c'], MaxRecords: 7 }]);
    expect(logOf(account, 'call.aws')).toEqual([{ operation: 'AutoScaling.DescribeAutoScalingGroups' }]);
  });

  it('takes latency from the table of model times and none for computing', async () => {
    const client = await autoScaling({
      DescribeAutoScalingGroups: anOperation(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return { AutoScalingGroups: [] };
      }),
    });
    const before = account.kernel.clock.now();
    await client.send(new DescribeAutoScalingGroupsCommand({}));
    const took = account.kernel.clock.now() - before;
    expect(took).toBeGreaterThanOrEqual(20);
    expect(took).toBeLessThanOrEqual(122);
  });

  it('may wait for account time when its operation says so', async () => {
    const client = await autoScaling({
      DescribeAutoScalingGroups: {
        ...anOperation(async () => {
          await account.kernel.clock.sleep(60_000);
          return { AutoScalingGroups: [] };
        }),
        takesTime: true,
      },
    });
    const before = account.kernel.clock.now();
    await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(account.kernel.clock.now() - before).toBeGreaterThan(60_000);
  });
});

describe('an error of a service', () => {
  it.each([
    {
      code: 'InstanceRefreshInProgressFault',
      name: 'InstanceRefreshInProgressFault',
      Code: 'InstanceRefreshInProgress',
      status: 400,
    },
    {
      code: 'InstanceRefreshInProgress',
      name: 'InstanceRefreshInProgressFault',
      Code: 'InstanceRefreshInProgress',
      status: 400,
    },
    { code: 'ResourceContentionFault', name: 'ResourceContentionFault', Code: 'ResourceContention', status: 500 },
    { code: 'ValidationError', name: 'ValidationError', Code: 'ValidationError', status: 400 },
  ])('of Auto Scaling named $code is $name in the client', async ({ code, name, Code, status }) => {
    const client = await autoScaling({
      StartInstanceRefresh: anOperation(() => {
        throw new ServiceError(code, 'No & never.');
      }),
    });
    const sent = client.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: 'web' }));
    await expect(sent).rejects.toMatchObject({
      name,
      Code,
      message: 'No & never.',
      $metadata: { httpStatusCode: status },
    });
  });

  it('of EC2 keeps its dotted code', async () => {
    account = await openAccount([
      aService('ec2', 'Ec2', {
        DescribeImages: anOperation(() => {
          throw new ServiceError('InvalidAMIID.NotFound', 'The image id does not exist');
        }, 'ec2:DescribeImages'),
      }),
    ]);
    const sent = new EC2Client(account.client).send(new DescribeImagesCommand({}));
    await expect(sent).rejects.toMatchObject({ name: 'InvalidAMIID.NotFound', $metadata: { httpStatusCode: 400 } });
  });

  it('of EKS has the status of the model and its members', async () => {
    account = await openAccount([
      aService('eks', 'Eks', {
        DescribeNodegroup: anOperation(() => {
          throw new ServiceError('ResourceInUseException', 'Busy.', { members: { clusterName: 'blue' } });
        }, 'eks:DescribeNodegroup'),
      }),
    ]);
    const client = new EKSClient(account.client);
    const sent = client.send(new DescribeNodegroupCommand({ clusterName: 'blue', nodegroupName: 'n' }));
    await expect(sent).rejects.toMatchObject({
      name: 'ResourceInUseException',
      message: 'Busy.',
      clusterName: 'blue',
      $metadata: { httpStatusCode: 409 },
    });
  });

  it('of Step Functions is known by its type', async () => {
    account = await openAccount([
      aService('stepfunctions', 'Sfn', {
        StartExecution: anOperation(() => {
          throw new ServiceError('ExecutionAlreadyExists', 'It does.');
        }, 'states:StartExecution'),
      }),
    ]);
    const stateMachineArn = `arn:aws:states:${region}:${accountId}:stateMachine:m`;
    const sent = new SFNClient(account.client).send(new StartExecutionCommand({ stateMachineArn }));
    await expect(sent).rejects.toMatchObject({ name: 'ExecutionAlreadyExists', message: 'It does.' });
  });

  it('that nobody meant is loud in the log and a server error for the caller', async () => {
    const client = await autoScaling({
      DescribeAutoScalingGroups: anOperation(() => ({ AutoScalingGroups: [], Invented: 1 })),
    });
    const sent = client.send(new DescribeAutoScalingGroupsCommand({}));
    await expect(sent).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(logOf(account, 'defect')).toHaveLength(1);
  });
});

describe('input that the model forbids', () => {
  const hook = { AutoScalingGroupName: 'web', LifecycleHookName: 'wait' };
  it.each([
    {
      case: 'a missing member',
      input: { LifecycleHookName: 'wait' },
      message: /Value null at 'autoScalingGroupName'.*must not be null/,
    },
    {
      case: 'a name that is too long',
      input: { ...hook, LifecycleHookName: 'x'.repeat(256) },
      message: /length less than or equal to 255/,
    },
    {
      case: 'a name with a space',
      input: { ...hook, LifecycleHookName: 'a b' },
      message: /regular expression pattern/,
    },
    {
      case: 'a number that is none',
      input: { ...hook, HeartbeatTimeout: 'soon' as unknown as number },
      message: /must be of type integer/,
    },
  ])('$case is a ValidationError of Auto Scaling', async ({ input, message }) => {
    const client = await autoScaling({ PutLifecycleHook: anOperation(() => ({})) });
    const sent = client.send(new PutLifecycleHookCommand(input as never));
    await expect(sent).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringMatching(message) });
  });

  it.each([
    {
      case: 'a missing member',
      input: {},
      code: 'MissingParameter',
      message: 'The request must contain the parameter LaunchTemplateData',
    },
    {
      case: 'a value outside an enum',
      input: { LaunchTemplateData: { InstanceType: 'x9.huge' } },
      code: 'InvalidParameterValue',
      message: /InstanceType/,
    },
  ])('$case is $code of EC2', async ({ input, code, message }) => {
    account = await openAccount([
      aService('ec2', 'Ec2', {
        CreateLaunchTemplateVersion: anOperation(() => ({}), 'ec2:CreateLaunchTemplateVersion'),
      }),
    ]);
    const sent = new EC2Client(account.client).send(new CreateLaunchTemplateVersionCommand(input as never));
    await expect(sent).rejects.toMatchObject({ name: code, message: expect.stringMatching(message) });
  });

  it('is refused and logged when a parameter is unknown', async () => {
    const client = await autoScaling({ DescribeAutoScalingGroups: anOperation(() => ({ AutoScalingGroups: [] })) });
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: string }).body += '&Frobnicate=1';
        return next(args);
      },
      { step: 'serialize', priority: 'low' },
    );
    const sent = client.send(new DescribeAutoScalingGroupsCommand({}));
    await expect(sent).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('Frobnicate'),
    });
    expect(logOf(account, 'refused')).toMatchObject([{ operation: 'AutoScaling.DescribeAutoScalingGroups' }]);
  });
});

describe('what the account does not know', () => {
  it('is an unknown action of Auto Scaling', async () => {
    const client = await autoScaling({});
    const sent = client.send(new DescribeAutoScalingGroupsCommand({}));
    await expect(sent).rejects.toMatchObject({ name: 'InvalidAction' });
    expect(logOf(account, 'refused')).toEqual([
      { operation: 'AutoScaling.DescribeAutoScalingGroups', reason: 'This operation is not simulated.' },
    ]);
  });

  it('is an unknown operation of EKS', async () => {
    account = await openAccount([aService('eks', 'Eks', {})]);
    const sent = new EKSClient(account.client).send(new ListClustersCommand({}));
    await expect(sent).rejects.toMatchObject({ name: 'UnknownOperationException', $metadata: { httpStatusCode: 404 } });
  });

  it('is a whole service, which no error could stand for', async () => {
    account = await openAccount([]);
    const sent = new SNSClient({ ...account.client, maxAttempts: 1 }).send(
      new PublishCommand({ TopicArn: 'arn:x', Message: 'm' }),
    );
    await expect(sent).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
    expect(logOf(account, 'refused')).toEqual([{ reason: expect.stringContaining('service "sns"') }]);
  });
});

describe('rights', () => {
  it('are checked for every permission that the operation needs', async () => {
    let ran = false;
    const client = await autoScaling(
      {
        StartInstanceRefresh: {
          needs: () => [
            { action: 'autoscaling:StartInstanceRefresh', resource: groupArn },
            {
              action: 'ec2:RunInstances',
              resource: 'arn:aws:ec2:eu-central-1::image/ami-1',
              refusal: { code: 'AccessDenied', message: 'You are not authorized to use launch template: lt-1' },
            },
          ],
          run: () => {
            ran = true;
            return {};
          },
        },
      },
      { setUp: (iam) => void aRole(iam, { Effect: 'Allow', Action: 'autoscaling:*', Resource: groupArn }) },
    );
    client.config.credentials = async () =>
      account.iam.credentialsFor({
        roleArn: `arn:aws:iam::${accountId}:role/worker`,
        sessionName: 's',
        durationSeconds: 900,
      });
    const sent = client.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: 'web' }));
    await expect(sent).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'You are not authorized to use launch template: lt-1',
      $metadata: { httpStatusCode: 403 },
    });
    expect(ran).toBe(false);
  });

  it.each([
    {
      model: 'autoscaling',
      code: 'AccessDenied',
      status: 403,
      call: (client: object) => new AutoScalingClient(client).send(new DescribeAutoScalingGroupsCommand({})),
    },
    {
      model: 'ec2',
      code: 'UnauthorizedOperation',
      status: 403,
      call: (client: object) => new EC2Client(client).send(new DescribeImagesCommand({})),
    },
    {
      model: 'eks',
      code: 'AccessDeniedException',
      status: 403,
      call: (client: object) => new EKSClient(client).send(new ListClustersCommand({})),
    },
    {
      model: 'sns',
      code: 'AuthorizationErrorException',
      status: 403,
      call: (client: object) => new SNSClient(client).send(new PublishCommand({ TopicArn: 'arn:x', Message: 'm' })),
    },
  ])('that are missing are $code of $model', async ({ model, code, status, call }) => {
    const denied = anOperation(() => ({}), `${model}:Do`, 'arn:aws:x:eu-central-1:111122223333:y');
    const operations = {
      DescribeAutoScalingGroups: denied,
      DescribeImages: denied,
      ListClusters: denied,
      Publish: denied,
    };
    account = await openAccount([aService(model, model, operations)], {
      setUp: (iam) => void aRole(iam, { Effect: 'Allow', Action: 'none:None', Resource: '*' }),
    });
    const credentials = account.iam.credentialsFor({
      roleArn: `arn:aws:iam::${accountId}:role/worker`,
      sessionName: 's',
      durationSeconds: 900,
    });
    await expect(call({ ...account.client, credentials })).rejects.toMatchObject({
      name: code,
      message: expect.stringContaining(
        `User: arn:aws:sts::${accountId}:assumed-role/worker/s is not authorized to perform: ${model}:Do on resource: arn:aws:x:eu-central-1:111122223333:y because no identity-based policy allows the ${model}:Do action`,
      ),
      $metadata: { httpStatusCode: status },
    });
  });
});
