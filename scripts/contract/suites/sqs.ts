import { createHash } from 'node:crypto';
import { holds, type Place, type Suite, same } from '../check.ts';
import { list, read, text } from '../fields.ts';
import { jsonRequest } from '../form-request.ts';

const missingQueue = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];

/** Receives until a message with this body comes, and takes every such message away. */
async function receive({ ask, given, until }: Place, body: string): Promise<unknown> {
  const QueueUrl = given('queue');
  let found: unknown;
  await until(
    'the message',
    async () => {
      const messages = list(await ask('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 }), 'Messages');
      found = messages.find((one) => text(one, 'Body') === body);
      return found !== undefined;
    },
    120,
  );
  return found;
}

export const sqs: Suite = {
  service: 'sqs',
  probe: jsonRequest('1.0', 'AmazonSQS.ListQueues', {}),
  invalidCodes: [
    'MissingParameter',
    'InvalidParameterValue',
    'MissingRequiredParameterException',
    'ValidationException',
    'SerializationException',
  ],
  samples: { QueueUrl: 'https://sqs.us-west-2.amazonaws.com/111122223333/contract-check-none' },
  checks: [
    {
      name: 'gives back the body that was sent, with its MD5, until it is deleted',
      source: 'API reference, SendMessage, ReceiveMessage and DeleteMessage',
      changes: true,
      needs: ['queue'],
      async run(place) {
        const QueueUrl = place.given('queue');
        const MessageBody = `contract check ${place.uniqueName} é <&>`;
        const md5 = createHash('md5').update(MessageBody).digest('hex');
        const sent = await place.ask('SendMessage', { QueueUrl, MessageBody });
        same(sent, 'MD5OfMessageBody', md5);
        const message = await receive(place, MessageBody);
        same({ id: text(message, 'MessageId') }, 'id', sent.MessageId);
        same({ md5: text(message, 'MD5OfBody') }, 'md5', md5);
        const handle = { QueueUrl, ReceiptHandle: text(message, 'ReceiptHandle') };
        await place.ask('DeleteMessage', handle);
      },
    },
    {
      name: 'hides a message from others while one works on it',
      source: 'Developer guide, visibility timeout',
      changes: true,
      needs: ['queue'],
      async run(place) {
        const QueueUrl = place.given('queue');
        await place.ask('SendMessage', { QueueUrl, MessageBody: place.uniqueName });
        const message = await receive(place, place.uniqueName);
        place.undo(() => place.ask('DeleteMessage', { QueueUrl, ReceiptHandle: text(message, 'ReceiptHandle') }));
        const again = list(await place.ask('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 }), 'Messages');
        holds(
          again.every((one) => text(one, 'Body') !== place.uniqueName),
          'the message to be hidden',
          again,
        );
      },
    },
    {
      name: 'finds a queue by its name and tells its ARN',
      source: 'API reference, GetQueueUrl and GetQueueAttributes',
      needs: ['queue'],
      async run({ ask, given }) {
        const QueueName = given('queue').split('/').at(-1) ?? '';
        const { QueueUrl } = await ask('GetQueueUrl', { QueueName });
        const answer = await ask('GetQueueAttributes', { QueueUrl, AttributeNames: ['QueueArn'] });
        holds(text(answer, 'Attributes.QueueArn').endsWith(`:${QueueName}`), 'an ARN that ends with the name', answer);
        same({ names: Object.keys(read(answer, 'Attributes') as object) }, 'names', ['QueueArn']);
      },
    },
    {
      name: 'lists queues whose names begin so',
      source: 'API reference, ListQueues',
      needs: ['queue'],
      async run({ ask, given }) {
        const name = given('queue').split('/').at(-1) ?? '';
        const urls = list(await ask('ListQueues', { QueueNamePrefix: name }), 'QueueUrls');
        holds(
          urls.some((url) => String(url).endsWith(`/${name}`)),
          `the queue ${name}`,
          urls,
        );
        const none = list(await ask('ListQueues', { QueueNamePrefix: 'contract-check-none' }), 'QueueUrls');
        holds(none.length === 0, 'no queue', none);
      },
    },
    {
      name: 'refuses a queue that does not exist',
      source: 'API reference, errors',
      async run({ refuse }) {
        const QueueUrl = 'https://sqs.us-west-2.amazonaws.com/111122223333/contract-check-none';
        await refuse('GetQueueUrl', { QueueName: 'contract-check-none' }, missingQueue);
        await refuse('SendMessage', { QueueUrl, MessageBody: 'a' }, missingQueue);
      },
    },
    {
      name: 'gives at most ten messages at once and waits at most twenty seconds',
      source: 'API reference, ReceiveMessage',
      needs: ['queue'],
      async run({ refuse, given }) {
        const codes = ['InvalidParameterValue', 'ReadCountOutOfRange'];
        await refuse('ReceiveMessage', { QueueUrl: given('queue'), MaxNumberOfMessages: 11 }, codes);
        await refuse('ReceiveMessage', { QueueUrl: given('queue'), WaitTimeSeconds: 21 }, codes);
      },
    },
  ],
};
