import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { type Operation, ServiceError } from '../../kernel/service.ts';
import type { Sns } from '../sns.ts';

/** SNS Publish to a standard topic. Phones, platform endpoints and FIFO topics are refused: there are none in the account. */
export function createPublishOperation(publish: Sns['publish']): Operation<PublishCommandInput, { MessageId: string }> {
  return {
    needs: (input) => [{ action: 'sns:Publish', resource: topicOf(input) }],
    run(input, { caller }) {
      const { messageId } = publish({
        topicArn: topicOf(input),
        message: messageOf(input),
        ...(input.Subject !== undefined && { subject: input.Subject }),
        attributes: attributesOf(input),
        caller,
      });
      return { MessageId: messageId };
    },
  };
}

function topicOf({
  TopicArn,
  TargetArn,
  PhoneNumber,
  MessageGroupId,
  MessageDeduplicationId,
}: PublishCommandInput): string {
  if (PhoneNumber !== undefined)
    throw new ServiceError('InvalidParameter', 'Invalid parameter: PhoneNumber (not simulated)');
  if (MessageGroupId !== undefined || MessageDeduplicationId !== undefined) {
    throw new ServiceError('InvalidParameter', 'Invalid parameter: FIFO members on a standard topic');
  }
  const topicArn = TopicArn ?? TargetArn;
  if (topicArn === undefined || (TopicArn !== undefined && TargetArn !== undefined)) {
    throw new ServiceError(
      'InvalidParameter',
      'Invalid parameter: TopicArn or TargetArn Reason: exactly one is required',
    );
  }
  return topicArn;
}

/** With `MessageStructure: json` every subscriber here gets what stands under `default`. */
function messageOf({ Message = '', MessageStructure }: PublishCommandInput): string {
  if (MessageStructure === undefined) return Message;
  const wrong = new ServiceError(
    'InvalidParameter',
    'Invalid parameter: Message Structure - No default entry in JSON message body',
  );
  if (MessageStructure !== 'json') throw new ServiceError('InvalidParameter', 'Invalid parameter: MessageStructure');
  let parsed: unknown;
  try {
    parsed = JSON.parse(Message);
  } catch {
    throw new ServiceError(
      'InvalidParameter',
      'Invalid parameter: Message Structure - JSON message body failed to parse',
    );
  }
  const text = (parsed as { default?: unknown } | null)?.default;
  if (typeof text !== 'string') throw wrong;
  if (Object.keys(parsed as object).length > 1) {
    throw new ServiceError(
      'InvalidParameter',
      'Invalid parameter: Message Structure - messages by protocol are not simulated',
    );
  }
  return text;
}

function attributesOf({ MessageAttributes = {} }: PublishCommandInput): Record<string, string> {
  return Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { DataType, StringValue }]) => {
      if (StringValue === undefined || DataType === 'Binary') {
        throw new ServiceError(
          'ParameterValueInvalid',
          `The message attribute '${name}' must have a string value (others are not simulated)`,
        );
      }
      return [name, StringValue];
    }),
  );
}
