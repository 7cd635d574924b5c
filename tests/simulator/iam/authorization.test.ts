import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIam } from '../../../simulator/iam/iam.ts';
import type { Caller, Permission } from '../../../simulator/kernel/service.ts';
import { accountId, aKernel } from '../wire/account.ts';

const roleArn = `arn:aws:iam::${accountId}:role/worker`;
const worker: Caller = { arn: `arn:aws:sts::${accountId}:assumed-role/worker/s`, roleArn };
const topic = `arn:aws:sns:eu-central-1:${accountId}:news`;
const group = `arn:aws:autoscaling:eu-central-1:${accountId}:autoScalingGroup:1:autoScalingGroupName/web`;
const key = `arn:aws:kms:eu-central-1:${accountId}:key/1`;
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], Resource: string | string[] = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (Action: string, Resource = '*', more: object = {}) => ({ Effect: 'Deny', Action, Resource, ...more });

type Situation = { statements?: object[]; tags?: Record<string, string>; at?: Record<string, object[]> };

function account({ statements = [], tags = {}, at = {} }: Situation) {
  const iam = createIam({ kernel: aKernel() });
  const trustPolicy = policy({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'lambda.amazonaws.com' },
  });
  const policies = statements.length === 0 ? [] : [{ name: 'p', document: policy(...statements) }];
  iam.createRole({ roleName: 'worker', trustPolicy, policies, tags });
  for (const [arn, placed] of Object.entries(at)) iam.setResourcePolicy(arn, policy(...placed));
  return iam;
}

const asked = (action: string, resource = '*', context: Permission['context'] = {}): Permission => ({
  action,
  resource,
  context,
});

describe('identity policies', () => {
  const tagged = { 'aws:ResourceTag/team': 'blue', 'autoscaling:ResourceTag/team': 'blue' };
  it.each([
    { case: 'nothing', statements: [], ask: asked('sns:Publish', topic), allowed: false },
    {
      case: 'the action in other case',
      statements: [allow('SNS:publish')],
      ask: asked('sns:Publish', topic),
      allowed: true,
    },
    {
      case: 'a wildcard in the action',
      statements: [allow('sns:Pub*')],
      ask: asked('sns:Publish', topic),
      allowed: true,
    },
    { case: 'another action', statements: [allow('sns:Subscribe')], ask: asked('sns:Publish', topic), allowed: false },
    {
      case: 'all but the action',
      statements: [{ Effect: 'Allow', NotAction: 'sns:Publish', Resource: '*' }],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'all but another action',
      statements: [{ Effect: 'Allow', NotAction: 'sns:Subscribe', Resource: '*' }],
      ask: asked('sns:Publish', topic),
      allowed: true,
    },
    { case: 'the resource', statements: [allow('sns:*', topic)], ask: asked('sns:Publish', topic), allowed: true },
    {
      case: 'another resource',
      statements: [allow('sns:*', `${topic}-x`)],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'all but the resource',
      statements: [{ Effect: 'Allow', Action: 'sns:*', NotResource: topic }],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'a pattern of the resource',
      statements: [
        allow('autoscaling:*', `arn:aws:autoscaling:*:${accountId}:autoScalingGroup:*:autoScalingGroupName/w?b`),
      ],
      ask: asked('autoscaling:StartInstanceRefresh', group),
      allowed: true,
    },
    {
      case: 'a pattern of another account',
      statements: [allow('sns:*', 'arn:aws:sns:*:444455556666:*')],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'a resource for an action that takes none',
      statements: [allow('ec2:DescribeImages', 'arn:aws:ec2:*:*:image/*')],
      ask: asked('ec2:DescribeImages'),
      allowed: false,
    },
    {
      case: 'the tag of the resource',
      statements: [
        allow('autoscaling:*', '*', { Condition: { StringEquals: { 'autoscaling:ResourceTag/team': 'blue' } } }),
      ],
      ask: asked('autoscaling:StartInstanceRefresh', group, tagged),
      allowed: true,
    },
    {
      case: 'another value of the tag',
      statements: [
        allow('autoscaling:*', '*', { Condition: { StringEquals: { 'aws:ResourceTag/team': ['red', 'green'] } } }),
      ],
      ask: asked('autoscaling:StartInstanceRefresh', group, tagged),
      allowed: false,
    },
    {
      case: 'a tag that is not there',
      statements: [allow('autoscaling:*', '*', { Condition: { StringEquals: { 'aws:ResourceTag/other': 'x' } } })],
      ask: asked('autoscaling:StartInstanceRefresh', group, tagged),
      allowed: false,
    },
    {
      case: 'the tag of the role in the resource',
      statements: [allow('s3:*', 'arn:aws:s3:::data/${aws:PrincipalTag/team}/*')],
      tags: { team: 'blue' },
      ask: asked('s3:GetObject', 'arn:aws:s3:::data/blue/x'),
      allowed: true,
    },
    {
      case: 'the tag that the role lacks',
      statements: [allow('s3:*', 'arn:aws:s3:::data/${aws:PrincipalTag/team}/*')],
      ask: asked('s3:GetObject', 'arn:aws:s3:::data//x'),
      allowed: false,
    },
    {
      case: 'an allow and a deny',
      statements: [allow('sns:*'), deny('sns:Publish', topic)],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
  ])('with $case: allowed is $allowed', ({ statements, tags = {}, ask, allowed }) => {
    expect(account({ statements, tags }).authorize(worker, ask).allowed).toBe(allowed);
  });
});

describe('conditions', () => {
  it.each([
    { condition: { StringNotEquals: { 'aws:RequestTag/a': 'x' } }, context: {}, holds: true },
    { condition: { StringEqualsIfExists: { 'aws:RequestTag/a': 'x' } }, context: {}, holds: true },
    {
      condition: { StringEqualsIfExists: { 'aws:RequestTag/a': 'x' } },
      context: { 'aws:RequestTag/a': 'y' },
      holds: false,
    },
    { condition: { StringLike: { 'aws:RequestTag/a': 'x*' } }, context: { 'AWS:requesttag/A': 'xyz' }, holds: true },
    {
      condition: { StringNotLike: { 'aws:RequestTag/a': ['x*', 'y*'] } },
      context: { 'aws:RequestTag/a': 'yes' },
      holds: false,
    },
    {
      condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:*:rule/a*' } },
      context: { 'aws:SourceArn': `arn:aws:events:r:${accountId}:rule/ab` },
      holds: true,
    },
    {
      condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:*' } },
      context: { 'aws:SourceArn': 'arn:aws:events:r:1:rule/ab' },
      holds: false,
    },
    { condition: { Bool: { 'aws:SecureTransport': 'false' } }, context: {}, holds: false },
    { condition: { Bool: { 'aws:SecureTransport': true } }, context: {}, holds: true },
    { condition: { Null: { 'aws:RequestTag/a': 'true' } }, context: {}, holds: true },
    { condition: { Null: { 'aws:RequestTag/a': 'false' } }, context: {}, holds: false },
    { condition: { NumericLessThan: { 'aws:RequestTag/n': '10' } }, context: { 'aws:RequestTag/n': '9' }, holds: true },
    {
      condition: { NumericGreaterThanEquals: { 'aws:RequestTag/n': 10 } },
      context: { 'aws:RequestTag/n': '9' },
      holds: false,
    },
    {
      condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
      context: { 'aws:TagKeys': ['a', 'b'] },
      holds: true,
    },
    {
      condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } },
      context: { 'aws:TagKeys': ['a', 'b'] },
      holds: false,
    },
    { condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, context: {}, holds: true },
    {
      condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'x:*' } },
      context: { 'aws:TagKeys': ['a', 'x:b'] },
      holds: true,
    },
    { condition: { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } }, context: {}, holds: false },
    {
      condition: { StringEquals: { 'aws:PrincipalArn': roleArn, 'aws:PrincipalAccount': accountId } },
      context: {},
      holds: true,
    },
    {
      condition: { StringEquals: { 'aws:PrincipalArn': roleArn, 'aws:ResourceAccount': '444455556666' } },
      context: {},
      holds: false,
    },
    {
      condition: {
        StringEquals: { 'aws:RequestedRegion': 'eu-central-1' },
        Bool: { 'aws:PrincipalIsAWSService': 'false' },
      },
      context: {},
      holds: true,
    },
  ])('$condition with $context: $holds', ({ condition, context, holds }) => {
    const iam = account({ statements: [allow('sns:Publish', '*', { Condition: condition })] });
    expect(
      iam.authorize(worker, asked('sns:Publish', topic, context as NonNullable<Permission['context']>)).allowed,
    ).toBe(holds);
  });
});

describe('resource policies', () => {
  const events: Caller = { arn: 'events.amazonaws.com', service: 'events.amazonaws.com' };
  const forEvents = { Principal: { Service: 'events.amazonaws.com' } };
  const source = { Condition: { ArnEquals: { 'aws:SourceArn': `arn:aws:events:eu-central-1:${accountId}:rule/r` } } };
  const root = { Principal: { AWS: `arn:aws:iam::${accountId}:root` } };
  it.each([
    {
      case: 'a service without one',
      caller: events,
      at: {},
      statements: [],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'a service that is named',
      caller: events,
      at: { [topic]: [allow('sns:Publish', topic, forEvents)] },
      statements: [],
      ask: asked('sns:Publish', topic),
      allowed: true,
    },
    {
      case: 'another service',
      caller: { ...events, service: 'scheduler.amazonaws.com' },
      at: { [topic]: [allow('sns:Publish', topic, forEvents)] },
      statements: [],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'a service for another source',
      caller: events,
      at: { [topic]: [allow('sns:Publish', topic, { ...forEvents, ...source })] },
      statements: [],
      ask: asked('sns:Publish', topic, { 'aws:SourceArn': `arn:aws:events:eu-central-1:${accountId}:rule/other` }),
      allowed: false,
    },
    {
      case: 'a role that is named',
      caller: worker,
      at: { [topic]: [allow('sns:Publish', topic, { Principal: { AWS: roleArn } })] },
      statements: [],
      ask: asked('sns:Publish', topic),
      allowed: true,
    },
    {
      case: 'the account, which leaves it to the role',
      caller: worker,
      at: { [topic]: [allow('sns:Publish', topic, root)] },
      statements: [],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'a deny against an allow of the role',
      caller: worker,
      at: { [topic]: [deny('sns:Publish', topic, { Principal: '*' })] },
      statements: [allow('sns:*')],
      ask: asked('sns:Publish', topic),
      allowed: false,
    },
    {
      case: 'a deny of insecure requests',
      caller: worker,
      at: {
        'arn:aws:s3:::b': [
          deny('s3:*', 'arn:aws:s3:::b/*', { Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ],
      },
      statements: [allow('s3:*')],
      ask: asked('s3:GetObject', 'arn:aws:s3:::b/k'),
      allowed: true,
    },
    {
      case: 'the bucket of an object',
      caller: worker,
      at: { 'arn:aws:s3:::b': [allow('s3:GetObject', 'arn:aws:s3:::b/open/*', { Principal: '*' })] },
      statements: [],
      ask: asked('s3:GetObject', 'arn:aws:s3:::b/open/k'),
      allowed: true,
    },
    {
      case: 'a key whose policy does not know the account',
      caller: worker,
      at: { [key]: [allow('kms:Decrypt', '*', { Principal: { Service: 'sns.amazonaws.com' } })] },
      statements: [allow('kms:*')],
      ask: asked('kms:Decrypt', key),
      allowed: false,
    },
    {
      case: 'a key whose policy leaves it to IAM',
      caller: worker,
      at: { [key]: [allow('kms:*', '*', root)] },
      statements: [allow('kms:Decrypt', key)],
      ask: asked('kms:Decrypt', key),
      allowed: true,
    },
    {
      case: 'a key whose policy leaves it to IAM, which is silent',
      caller: worker,
      at: { [key]: [allow('kms:*', '*', root)] },
      statements: [],
      ask: asked('kms:Decrypt', key),
      allowed: false,
    },
  ])('$case: allowed is $allowed', ({ caller, at, statements, ask, allowed }) => {
    expect(account({ statements, at }).authorize(caller, ask).allowed).toBe(allowed);
  });
});

describe('the reason of a refusal', () => {
  it.each([
    { statements: [], at: {}, reason: 'because no identity-based policy allows the sns:Publish action' },
    { statements: [deny('sns:*')], at: {}, reason: 'with an explicit deny in an identity-based policy' },
    {
      statements: [allow('sns:*')],
      at: { [topic]: [deny('sns:*', topic, { Principal: '*' })] },
      reason: 'with an explicit deny in a resource-based policy',
    },
  ])('is "$reason"', ({ statements, at, reason }) => {
    expect(account({ statements, at }).authorize(worker, asked('sns:Publish', topic))).toEqual({
      allowed: false,
      reason,
    });
  });
});

it('an explicit deny wins over whatever else is allowed, wherever it stands', () => {
  const actions = fc.constantFrom('*', 'sns:*', 'sns:Publish', 's3:GetObject');
  const resources = fc.constantFrom('*', topic, `${topic}-x`);
  const statement = fc.record({ Effect: fc.constantFrom('Allow', 'Deny'), Action: actions, Resource: resources });
  const list = fc.array(statement, { maxLength: 6 });
  const speaks = ({ Action, Resource }: { Action: string; Resource: string }) =>
    Action !== 's3:GetObject' && Resource !== `${topic}-x`;

  fc.assert(
    fc.property(list, list, (own, foreign) => {
      const at = foreign.length === 0 ? {} : { [topic]: foreign.map((entry) => ({ ...entry, Principal: '*' })) };
      const { allowed } = account({ statements: own, at }).authorize(worker, asked('sns:Publish', topic));
      const applying = [...own, ...foreign].filter(speaks);
      expect(allowed).toBe(applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow'));
    }),
  );
});
