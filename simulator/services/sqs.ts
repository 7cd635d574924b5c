import { denialMessage } from '../iam/authorization.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Caller, type Service, ServiceError } from '../kernel/service.ts';
import type { Authority, PolicyContext, PolicyDocument } from './kms/authority.ts';
import type { Kms } from './kms.ts';
import { createMessageStore, type Message, type MessageStore } from './sqs/message-store.ts';
import { createQueueOperations } from './sqs/operations.ts';

export type QueueSpec = {
  readonly queueName: string;
  readonly delaySeconds?: number;
  readonly visibilityTimeoutSeconds?: number;
  readonly messageRetentionSeconds?: number;
  readonly maximumMessageBytes?: number;
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
  /** Id, ARN or alias of a KMS key; without one SQS's own encryption is used, which asks for no rights. */
  readonly kmsKey?: string;
};

export type Queue = { readonly queueName: string; readonly arn: string; readonly url: string };

export type SendRequest = {
  readonly queueArn: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly context?: PolicyContext;
};

/** The queues of the account. */
export type Sqs = {
  readonly service: Service;
  readonly createQueue: (spec: QueueSpec) => Queue;
  readonly deleteQueue: (queueArn: string) => void;
  readonly setPolicy: (queueArn: string, policy: PolicyDocument | undefined) => void;
  readonly queue: (arnOrUrl: string) => (Queue & { readonly spec: QueueSpec }) | undefined;
  /** By name. */
  readonly queues: () => readonly Queue[];
  /**
   * @throws {ServiceError} `QueueDoesNotExist`, `AccessDenied` when the queue's policy or the caller's own does not
   * allow it, `KmsAccessDenied` when the key's does not, `InvalidMessageContents` when the body is too long.
   */
  readonly send: (request: SendRequest) => { readonly messageId: string };
  /** Hides what it returns for the visibility timeout; after `maxReceiveCount` times a message moves to the dead-letter queue. */
  readonly receive: (queueArn: string, options?: { readonly atMost?: number }) => readonly Message[];
  readonly remove: (queueArn: string, receiptHandle: string) => void;
  /** Deletes all messages. */
  readonly purge: (queueArn: string) => void;
  /** Messages that can be received now, and those that somebody received or that are delayed. */
  readonly counts: (queueArn: string) => { readonly visible: number; readonly hidden: number };
  /** What is visible now, oldest first, without receiving it. */
  readonly messages: (queueArn: string) => readonly Message[];
  /** Called whenever the number of visible messages of a queue changes. */
  readonly onDepth: (listener: (queueName: string, visible: number) => void) => void;
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Authority, 'authorize' | 'setResourcePolicy'>;
  readonly kms: Kms;
};

type Held = { readonly queue: Queue; readonly spec: QueueSpec; readonly store: MessageStore };

export function createSqs({ kernel, iam, kms }: Dependencies): Sqs {
  const { accountId, region, partition } = kernel.identity;
  const queues = new Map<string, Held>();
  const listeners: ((queueName: string, visible: number) => void)[] = [];

  const held = (queueArn: string): Held => {
    const found = queues.get(queueArn);
    if (found === undefined)
      throw new ServiceError('QueueDoesNotExist', `The specified queue does not exist: ${queueArn}`);
    return found;
  };
  const moveToDeadLetters = (from: Queue, deadLetterArn: string, message: Message) => {
    queues.get(deadLetterArn)?.store.add(message);
    kernel.log.write('queue.redriven', { queue: from.queueName, messageId: message.messageId, to: deadLetterArn });
  };

  const sqs: Omit<Sqs, 'service'> = {
    createQueue(spec) {
      const arn = `arn:${partition}:sqs:${region}:${accountId}:${spec.queueName}`;
      if (queues.has(arn))
        throw new ServiceError('QueueNameExists', `A queue already exists with the name ${spec.queueName}`);
      const queue = {
        queueName: spec.queueName,
        arn,
        url: `https://sqs.${region}.amazonaws.com/${accountId}/${spec.queueName}`,
      };
      const store = createMessageStore({
        clock: kernel.clock,
        receiptHandle: (messageId, count) => kernel.random.hex(64, 'sqs-receipt', arn, messageId, count),
        delayMs: (spec.delaySeconds ?? 0) * 1000,
        visibilityMs: (spec.visibilityTimeoutSeconds ?? 30) * 1000,
        retentionMs: (spec.messageRetentionSeconds ?? 345_600) * 1000,
        onDepth: (visible) => {
          for (const listener of listeners) listener(spec.queueName, visible);
        },
        redrive: spec.redrive && {
          maxReceiveCount: spec.redrive.maxReceiveCount,
          move: (message) =>
            moveToDeadLetters(queue, (spec.redrive as { deadLetterArn: string }).deadLetterArn, message),
        },
      });
      queues.set(arn, { queue, spec, store });
      return queue;
    },
    deleteQueue(queueArn) {
      held(queueArn).store.close();
      queues.delete(queueArn);
      iam.setResourcePolicy(queueArn, undefined);
    },
    setPolicy(queueArn, policy) {
      held(queueArn);
      iam.setResourcePolicy(queueArn, policy);
    },
    queue(arnOrUrl) {
      const found = [...queues.values()].find(({ queue }) => queue.arn === arnOrUrl || queue.url === arnOrUrl);
      return found && { ...found.queue, spec: found.spec };
    },
    queues: () => [...queues.values()].map(({ queue }) => queue).sort((a, b) => (a.arn < b.arn ? -1 : 1)),
    send({ queueArn, body, attributes = {}, caller, context = {} }) {
      const { queue, spec, store } = held(queueArn);
      const permission = { action: 'sqs:SendMessage', resource: queueArn, context };
      const decision = iam.authorize(caller, permission);
      if (!decision.allowed)
        throw new ServiceError('AccessDenied', denialMessage(caller, permission, decision), { status: 403 });
      const actions = ['kms:GenerateDataKey', 'kms:Decrypt'] as const;
      const refusal = kms.refusal({ caller, key: spec.kmsKey, actions, via: 'sqs', context });
      if (refusal !== undefined) throw new ServiceError('KmsAccessDenied', refusal, { status: 400 });
      if (Buffer.byteLength(body) > (spec.maximumMessageBytes ?? 1_048_576)) {
        throw new ServiceError(
          'InvalidMessageContents',
          `The message is longer than the queue ${queue.queueName} takes`,
        );
      }
      const messageId = kernel.random.uuid('sqs-message', queueArn, store.nextNumber());
      store.add({ messageId, body, attributes, sentAt: kernel.clock.now(), receiveCount: 0 });
      kernel.log.write('queue.sent', { queue: queue.queueName, messageId });
      return { messageId };
    },
    receive: (queueArn, { atMost = 1 } = {}) => held(queueArn).store.receive(atMost),
    remove: (queueArn, receiptHandle) => held(queueArn).store.remove(receiptHandle),
    purge: (queueArn) => held(queueArn).store.close(),
    counts: (queueArn) => held(queueArn).store.counts(),
    messages: (queueArn) => held(queueArn).store.visible(),
    onDepth: (listener) => {
      listeners.push(listener);
    },
  };
  return { ...sqs, service: { model: 'sqs', name: 'Sqs', operations: createQueueOperations(sqs, kernel) } };
}
