import { describe, expect, it } from 'vitest';
import {
  onEverything,
  onResource,
  passRole,
  requestTagContext,
  useLaunchTemplate,
  useLaunchTemplateInNodegroup,
  writeWithKey,
} from '../../../simulator/iam/dependent-actions.ts';
import { createIam } from '../../../simulator/iam/iam.ts';
import {
  acceptsOnlyEverything,
  authorizationReference,
  resourceTypesOf,
} from '../../../simulator/iam/resource-level.ts';
import type { Caller } from '../../../simulator/kernel/service.ts';
import { accountId, aKernel, region } from '../wire/account.ts';

const identity = { accountId, region, partition: 'aws' as const };
const ec2 = (rest: string) => `arn:aws:ec2:${region}:${accountId}:${rest}`;
const use = {
  template: { arn: ec2('launch-template/lt-1'), launchTemplateId: 'lt-1', tags: { team: 'blue' } },
  imageId: 'ami-1',
  instanceType: 'm5.large',
  subnetIds: ['subnet-1', 'subnet-2'],
  securityGroupIds: ['sg-1'],
  keyName: 'ops',
  instanceRoleArn: `arn:aws:iam::${accountId}:role/node`,
  tagSpecifications: { instance: { team: 'blue' }, volume: {} },
};

describe('using a launch template', () => {
  it('needs RunInstances on everything that the template names', () => {
    const resources = useLaunchTemplate(identity, use)
      .filter(({ action }) => action === 'ec2:RunInstances')
      .map(({ resource }) => resource);
    expect(new Set(resources)).toEqual(
      new Set([
        `arn:aws:ec2:${region}::image/ami-1`,
        ec2('instance/*'),
        ec2('key-pair/ops'),
        ec2('launch-template/lt-1'),
        ec2('network-interface/*'),
        ec2('security-group/sg-1'),
        ec2('subnet/subnet-1'),
        ec2('subnet/subnet-2'),
        ec2('volume/*'),
      ]),
    );
  });

  it('needs CreateTags only for what the template tags, and PassRole for its profile', () => {
    const others = useLaunchTemplate(identity, use).filter(({ action }) => action !== 'ec2:RunInstances');
    expect(others).toMatchObject([
      {
        action: 'ec2:CreateTags',
        resource: ec2('instance/*'),
        context: { 'ec2:CreateAction': 'RunInstances', 'aws:RequestTag/team': 'blue', 'aws:TagKeys': ['team'] },
      },
      {
        action: 'iam:PassRole',
        resource: use.instanceRoleArn,
        context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      },
    ]);
  });

  it('is refused in the words of the service that was asked', () => {
    const refusals = (rights: ReturnType<typeof useLaunchTemplate>) =>
      new Set(rights.map(({ refusal }) => refusal?.code));
    expect(refusals(useLaunchTemplate(identity, use))).toEqual(new Set(['AccessDenied']));
    expect(refusals(useLaunchTemplateInNodegroup(identity, use))).toEqual(new Set(['InvalidRequestException']));
  });

  it.each([
    { left: 'ec2:RunInstances', statement: { Action: 'ec2:RunInstances', Resource: '*' } },
    {
      left: 'ec2:CreateTags',
      statement: {
        Action: 'ec2:CreateTags',
        Resource: ec2('*/*'),
        Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
      },
    },
    {
      left: 'iam:PassRole',
      statement: {
        Action: 'iam:PassRole',
        Resource: '*',
        Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      },
    },
  ])('is not possible without $left', ({ left, statement }) => {
    const all = [
      { Action: 'ec2:RunInstances', Resource: '*' },
      {
        Action: 'ec2:CreateTags',
        Resource: ec2('*/*'),
        Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
      },
      {
        Action: 'iam:PassRole',
        Resource: '*',
        Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      },
    ];
    const missing = (statements: object[]) => {
      const iam = createIam({ kernel: aKernel() });
      const Statement = statements.map((entry) => ({ Effect: 'Allow', ...entry }));
      const trustPolicy = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: accountId } }] };
      const { arn } = iam.createRole({
        roleName: 'w',
        trustPolicy,
        policies: [{ name: 'p', document: { Version: '2012-10-17', Statement } }],
      });
      const caller: Caller = { arn: 'arn:aws:sts::1:assumed-role/w/s', roleArn: arn };
      return new Set(
        useLaunchTemplate(identity, use)
          .filter((right) => !iam.authorize(caller, right).allowed)
          .map(({ action }) => action),
      );
    };
    expect(missing(all)).toEqual(new Set());
    expect(missing(all.filter(({ Action }) => Action !== statement.Action))).toEqual(new Set([left]));
  });
});

describe('the condition keys of a permission', () => {
  it('are the tags of the resource, under the global and the own key of the service', () => {
    const target = { arn: 'arn:x', tags: { team: 'blue' } };
    expect(onResource('autoscaling:StartInstanceRefresh', target).context).toEqual({
      'aws:ResourceTag/team': 'blue',
      'autoscaling:ResourceTag/team': 'blue',
    });
    expect(onResource('eks:DescribeNodegroup', target).context).toEqual({ 'aws:ResourceTag/team': 'blue' });
  });

  it('have no tag keys when nothing is tagged', () => {
    expect(requestTagContext({})).toEqual({});
    expect(requestTagContext({ a: '1', b: '2' })).toEqual({
      'aws:RequestTag/a': '1',
      'aws:RequestTag/b': '2',
      'aws:TagKeys': ['a', 'b'],
    });
  });

  it('say through which service a key is used', () => {
    const key = `arn:aws:kms:${region}:${accountId}:key/1`;
    expect(writeWithKey(identity, 'sns', key).map(({ action }) => action)).toEqual([
      'kms:GenerateDataKey',
      'kms:Decrypt',
    ]);
    expect(writeWithKey(identity, 's3', key)).toMatchObject([
      { action: 'kms:GenerateDataKey', context: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
    ]);
    expect(passRole('arn:r', 'states.amazonaws.com').context).toEqual({
      'iam:PassedToService': 'states.amazonaws.com',
    });
  });
});

describe('the resource "*"', () => {
  it.each([
    'ec2:DescribeImages',
    'autoscaling:DescribeAutoScalingGroups',
    'imagebuilder:ListImages',
    'states:SendTaskSuccess',
    'cloudwatch:PutMetricData',
    'xray:PutTraceSegments',
    'logs:CreateLogDelivery',
  ])('is all that %s takes', (action) => {
    expect(acceptsOnlyEverything(action)).toBe(true);
    expect(onEverything(action)).toMatchObject({ action, resource: '*' });
    expect(authorizationReference(action)).toMatch(/service-authorization/);
  });

  it.each([
    'autoscaling:StartInstanceRefresh',
    'ec2:CreateLaunchTemplateVersion',
    'eks:DescribeCluster',
    'imagebuilder:GetImage',
    'states:StartExecution',
    'sns:Publish',
    's3:PutObject',
  ])('is more than %s needs', (action) => {
    expect(acceptsOnlyEverything(action)).toBe(false);
    expect(() => onEverything(action)).toThrow(/takes resources/);
  });

  it('is not judged for an action that the table does not list', () => {
    expect(resourceTypesOf('ec2:Frobnicate')).toBeUndefined();
    expect(() => acceptsOnlyEverything('ec2:Frobnicate')).toThrow(/does not list/);
  });
});
