import {
  DeleteObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWholeAccount, type WholeAccount } from '../wire/open-account.ts';

/** What people do around the operations that the product uses, as their clients write it. */
let open: WholeAccount;
beforeEach(async () => {
  open = await openWholeAccount({ pace: 50, clientClock: Date.now });
});
afterEach(() => open.close());

/** A call of a service that speaks JSON. */
async function json(
  service: string,
  target: string,
  input: unknown,
  version = '1.1',
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { 'x-amz-target': target, 'content-type': `application/x-amz-json-${version}` };
  const reply = await open.send({ service, headers, body: JSON.stringify(input) }, {});
  const answer: Record<string, unknown> = JSON.parse(reply.body);
  return { ...answer, status: reply.status };
}

/** A call of a service that speaks query. */
async function query(service: string, version: string, parameters: Readonly<Record<string, string>>) {
  const body = new URLSearchParams({ Version: version, ...parameters }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  return open.send({ service, headers, body }, {});
}

const sdk = () => ({
  ...{ region: 'eu-central-1', endpoint: open.account.endpoint, maxAttempts: 1 },
  credentials: open.account.iam.operatorCredentials(),
});

describe('logs', () => {
  const write = (stream: string, message: string) => open.account.logs.write({ logGroupName: '/a', stream, message });
  beforeEach(async () => {
    open.account.logs.createLogGroup({ logGroupName: '/a', retentionInDays: 7 });
    write('one', 'started ok');
    await open.account.kernel.clock.sleep(1000);
    write('two', 'ERROR no capacity');
    write('one', 'ERROR started late');
  });

  it('lists groups and their streams by name', async () => {
    expect(await json('logs', 'Logs_20140328.DescribeLogGroups', { logGroupNamePrefix: '/' })).toMatchObject({
      logGroups: [{ logGroupName: '/a', retentionInDays: 7, storedBytes: 45 }],
    });
    expect(await json('logs', 'Logs_20140328.DescribeLogStreams', { logGroupName: '/a' })).toMatchObject({
      logStreams: [{ logStreamName: 'one' }, { logStreamName: 'two' }],
    });
  });

  it('filters by words, phrases and streams, page by page', async () => {
    const filter = (input: object) => json('logs', 'Logs_20140328.FilterLogEvents', { logGroupName: '/a', ...input });
    const first = await filter({ filterPattern: 'ERROR', limit: 1 });
    expect(first).toMatchObject({ events: [{ message: 'ERROR no capacity', logStreamName: 'two' }] });
    expect(await filter({ filterPattern: 'ERROR', limit: 1, nextToken: first.nextToken })).toMatchObject({
      events: [{ message: 'ERROR started late' }],
    });
    expect(await filter({ filterPattern: '"started late"' })).toMatchObject({ events: [{ logStreamName: 'one' }] });
    expect(await filter({ filterPattern: 'ERROR -capacity' })).toMatchObject({ events: [{ logStreamName: 'one' }] });
    expect(await filter({ filterPattern: '{ $.a = 1 }' })).toMatchObject({ __type: 'InvalidParameterException' });
    expect(await filter({ logGroupName: '/b' })).toMatchObject({ __type: 'ResourceNotFoundException' });
  });

  it('reads a stream from its end and back to its head', async () => {
    const read = (input: object) =>
      json('logs', 'Logs_20140328.GetLogEvents', { logGroupName: '/a', logStreamName: 'one', limit: 1, ...input });
    const last = await read({});
    expect(last).toMatchObject({ events: [{ message: 'ERROR started late' }] });
    const before = await read({ nextToken: last.nextBackwardToken });
    expect(before).toMatchObject({ events: [{ message: 'started ok' }] });
    expect(await read({ nextToken: before.nextBackwardToken })).toMatchObject({ events: [] });
  });
});

describe('queues', () => {
  const url = 'https://sqs.eu-central-1.amazonaws.com/111122223333/work';
  const ask = (operation: string, input: object) => json('sqs', `AmazonSQS.${operation}`, input, '1.0');
  beforeEach(() => {
    open.account.sqs.createQueue({ queueName: 'work' });
  });

  it('hand over what was sent until it is deleted', async () => {
    expect(await ask('ListQueues', {})).toMatchObject({ QueueUrls: [url] });
    expect(await ask('SendMessage', { QueueUrl: url, MessageBody: 'hi' })).toMatchObject({
      MD5OfMessageBody: '49f68a5c8493ec2c0bf489821c21fc3b',
    });
    const { Messages } = await ask('ReceiveMessage', { QueueUrl: url });
    expect(Messages).toMatchObject([{ Body: 'hi' }]);
    expect(await ask('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] })).toMatchObject({
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '1' },
    });
    const [{ ReceiptHandle }] = Messages as [{ ReceiptHandle: string }];
    await ask('DeleteMessage', { QueueUrl: url, ReceiptHandle });
    expect(await ask('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] })).toMatchObject({
      Attributes: { ApproximateNumberOfMessagesNotVisible: '0' },
    });
  });

  it('wait for a message as long as they are asked to', async () => {
    const waiting = ask('ReceiveMessage', { QueueUrl: url, WaitTimeSeconds: 20 });
    open.account.kernel.clock.after(5000, () => void ask('SendMessage', { QueueUrl: url, MessageBody: 'late' }));
    expect(await waiting).toMatchObject({ Messages: [{ Body: 'late' }] });
  });

  it('speak query with older clients', async () => {
    const reply = await query('sqs', '2012-11-05', { Action: 'GetQueueUrl', QueueName: 'work' });
    expect(reply.body).toContain(`<QueueUrl>${url}</QueueUrl>`);
    const missing = await query('sqs', '2012-11-05', { Action: 'GetQueueUrl', QueueName: 'play' });
    expect(missing.body).toContain('<Code>AWS.SimpleQueueService.NonExistentQueue</Code>');
  });

  it('refuse numbers out of range', async () => {
    expect(await ask('ReceiveMessage', { QueueUrl: url, WaitTimeSeconds: 21 })).toMatchObject({ status: 400 });
  });
});

it('topics are listed, subscribed to once, and deliver', async () => {
  const { arn: topicArn } = open.account.sns.createTopic({ topicName: 'news' });
  const sns = new SNSClient(sdk());
  expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn: topicArn }]);
  const subscribe = () =>
    sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'email', Endpoint: 'me@example.com' }));
  expect(await subscribe()).toMatchObject({ SubscriptionArn: 'pending confirmation' });
  await subscribe();
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }));
  expect(Subscriptions).toMatchObject([{ SubscriptionArn: 'PendingConfirmation', Endpoint: 'me@example.com' }]);
  await sns.send(new PublishCommand({ TopicArn: topicArn, Message: 'hi' }));
  expect(open.account.sns.publications(topicArn)).toMatchObject([{ message: 'hi' }]);
});

it('objects are deleted for good without versions, and behind a marker with them', async () => {
  const s3 = new S3Client({ ...sdk(), forcePathStyle: true });
  open.account.s3.createBucket({ bucketName: 'plain' });
  open.account.s3.createBucket({ bucketName: 'versioned', versioning: 'Enabled' });
  for (const Bucket of ['plain', 'versioned']) await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));

  expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual(['plain', 'versioned']);
  expect(await s3.send(new HeadBucketCommand({ Bucket: 'plain' }))).toMatchObject({ BucketRegion: 'eu-central-1' });
  expect(await s3.send(new DeleteObjectCommand({ Bucket: 'plain', Key: 'k' }))).not.toHaveProperty('DeleteMarker');
  expect(await s3.send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'k' }))).toMatchObject({
    DeleteMarker: true,
  });
  expect(open.account.s3.keys('versioned')).toEqual([]);
  expect(() => open.account.s3.deleteBucket('plain')).not.toThrow();
  expect(() => open.account.s3.deleteBucket('versioned')).toThrow('not empty');
});

it('roles are shown with the policies that they were given', async () => {
  const statement = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const trustPolicy = { Version: '2012-10-17', Statement: [statement] };
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }] };
  open.account.iam.createRole({ roleName: 'step', trustPolicy, policies: [{ name: 'read', document }] });
  const ask = (parameters: Record<string, string>) => query('iam', '2010-05-08', parameters);

  expect((await ask({ Action: 'ListRoles' })).body).toContain('<RoleName>step</RoleName>');
  expect((await ask({ Action: 'GetRole', RoleName: 'step' })).body).toContain(
    encodeURIComponent(JSON.stringify(trustPolicy)),
  );
  expect((await ask({ Action: 'ListRolePolicies', RoleName: 'step' })).body).toContain('<member>read</member>');
  const policy = await ask({ Action: 'GetRolePolicy', RoleName: 'step', PolicyName: 'read' });
  expect(policy.body).toContain(encodeURIComponent(JSON.stringify(document)));
  expect(await ask({ Action: 'GetRole', RoleName: 'nobody' })).toMatchObject({ status: 404 });
});

it('parameters are described, deleted once, and begin anew with version 1', async () => {
  const ask = (operation: string, input: object) => json('ssm', `AmazonSSM.${operation}`, input);
  await ask('PutParameter', { Name: '/a/b', Type: 'String', Value: 'x' });
  await ask('PutParameter', { Name: '/a/b', Value: 'y', Overwrite: true });
  const beginsWith = { ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: ['/a'] }] };
  expect(await ask('DescribeParameters', beginsWith)).toMatchObject({ Parameters: [{ Name: '/a/b', Version: 2 }] });
  expect(await ask('DeleteParameter', { Name: '/a/b' })).toMatchObject({ status: 200 });
  expect(await ask('DeleteParameter', { Name: '/a/b' })).toMatchObject({ __type: 'ParameterNotFound' });
  expect(await ask('PutParameter', { Name: '/a/b', Type: 'String', Value: 'z' })).toMatchObject({ Version: 1 });
  expect(await ask('DeleteParameters', { Names: ['/a/b', '/c'] })).toMatchObject({
    ...{ DeletedParameters: ['/a/b'], InvalidParameters: ['/c'] },
  });
});

it('rules are listed by prefix', async () => {
  for (const name of ['nightly', 'daily'])
    open.account.events.rules.put({ name, scheduleExpression: 'rate(1 day)', state: 'DISABLED' });
  expect(await json('events', 'AWSEvents.ListRules', { NamePrefix: 'n' })).toMatchObject({
    Rules: [{ Name: 'nightly', State: 'DISABLED', ScheduleExpression: 'rate(1 day)' }],
  });
});
