import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import type { Service } from '../../../simulator/kernel/service.ts';
import { accountId, openAccount, type TestAccount } from './account.ts';

const open = { needs: () => [], run: () => ({}) };
const services: Service[] = [
  { model: 'autoscaling', name: 'AutoScaling', operations: { DescribeAutoScalingGroups: open } },
  { model: 'ec2', name: 'Ec2', operations: { DescribeImages: open } },
  { model: 'eks', name: 'Eks', operations: { ListClusters: open } },
  { model: 'stepfunctions', name: 'Sfn', operations: { ListStateMachines: open } },
  { model: 's3', name: 'S3', operations: { GetObject: open } },
];
const calls: Readonly<Record<string, (client: object) => Promise<unknown>>> = {
  autoscaling: (config) =>
    new AutoScalingClient({ maxAttempts: 1, ...config }).send(new DescribeAutoScalingGroupsCommand({})),
  ec2: (config) => new EC2Client({ maxAttempts: 1, ...config }).send(new DescribeImagesCommand({})),
  eks: (config) => new EKSClient({ maxAttempts: 1, ...config }).send(new ListClustersCommand({})),
  stepfunctions: (config) => new SFNClient({ maxAttempts: 1, ...config }).send(new ListStateMachinesCommand({})),
  s3: (config) =>
    new S3Client({ maxAttempts: 1, ...config }).send(new GetObjectCommand({ Bucket: 'bucket', Key: 'a' })),
};

let account: TestAccount;
afterEach(() => account.close());

const worker = `arn:aws:iam::${accountId}:role/worker`;
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: accountId } }],
};

async function openWithRole(startsAt?: number) {
  account = await openAccount(services, {
    ...(startsAt === undefined ? {} : { startsAt }),
    setUp: (iam) => void iam.createRole({ roleName: 'worker', trustPolicy: trust, policies: [] }),
  });
  return account;
}

describe('a signature with the wrong secret', () => {
  it.each([
    { service: 'autoscaling', name: 'SignatureDoesNotMatch', status: 403 },
    { service: 'ec2', name: 'SignatureDoesNotMatch', status: 403 },
    { service: 'eks', name: 'InvalidSignatureException', status: 403 },
    { service: 'stepfunctions', name: 'InvalidSignatureException', status: 400 },
    { service: 's3', name: 'SignatureDoesNotMatch', status: 403 },
  ])('is $name of $service', async ({ service, name, status }) => {
    const { client } = await openWithRole();
    const credentials = { ...client.credentials, secretAccessKey: 'guessed' };
    await expect(calls[service]?.({ ...client, credentials })).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
  });
});

describe('an access key that the account never gave out', () => {
  it.each([
    { service: 'autoscaling', name: 'InvalidClientTokenId' },
    { service: 'ec2', name: 'AuthFailure' },
    { service: 'eks', name: 'UnrecognizedClientException' },
    { service: 'stepfunctions', name: 'UnrecognizedClientException' },
    { service: 's3', name: 'InvalidAccessKeyId' },
  ])('is $name of $service', async ({ service, name }) => {
    const { client } = await openWithRole();
    const credentials = { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' };
    await expect(calls[service]?.({ ...client, credentials })).rejects.toMatchObject({ name });
  });
});

describe('credentials of a session', () => {
  it.each([
    { service: 'autoscaling', name: 'ExpiredToken' },
    { service: 'ec2', name: 'RequestExpired' },
    { service: 'eks', name: 'ExpiredTokenException' },
    { service: 's3', name: 'ExpiredToken' },
  ])('end with their time: $name of $service', async ({ service, name }) => {
    const { client, iam } = await openWithRole();
    const credentials = iam.credentialsFor({ roleArn: worker, sessionName: 's', durationSeconds: -1 });
    await expect(calls[service]?.({ ...client, credentials })).rejects.toMatchObject({ name });
  });

  it('are worth nothing with another token', async () => {
    const { client, iam } = await openWithRole();
    const credentials = {
      ...iam.credentialsFor({ roleArn: worker, sessionName: 's', durationSeconds: 900 }),
      sessionToken: 'other',
    };
    await expect(calls.autoscaling?.({ ...client, credentials })).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
  });

  it('are worth nothing once their role is gone', async () => {
    const { client, iam } = await openWithRole();
    const credentials = iam.credentialsFor({ roleArn: worker, sessionName: 's', durationSeconds: 900 });
    iam.deleteRole(worker);
    await expect(calls.autoscaling?.({ ...client, credentials })).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
  });
});

describe('the clock of a caller', () => {
  const hour = 3_600_000;
  it.each([
    { service: 'autoscaling', name: 'SignatureDoesNotMatch', startsAt: Date.now() + hour },
    { service: 'stepfunctions', name: 'InvalidSignatureException', startsAt: Date.now() - hour },
    { service: 'ec2', name: 'RequestExpired', startsAt: Date.now() + hour },
    { service: 's3', name: 'RequestTimeTooSkewed', startsAt: Date.now() - hour },
  ])('an hour away is $name of $service', async ({ service, name, startsAt }) => {
    const { client } = await openWithRole(startsAt);
    await expect(calls[service]?.(client)).rejects.toMatchObject({ name });
  });

  it('is set right by the date of the refusal, so that a client with retries gets through', async () => {
    const { client } = await openWithRole(Date.UTC(2031, 0, 15));
    await expect(calls.stepfunctions?.({ ...client, maxAttempts: 3 })).resolves.toBeDefined();
  });
});

it('refuses another Region than the account has', async () => {
  const { client } = await openWithRole();
  await expect(calls.autoscaling?.({ ...client, region: 'us-west-2' })).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  });
});

it('refuses a request whose body was changed under way', async () => {
  const { client } = await openWithRole();
  const changed = new AutoScalingClient({ ...client, maxAttempts: 1 });
  changed.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: string };
      request.body = request.body.replace('DescribeAutoScalingGroups', 'DescribeAutoScalingGroupz');
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await expect(changed.send(new DescribeAutoScalingGroupsCommand({}))).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  });
});

it('refuses a request without a signature', async () => {
  const { front } = await openWithRole();
  const request = { method: 'POST', path: '/', body: Buffer.from('Action=DescribeAutoScalingGroups') };
  const headers = {
    host: 'autoscaling.eu-central-1.amazonaws.com',
    'content-type': 'application/x-www-form-urlencoded',
  };
  const { status, body } = await front({ ...request, headers });
  expect(status).toBe(403);
  expect(String(body)).toContain('<Code>MissingAuthenticationToken</Code>');
});
