import { describe, expect, it } from 'vitest';
import { servicePrincipal } from '../../../simulator/services/kms/authority.ts';
import type { QueueSpec } from '../../../simulator/services/sqs.ts';
import { anAccount, pass } from '../cloudformation/account.ts';
import { allowing, aRole, operator } from './calling.ts';

function aQueue(spec: Partial<QueueSpec> = {}) {
  const account = anAccount();
  const { arn } = account.sqs.createQueue({ queueName: 'work', ...spec });
  const send = (body: string, caller = operator) => account.sqs.send({ queueArn: arn, body, caller });
  const bodies = () => account.sqs.messages(arn).map(({ body }) => body);
  return { ...account, arn, send, bodies };
}

describe('queues', () => {
  it('hide a received message for the visibility timeout, then show it again', async () => {
    const { kernel, sqs, arn, send, bodies } = aQueue({ visibilityTimeoutSeconds: 30 });
    send('a');
    expect(sqs.receive(arn)).toMatchObject([{ body: 'a', receiveCount: 1 }]);
    expect(bodies()).toEqual([]);
    await pass(kernel, 30_000);
    expect(bodies()).toEqual(['a']);
  });

  it('forget a message that was removed', async () => {
    const { kernel, sqs, arn, send, bodies } = aQueue();
    send('a');
    const [message] = sqs.receive(arn);
    sqs.remove(arn, message?.receiptHandle ?? '');
    await pass(kernel, 60_000);
    expect(bodies()).toEqual([]);
  });

  it('forget messages after the retention', async () => {
    const { kernel, send, bodies } = aQueue({ messageRetentionSeconds: 60 });
    send('a');
    await pass(kernel, 59_000);
    expect(bodies()).toEqual(['a']);
    await pass(kernel, 1_000);
    expect(bodies()).toEqual([]);
  });

  it('show a delayed message only after the delay', async () => {
    const { kernel, send, bodies } = aQueue({ delaySeconds: 5 });
    send('a');
    expect(bodies()).toEqual([]);
    await pass(kernel, 5_000);
    expect(bodies()).toEqual(['a']);
  });

  it('move a message that was received too often to the dead-letter queue', async () => {
    const { kernel, sqs, arn: deadLetterArn, bodies } = aQueue();
    const { arn } = sqs.createQueue({ queueName: 'source', redrive: { deadLetterArn, maxReceiveCount: 2 } });
    sqs.send({ queueArn: arn, body: 'a', caller: operator });
    for (let count = 1; count <= 2; count++) {
      expect(sqs.receive(arn)).toHaveLength(1);
      await pass(kernel, 30_000);
    }
    expect(sqs.receive(arn)).toEqual([]);
    expect(bodies()).toEqual(['a']);
  });

  it('take messages only from roles that have the right, and from services that the policy names', () => {
    const { iam, sqs, arn, send } = aQueue();
    const service = servicePrincipal('events.amazonaws.com');
    expect(() => send('a', aRole(iam, 'nobody', []))).toThrow(expect.objectContaining({ code: 'AccessDenied' }));
    expect(() => send('a', service)).toThrow(expect.objectContaining({ code: 'AccessDenied' }));
    send('a', aRole(iam, 'sender', [allowing('sqs:SendMessage', arn)]));
    const Principal = { Service: 'events.amazonaws.com' };
    sqs.setPolicy(arn, { Version: '2012-10-17', Statement: [{ ...allowing('sqs:SendMessage', arn), Principal }] });
    expect(send('b', service)).toMatchObject({ messageId: expect.any(String) });
  });

  it('take nothing from who may not use their key', () => {
    const { iam, kms, sqs } = aQueue();
    const root = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'kms:*',
      Resource: '*',
    };
    const key = kms.createKey({ name: 'k', policy: { Version: '2012-10-17', Statement: [root] } });
    const { arn } = sqs.createQueue({ queueName: 'secret', kmsKey: key.arn });
    const without = aRole(iam, 'without', [allowing('sqs:SendMessage', arn)]);
    const withKey = aRole(iam, 'with', [
      allowing('sqs:SendMessage', arn),
      allowing(['kms:GenerateDataKey', 'kms:Decrypt'], key.arn),
    ]);
    const send = (caller: typeof without) => sqs.send({ queueArn: arn, body: 'x', caller });
    expect(() => send(without)).toThrow(expect.objectContaining({ code: 'KmsAccessDenied' }));
    expect(send(withKey)).toMatchObject({ messageId: expect.any(String) });
  });

  it.each([
    {
      case: 'a queue that does not exist',
      change: { queueArn: 'arn:aws:sqs:us-west-2:111122223333:other' },
      code: 'QueueDoesNotExist',
    },
    { case: 'a message that is too long', change: { body: 'x'.repeat(1_048_577) }, code: 'InvalidMessageContents' },
  ])('refuse $case', ({ change, code }) => {
    const { sqs, arn } = aQueue();
    expect(() => sqs.send({ queueArn: arn, body: 'x', caller: operator, ...change })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
