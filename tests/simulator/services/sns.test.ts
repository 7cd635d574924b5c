import { describe, expect, it } from 'vitest';
import { servicePrincipal } from '../../../simulator/services/kms/authority.ts';
import { anAccount } from '../cloudformation/account.ts';
import { allowing, aRole, call } from './calling.ts';

function aTopic() {
  const account = anAccount();
  const { arn } = account.sns.createTopic({ topicName: 'news' });
  const publish = (input: object = {}, caller?: Parameters<typeof call>[4]) =>
    call(account.iam, account.sns.service, 'Publish', { TopicArn: arn, Message: 'hello', ...input }, caller);
  return { ...account, arn, publish };
}

describe('topics', () => {
  it('keep what was published, for people to read', async () => {
    const { sns, arn, publish } = aTopic();
    const reply = await publish({
      Subject: 'Run 1',
      MessageAttributes: { run: { DataType: 'String', StringValue: '1' } },
    });
    expect(sns.publications(arn)).toEqual([
      expect.objectContaining({
        messageId: reply.MessageId,
        subject: 'Run 1',
        message: 'hello',
        attributes: { run: '1' },
      }),
    ]);
  });

  it('take the default text of a message by protocols', async () => {
    const { sns, arn, publish } = aTopic();
    await publish({ Message: '{"default":"short"}', MessageStructure: 'json' });
    expect(sns.publications(arn)[0]?.message).toBe('short');
  });

  it.each([
    { case: 'an empty message', input: { Message: '' }, code: 'InvalidParameter' },
    { case: 'a subject of two lines', input: { Subject: 'a\nb' }, code: 'InvalidParameter' },
    { case: 'a subject that is too long', input: { Subject: 'x'.repeat(101) }, code: 'InvalidParameter' },
    { case: 'a message that is too long', input: { Message: 'x'.repeat(262_145) }, code: 'InvalidParameter' },
    {
      case: 'a topic that does not exist',
      input: { TopicArn: 'arn:aws:sns:us-west-2:111122223333:x' },
      code: 'NotFound',
    },
    { case: 'a phone', input: { PhoneNumber: '+10000000' }, code: 'InvalidParameter' },
    { case: 'a message group', input: { MessageGroupId: 'x' }, code: 'InvalidParameter' },
    { case: 'JSON without a default', input: { Message: '{}', MessageStructure: 'json' }, code: 'InvalidParameter' },
    {
      case: 'texts by protocol',
      input: { Message: '{"default":"a","email":"b"}', MessageStructure: 'json' },
      code: 'InvalidParameter',
    },
    {
      case: 'a binary attribute',
      input: { MessageAttributes: { a: { DataType: 'Binary' } } },
      code: 'ParameterValueInvalid',
    },
  ])('refuse $case', async ({ input, code }) => {
    await expect(aTopic().publish(input)).rejects.toMatchObject({ code });
  });

  it('refuse a role without the right', async () => {
    const { iam, publish } = aTopic();
    await expect(publish({}, aRole(iam, 'nobody', []))).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('refuse a publisher who may not use their key', async () => {
    const { iam, kms, sns } = aTopic();
    const root = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'kms:*',
      Resource: '*',
    };
    const key = kms.createKey({ name: 'k', policy: { Version: '2012-10-17', Statement: [root] } });
    const { arn } = sns.createTopic({ topicName: 'secret', kmsKey: key.arn });
    const caller = aRole(iam, 'publisher', [allowing('sns:Publish', arn)]);
    await expect(call(iam, sns.service, 'Publish', { TopicArn: arn, Message: 'x' }, caller)).rejects.toMatchObject({
      code: 'KMSAccessDenied',
    });
  });

  it('without a policy of their own take messages from alarms of the account, not from rules', () => {
    const { sns, arn } = aTopic();
    const context = { 'aws:SourceAccount': '111122223333' };
    const publish = (service: string) =>
      sns.publish({ topicArn: arn, message: 'x', caller: servicePrincipal(service), context });
    expect(() => publish('events.amazonaws.com')).toThrow(expect.objectContaining({ code: 'AuthorizationError' }));
    expect(publish('cloudwatch.amazonaws.com')).toMatchObject({ messageId: expect.any(String) });
  });
});

describe('subscriptions', () => {
  function aSubscribedQueue(rawMessageDelivery: boolean) {
    const topic = aTopic();
    const queue = topic.sqs.createQueue({ queueName: 'inbox' });
    topic.sns.subscribe({ topicArn: topic.arn, protocol: 'sqs', endpoint: queue.arn, rawMessageDelivery });
    const open = () =>
      topic.sqs.setPolicy(queue.arn, {
        Version: '2012-10-17',
        Statement: [
          {
            ...allowing('sqs:SendMessage', queue.arn),
            Principal: { Service: 'sns.amazonaws.com' },
            Condition: { ArnEquals: { 'aws:SourceArn': topic.arn } },
          },
        ],
      });
    return { ...topic, open, inbox: () => topic.sqs.messages(queue.arn).map(({ body }) => body) };
  }

  it('deliver to a queue that lets the topic in', async () => {
    const { arn, open, publish, inbox } = aSubscribedQueue(false);
    open();
    await publish();
    expect(inbox().map((body) => JSON.parse(body))).toEqual([
      expect.objectContaining({ Type: 'Notification', TopicArn: arn, Message: 'hello' }),
    ]);
  });

  it('deliver the bare message when asked to', async () => {
    const { open, publish, inbox } = aSubscribedQueue(true);
    open();
    await publish();
    expect(inbox()).toEqual(['hello']);
  });

  it('lose messages for a queue that does not let the topic in, and log it', async () => {
    const { publish, inbox, kernel } = aSubscribedQueue(false);
    await publish();
    expect(inbox()).toEqual([]);
    expect(kernel.log.entries()).toContainEqual(expect.objectContaining({ kind: 'topic.undelivered' }));
  });

  it('by e-mail stay pending, because nobody confirms', () => {
    const { sns, arn } = aTopic();
    sns.subscribe({ topicArn: arn, protocol: 'email', endpoint: 'team@example.com' });
    expect(sns.subscriptions(arn)).toMatchObject([{ endpoint: 'team@example.com', status: 'pending' }]);
  });
});
