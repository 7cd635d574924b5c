import { describe, expect, it } from 'vitest';
import { anAccount, pass } from '../cloudformation/account.ts';
import { allowing, aRole } from './calling.ts';

const group = 'arn:aws:logs:us-west-2:111122223333:log-group:/aws/lambda/x';
const logGroupName = '/aws/lambda/x';

describe('log groups', () => {
  it('keep the lines of a role that may write, in order', () => {
    const { iam, logs } = anAccount();
    logs.createLogGroup({ logGroupName });
    const caller = aRole(iam, 'x', [allowing(['logs:CreateLogStream', 'logs:PutLogEvents'], `${group}:*`)]);
    expect(['a', 'b'].map((message) => logs.write({ logGroupName, stream: 's', message, caller }))).toEqual([
      true,
      true,
    ]);
    expect(logs.lines(logGroupName).map(({ message }) => message)).toEqual(['a', 'b']);
  });

  it('lose the lines of a role that may not', () => {
    const { iam, logs } = anAccount();
    logs.createLogGroup({ logGroupName });
    expect(logs.write({ logGroupName, stream: 's', message: 'a', caller: aRole(iam, 'x', []) })).toBe(false);
    expect(logs.lines(logGroupName)).toEqual([]);
  });

  it('forget lines after the retention', async () => {
    const { kernel, logs } = anAccount();
    logs.createLogGroup({ logGroupName, retentionInDays: 1 });
    logs.write({ logGroupName, stream: 's', message: 'old' });
    await pass(kernel, 86_400_001);
    logs.write({ logGroupName, stream: 's', message: 'new' });
    expect(logs.lines(logGroupName).map(({ message }) => message)).toEqual(['new']);
  });

  it('are found by the ARN that logging configurations have', () => {
    const { logs } = anAccount();
    logs.createLogGroup({ logGroupName });
    expect(logs.write({ logGroupName: `${group}:*`, stream: 's', message: 'a' })).toBe(true);
  });

  it('refuse a retention that CloudWatch does not have, a second group of the name, and a key that does not let them in', () => {
    const { kms, logs } = anAccount();
    const root = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'kms:*',
      Resource: '*',
    };
    const { arn: kmsKey } = kms.createKey({ name: 'k', policy: { Version: '2012-10-17', Statement: [root] } });
    const invalid = expect.objectContaining({ code: 'InvalidParameterException' });
    expect(() => logs.createLogGroup({ logGroupName, retentionInDays: 2 })).toThrow(invalid);
    expect(() => logs.createLogGroup({ logGroupName, kmsKey })).toThrow(invalid);
    logs.createLogGroup({ logGroupName });
    expect(() => logs.createLogGroup({ logGroupName })).toThrow(
      expect.objectContaining({ code: 'ResourceAlreadyExistsException' }),
    );
  });
});
