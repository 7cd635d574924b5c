import { denialMessage } from '../iam/authorization.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Caller, type Service, ServiceError } from '../kernel/service.ts';
import { type Authority, type PolicyContext, type PolicyDocument, servicePrincipal } from './kms/authority.ts';
import type { Kms } from './kms.ts';
import { createPublishOperation } from './sns/publish-operation.ts';
import { createSubscriptionOperations } from './sns/subscription-operations.ts';
import type { Sqs } from './sqs.ts';

export type TopicSpec = { readonly topicName: string; readonly displayName?: string; readonly kmsKey?: string };
export type Topic = { readonly topicName: string; readonly arn: string };

export type Publication = {
  readonly messageId: string;
  readonly publishedAt: number;
  readonly publisher: string;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
};

/** `pending` until the owner of an e-mail address would confirm, which nobody here does. */
export type Subscription = {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: 'email' | 'email-json' | 'sqs';
  readonly endpoint: string;
  readonly rawMessageDelivery: boolean;
  readonly status: 'pending' | 'confirmed';
};

export type PublishRequest = {
  readonly topicArn: string;
  readonly message: string;
  readonly subject?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly context?: PolicyContext;
};

export type Sns = {
  readonly service: Service;
  readonly createTopic: (spec: TopicSpec) => Topic;
  readonly deleteTopic: (topicArn: string) => void;
  readonly setPolicy: (topicArn: string, policy: PolicyDocument | undefined) => void;
  readonly topic: (topicArn: string) => Topic | undefined;
  /** By name. */
  readonly topics: () => readonly Topic[];
  readonly subscribe: (
    request: Pick<Subscription, 'topicArn' | 'protocol' | 'endpoint'> & { readonly rawMessageDelivery?: boolean },
  ) => Subscription;
  readonly unsubscribe: (subscriptionArn: string) => void;
  readonly subscriptions: (topicArn: string) => readonly Subscription[];
  /** @throws {ServiceError} `NotFound`, `AuthorizationError`, `KMSAccessDenied`, `InvalidParameter`. */
  readonly publish: (request: PublishRequest) => { readonly messageId: string };
  /** Everything that was published to a topic, oldest first. */
  readonly publications: (topicArn: string) => readonly Publication[];
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Authority, 'authorize' | 'setResourcePolicy'>;
  readonly kms: Kms;
  readonly sqs: Pick<Sqs, 'send' | 'queue'>;
};

type Held = {
  readonly topic: Topic;
  readonly spec: TopicSpec;
  subscriptions: Subscription[];
  readonly publications: Publication[];
};

export function createSns({ kernel, iam, kms, sqs }: Dependencies): Sns {
  const { accountId, region, partition } = kernel.identity;
  const topics = new Map<string, Held>();
  const held = (topicArn: string): Held => {
    const found = topics.get(topicArn);
    if (found === undefined) throw new ServiceError('NotFound', 'Topic does not exist', { status: 404 });
    return found;
  };

  const deliver = (subscription: Subscription, publication: Publication) => {
    if (subscription.status === 'pending') return;
    const body = subscription.rawMessageDelivery ? publication.message : envelope(subscription.topicArn, publication);
    const context = { 'aws:SourceArn': subscription.topicArn, 'aws:SourceAccount': accountId };
    try {
      sqs.send({ queueArn: subscription.endpoint, body, caller: servicePrincipal('sns.amazonaws.com'), context });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      kernel.log.write('topic.undelivered', {
        subscription: subscription.arn,
        messageId: publication.messageId,
        error: error.message,
      });
    }
  };

  const publish = ({ topicArn, message, subject, attributes = {}, caller, context = {} }: PublishRequest) => {
    const { topic, spec, subscriptions, publications } = held(topicArn);
    const permission = { action: 'sns:Publish', resource: topicArn, context };
    const decision = iam.authorize(caller, permission);
    if (!decision.allowed)
      throw new ServiceError('AuthorizationError', denialMessage(caller, permission, decision), { status: 403 });
    const actions = ['kms:GenerateDataKey', 'kms:Decrypt'] as const;
    const refusal = kms.refusal({ caller, key: spec.kmsKey, actions, via: 'sns', context });
    if (refusal !== undefined) throw new ServiceError('KMSAccessDenied', refusal, { status: 400 });
    checkMessage(message, subject);
    const messageId = kernel.random.uuid('sns-message', topicArn, publications.length);
    const publication = {
      messageId,
      publishedAt: kernel.clock.now(),
      publisher: caller.arn,
      message,
      attributes,
      ...(subject !== undefined && { subject }),
    };
    publications.push(publication);
    kernel.log.write('topic.published', {
      topic: topic.topicName,
      messageId,
      ...(subject !== undefined && { subject }),
    });
    for (const subscription of subscriptions) deliver(subscription, publication);
    return { messageId };
  };

  const sns: Omit<Sns, 'service'> = {
    createTopic(spec) {
      const arn = `arn:${partition}:sns:${region}:${accountId}:${spec.topicName}`;
      if (topics.has(arn)) throw new ServiceError('InvalidParameter', `Topic already exists: ${spec.topicName}`);
      const topic = { topicName: spec.topicName, arn };
      topics.set(arn, { topic, spec, subscriptions: [], publications: [] });
      iam.setResourcePolicy(arn, defaultPolicy(arn, accountId));
      return topic;
    },
    deleteTopic(topicArn) {
      topics.delete(topicArn);
      iam.setResourcePolicy(topicArn, undefined);
    },
    setPolicy(topicArn, policy) {
      held(topicArn);
      iam.setResourcePolicy(topicArn, policy ?? defaultPolicy(topicArn, accountId));
    },
    topic: (topicArn) => topics.get(topicArn)?.topic,
    topics: () => [...topics.values()].map(({ topic }) => topic).sort((a, b) => (a.arn < b.arn ? -1 : 1)),
    subscribe({ topicArn, protocol, endpoint, rawMessageDelivery = false }) {
      const { topic, subscriptions } = held(topicArn);
      const arn = `${topicArn}:${kernel.random.uuid('sns-subscription', topicArn, protocol, endpoint)}`;
      const status = protocol === 'sqs' ? 'confirmed' : 'pending';
      const subscription = { arn, topicArn, protocol, endpoint, rawMessageDelivery, status } as const;
      subscriptions.push(subscription);
      kernel.log.write('topic.subscribed', { topic: topic.topicName, protocol, endpoint, status });
      return subscription;
    },
    unsubscribe(subscriptionArn) {
      const holder = topics.get(subscriptionArn.slice(0, subscriptionArn.lastIndexOf(':')));
      if (holder) holder.subscriptions = holder.subscriptions.filter(({ arn }) => arn !== subscriptionArn);
    },
    subscriptions: (topicArn) => held(topicArn).subscriptions,
    publish,
    publications: (topicArn) => held(topicArn).publications,
  };
  const operations = {
    Publish: createPublishOperation(publish),
    ...createSubscriptionOperations(sns, accountId),
  };
  return { ...sns, service: { model: 'sns', name: 'Sns', operations } };
}

/**
 * What a topic without a policy allows to services: alarms of its own account may publish, EventBridge may not. AWS
 * writes it with the key `AWS:SourceOwner`, which only some services bring. Sources: SNS Developer Guide, "Example
 * cases for Amazon SNS access control"; EventBridge User Guide, "Using resource-based policies".
 */
function defaultPolicy(topicArn: string, accountId: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topicArn,
        Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
      },
    ],
  };
}

/** Source: SNS API Reference, Publish: subjects are one line of printable ASCII under 100 characters, messages at most 256 KiB. */
function checkMessage(message: string, subject: string | undefined): void {
  if (message === '') throw new ServiceError('InvalidParameter', 'Invalid parameter: Empty message');
  if (Buffer.byteLength(message) > 262_144)
    throw new ServiceError('InvalidParameter', 'Invalid parameter: Message too long');
  if (subject !== undefined && !/^[!-~][ -~]{0,99}$/.test(subject)) {
    throw new ServiceError('InvalidParameter', 'Invalid parameter: Subject');
  }
}

/** What a queue gets without raw delivery. Nothing is signed here, so the signature members of AWS's form are missing. */
function envelope(topicArn: string, { messageId, publishedAt, subject, message }: Publication): string {
  return JSON.stringify({
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: message,
    Timestamp: new Date(publishedAt).toISOString(),
  });
}
