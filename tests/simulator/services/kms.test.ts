import { describe, expect, it } from 'vitest';
import { servicePrincipal } from '../../../simulator/services/kms/authority.ts';
import type { KeyUse } from '../../../simulator/services/kms.ts';
import { anAccount } from '../cloudformation/account.ts';
import { allowing, aRole } from './calling.ts';

const account = { AWS: 'arn:aws:iam::111122223333:root' };
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const delegating = { Effect: 'Allow', Principal: account, Action: 'kms:*', Resource: '*' };

function aKey(...statements: object[]) {
  const { kms, iam } = anAccount();
  const key = kms.createKey({ name: 'k', policy: policy(...statements) });
  const refusal = (caller: KeyUse['caller'], rest: Partial<KeyUse> = {}) =>
    kms.refusal({ caller, key: key.arn, actions: ['kms:Decrypt', 'kms:GenerateDataKey'], via: 'sqs', ...rest });
  return { kms, iam, key, refusal };
}

describe('keys', () => {
  it('serve a role with rights only where the key hands the decision to IAM', () => {
    const rights = (arn: string) => allowing('kms:*', arn);
    const closed = aKey({ ...delegating, Principal: { Service: 'sqs.amazonaws.com' } });
    const open = aKey(delegating);
    expect(closed.refusal(aRole(closed.iam, 'r', [rights(closed.key.arn)]))).toContain('kms:Decrypt');
    expect(open.refusal(aRole(open.iam, 'r', [rights(open.key.arn)]))).toBeUndefined();
    expect(open.refusal(aRole(open.iam, 'nobody', []))).toContain('not authorized');
  });

  it('serve a service that their policy names, for a source that it names', () => {
    const { refusal } = aKey({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
    });
    const service = servicePrincipal('cloudwatch.amazonaws.com');
    expect(refusal(service, { context: { 'aws:SourceAccount': '111122223333' } })).toBeUndefined();
    expect(refusal(service, { context: { 'aws:SourceAccount': '999999999999' } })).toContain(
      'cloudwatch.amazonaws.com',
    );
    expect(refusal(servicePrincipal('sns.amazonaws.com'))).toContain('sns.amazonaws.com');
  });

  it('never learn from EventBridge whom it acts for', () => {
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'kms:*',
      Resource: '*',
    };
    const Condition = { StringEquals: { 'aws:SourceAccount': '111122223333' } };
    const use = { context: { 'aws:SourceAccount': '111122223333' } };
    const service = servicePrincipal('events.amazonaws.com');
    expect(aKey({ ...statement, Condition }).refusal(service, use)).toContain('events.amazonaws.com');
    expect(aKey(statement).refusal(service, use)).toBeUndefined();
  });

  it('are found by id, ARN, alias and alias ARN', () => {
    const { kms, key } = aKey(delegating);
    kms.createAlias('alias/app', key.keyId);
    const references = [key.keyId, key.arn, 'alias/app', 'arn:aws:kms:us-west-2:111122223333:alias/app'];
    expect(references.map((reference) => kms.key(reference)?.arn)).toEqual(references.map(() => key.arn));
    expect(kms.key('alias/other')).toBeUndefined();
  });

  it('of AWS serve the account and no service', () => {
    const { iam, refusal } = aKey(delegating);
    expect(refusal(aRole(iam, 'r', []), { key: 'alias/aws/sqs' })).toBeUndefined();
    expect(refusal(servicePrincipal('events.amazonaws.com'), { key: 'alias/aws/sqs' })).toContain('AWS managed key');
  });

  it('refuse aliases that are taken, reserved, or name no key', () => {
    const { kms, key } = aKey(delegating);
    kms.createAlias('alias/app', key.keyId);
    expect(() => kms.createAlias('alias/app', key.keyId)).toThrow(
      expect.objectContaining({ code: 'AlreadyExistsException' }),
    );
    expect(() => kms.createAlias('alias/aws/app', key.keyId)).toThrow(
      expect.objectContaining({ code: 'InvalidAliasNameException' }),
    );
    expect(() => kms.createAlias('alias/x', 'nothing')).toThrow(expect.objectContaining({ code: 'NotFoundException' }));
  });
});
