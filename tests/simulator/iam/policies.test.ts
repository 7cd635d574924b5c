import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../simulator/iam/policy-document.ts';

const identity = (statement: object, version: string | undefined = '2012-10-17') => ({
  ...(version === undefined ? {} : { Version: version }),
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...statement }],
});

describe('a policy that is refused when it is made', () => {
  it.each([
    {
      case: 'an operator that is not simulated',
      document: identity({ Condition: { IpAddress: { 'aws:SourceArn': '10.0.0.0/8' } } }),
      says: /IpAddress/,
    },
    {
      case: 'a key that the account never fills in',
      document: identity({ Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }),
      says: /aws:SourceVpce/,
    },
    {
      case: 'a many-valued key without a quantifier',
      document: identity({ Condition: { StringEquals: { 'aws:TagKeys': 'a' } } }),
      says: /ForAllValues/,
    },
    {
      case: 'a variable that is not simulated',
      document: identity({ Resource: 'arn:aws:s3:::bucket/${aws:username}/*' }),
      says: /aws:username/,
    },
    {
      case: 'a variable in the old version',
      document: identity({ Resource: 'arn:aws:s3:::b/${aws:PrincipalTag/team}' }, '2008-10-17'),
      says: /2012-10-17/,
    },
    {
      case: 'a variable without a version',
      document: identity({ Resource: 'arn:aws:s3:::b/${aws:PrincipalTag/team}' }, ''),
      says: /version/,
    },
    { case: 'no resource', document: identity({ Resource: undefined }), says: /Resource/ },
    { case: 'a resource that is no ARN', document: identity({ Resource: 'bucket/*' }), says: /ARN/ },
    { case: 'an action without a service', document: identity({ Action: 'GetObject' }), says: /service:Action/ },
    { case: 'action and not-action', document: identity({ NotAction: 's3:PutObject' }), says: /exclude/ },
    { case: 'a principal', document: identity({ Principal: '*' }), says: /Principal/ },
    { case: 'an effect that is none', document: identity({ Effect: 'allow' }), says: /Effect/ },
    { case: 'a misspelt element', document: identity({ Conditions: {} }), says: /Conditions/ },
    { case: 'text that is no JSON', document: '{', says: /JSON/ },
  ])('has $case', ({ document, says }) => {
    expect(() => parsePolicy(document, 'identity')).toThrow(says);
  });

  it.each([
    { case: 'no principal', statement: { Principal: undefined }, says: /Principal/ },
    { case: 'a federated principal', statement: { Principal: { Federated: 'x' } }, says: /Federated/ },
    { case: 'everybody but somebody', statement: { NotPrincipal: { AWS: '*' } }, says: /NotPrincipal/ },
    {
      case: 'a wildcard within a principal',
      statement: { Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } },
      says: /Invalid principal/,
    },
  ])('stands at a resource and has $case', ({ statement, says }) => {
    expect(() => parsePolicy(identity({ Principal: '*', ...statement }), 'resource')).toThrow(says);
  });
});

it('takes a policy as text and a single statement without a list', () => {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: identity({}).Statement[0] });
  expect(parsePolicy(document, 'identity').statements).toHaveLength(1);
});
