import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
import { compact, flag, policyDocument, resourceType, tags, text } from '../resource-type.ts';

// The other protocols deliver to places that the account does not have.
const protocol = v.picklist(['email', 'email-json', 'sqs']);

export const topic = resourceType(
  strictObject({
    TopicName: v.optional(text),
    DisplayName: v.optional(text),
    KmsMasterKeyId: v.optional(text),
    Subscription: v.optional(v.array(strictObject({ Protocol: protocol, Endpoint: text }))),
    Tags: v.optional(tags),
  }),
  ({ TopicName, DisplayName, KmsMasterKeyId, Subscription = [] }, { account, generatedName }) => {
    const topicName = TopicName ?? generatedName(256);
    const { arn } = account.sns.createTopic(compact({ topicName, displayName: DisplayName, kmsKey: KmsMasterKeyId }));
    for (const { Protocol, Endpoint } of Subscription) {
      account.sns.subscribe({ topicArn: arn, protocol: Protocol, endpoint: Endpoint });
    }
    return {
      ref: arn,
      attributes: { TopicArn: arn, TopicName: topicName },
      delete: () => account.sns.deleteTopic(arn),
    };
  },
);

export const topicPolicy = resourceType(
  strictObject({ Topics: v.pipe(v.array(text), v.minLength(1)), PolicyDocument: policyDocument }),
  ({ Topics, PolicyDocument }, { account, generatedName }) => {
    for (const topicArn of Topics) account.sns.setPolicy(topicArn, PolicyDocument);
    const remove = () => {
      for (const topicArn of Topics) account.sns.setPolicy(topicArn, undefined);
    };
    return { ref: generatedName(), attributes: { Id: generatedName() }, delete: remove };
  },
);

export const subscription = resourceType(
  strictObject({ TopicArn: text, Protocol: protocol, Endpoint: text, RawMessageDelivery: v.optional(flag) }),
  ({ TopicArn, Protocol, Endpoint, RawMessageDelivery }, { account }) => {
    const { arn } = account.sns.subscribe(
      compact({ topicArn: TopicArn, protocol: Protocol, endpoint: Endpoint, rawMessageDelivery: RawMessageDelivery }),
    );
    return { ref: arn, attributes: { Arn: arn }, delete: () => account.sns.unsubscribe(arn) };
  },
);
