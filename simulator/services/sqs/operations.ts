import { createHash } from 'node:crypto';
import { onEverything, onResource } from '../../iam/dependent-actions.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type CallContext, type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import type { Queue, QueueSpec, Sqs } from '../sqs.ts';
import type { Message } from './message-store.ts';

type Store = Pick<Sqs, 'queue' | 'queues' | 'send' | 'receive' | 'remove' | 'purge' | 'counts'>;
type OfQueue = { readonly QueueUrl: string };
type Attribute = { readonly DataType?: string; readonly StringValue?: string };

type ListQueues = {
  readonly QueueNamePrefix?: string;
  readonly NextToken?: string;
  readonly MaxResults?: number;
};
type SendMessage = OfQueue & {
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
  readonly MessageAttributes?: Readonly<Record<string, Attribute>>;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
  readonly MessageSystemAttributes?: unknown;
};
type ReceiveMessage = OfQueue & {
  readonly MaxNumberOfMessages?: number;
  readonly WaitTimeSeconds?: number;
  readonly VisibilityTimeout?: number;
};

/** What people do with queues by hand: look, send, receive, delete, purge. */
export function createQueueOperations(
  store: Store,
  { identity, clock }: Pick<Kernel, 'identity' | 'clock'>,
): Service['operations'] {
  const { accountId, region, partition } = identity;
  const arnOf = (url: string) => `arn:${partition}:sqs:${region}:${accountId}:${url.split('/').at(-1)}`;
  const existing = ({ QueueUrl }: OfQueue) => {
    const found = store.queue(arnOf(QueueUrl));
    if (found === undefined || new URL(QueueUrl, 'http://sqs').pathname.split('/')[1] !== accountId)
      throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
    return found;
  };
  const on = (action: string) => (input: OfQueue) => [onResource(`sqs:${action}`, arnOf(input.QueueUrl))];

  const listQueues: Operation<ListQueues> = {
    needs: () => [onEverything('sqs:ListQueues')],
    run({ QueueNamePrefix: prefix = '', NextToken, MaxResults }) {
      const invalidToken = () => new ServiceError('InvalidParameterValue', 'The NextToken is not valid.');
      const names = store.queues().filter(({ queueName }) => queueName.startsWith(prefix));
      const page = paginate(names, { token: NextToken, size: MaxResults ?? 1000, invalidToken });
      return {
        QueueUrls: page.items.map(({ url }) => url),
        ...(MaxResults !== undefined && page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
  const getQueueUrl: Operation<{ readonly QueueName: string; readonly QueueOwnerAWSAccountId?: string }> = {
    needs: ({ QueueName }) => on('GetQueueUrl')({ QueueUrl: QueueName }),
    run: ({ QueueName, QueueOwnerAWSAccountId: owner = accountId }) => ({
      QueueUrl: existing({ QueueUrl: `/${owner}/${QueueName}` }).url,
    }),
  };
  const getAttributes: Operation<OfQueue & { readonly AttributeNames?: readonly string[] }> = {
    needs: on('GetQueueAttributes'),
    run(input) {
      const all = attributesOf(existing(input), store);
      const wanted = input.AttributeNames ?? [];
      const shown = Object.entries(all).filter(([name]) => wanted.includes('All') || wanted.includes(name));
      return shown.length === 0 ? {} : { Attributes: Object.fromEntries(shown) };
    },
  };
  const sendMessage: Operation<SendMessage> = {
    // The store asks for the right itself, as it does for services.
    needs: () => [],
    run(input, { caller }: CallContext) {
      refuseUnsimulated(input);
      const { arn } = existing(input);
      const attributes = textsOf(input.MessageAttributes ?? {});
      const { messageId } = store.send({ queueArn: arn, body: input.MessageBody, attributes, caller });
      return { MessageId: messageId, MD5OfMessageBody: md5(input.MessageBody) };
    },
  };
  const receiveMessage: Operation<ReceiveMessage> = {
    needs: on('ReceiveMessage'),
    takesTime: true,
    async run(input) {
      const { waitMs, atMost } = checkedReceive(input);
      const { arn } = existing(input);
      const until = clock.now() + waitMs;
      let messages = store.receive(arn, { atMost });
      while (messages.length === 0 && clock.now() < until) {
        await clock.sleep(Math.min(250, until - clock.now()));
        messages = store.receive(arn, { atMost });
      }
      return messages.length === 0 ? {} : { Messages: messages.map(messageReply) };
    },
  };
  const deleteMessage: Operation<OfQueue & { readonly ReceiptHandle: string }> = {
    needs: on('DeleteMessage'),
    run: (input) => store.remove(existing(input).arn, input.ReceiptHandle),
  };
  const purgeQueue: Operation<OfQueue> = {
    needs: on('PurgeQueue'),
    run: (input) => store.purge(existing(input).arn),
  };
  return {
    ...{ ListQueues: listQueues, GetQueueUrl: getQueueUrl, GetQueueAttributes: getAttributes },
    ...{
      SendMessage: sendMessage,
      ReceiveMessage: receiveMessage,
      DeleteMessage: deleteMessage,
      PurgeQueue: purgeQueue,
    },
  };
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new ServiceError(
    'InvalidParameterValue',
    `Value ${value} for parameter ${name} is invalid. Reason: Must be >= ${least} and <= ${most}, if provided.`,
  );
}

function checkedReceive({ VisibilityTimeout, WaitTimeSeconds = 0, MaxNumberOfMessages = 1 }: ReceiveMessage) {
  if (VisibilityTimeout !== undefined)
    throw new ServiceError('InvalidParameterValue', 'VisibilityTimeout of ReceiveMessage is not simulated.');
  return {
    waitMs: within('WaitTimeSeconds', WaitTimeSeconds, 0, 20) * 1000,
    atMost: within('MaxNumberOfMessages', MaxNumberOfMessages, 1, 10),
  };
}

function attributesOf(queue: Queue & { readonly spec: QueueSpec }, store: Store): Record<string, string> {
  const { visible, hidden } = store.counts(queue.arn);
  const { spec } = queue;
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(hidden),
    ApproximateNumberOfMessagesDelayed: '0',
    VisibilityTimeout: String(spec.visibilityTimeoutSeconds ?? 30),
    MaximumMessageSize: String(spec.maximumMessageBytes ?? 1_048_576),
    MessageRetentionPeriod: String(spec.messageRetentionSeconds ?? 345_600),
    DelaySeconds: String(spec.delaySeconds ?? 0),
    ReceiveMessageWaitTimeSeconds: '0',
    ...(spec.kmsKey === undefined ? { SqsManagedSseEnabled: 'true' } : { KmsMasterKeyId: spec.kmsKey }),
    ...(spec.redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: spec.redrive.deadLetterArn,
        maxReceiveCount: spec.redrive.maxReceiveCount,
      }),
    }),
  };
}

function refuseUnsimulated(input: SendMessage): void {
  const { MessageGroupId, MessageDeduplicationId, MessageSystemAttributes, DelaySeconds } = input;
  const given = Object.entries({ MessageGroupId, MessageDeduplicationId, MessageSystemAttributes, DelaySeconds }).find(
    ([, value]) => value !== undefined,
  );
  if (given) throw new ServiceError('InvalidParameterValue', `${given[0]} of SendMessage is not simulated.`);
}

function textsOf(attributes: Readonly<Record<string, Attribute>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue }]) => {
      if (StringValue === undefined)
        throw new ServiceError('InvalidParameterValue', `The attribute ${name} has no string value (not simulated).`);
      return [name, StringValue];
    }),
  );
}

function messageReply({ messageId, receiptHandle, body, sentAt, receiveCount }: Message) {
  return {
    ...{ MessageId: messageId, ReceiptHandle: receiptHandle, Body: body, MD5OfBody: md5(body) },
    Attributes: { SentTimestamp: String(sentAt), ApproximateReceiveCount: String(receiveCount) },
  };
}
