import { z } from 'zod';
import type { Account } from '../account.ts';
import { compact, flag, policyDocument, resourceType, tags, text, whole } from '../resource-type.ts';
import { TemplateError } from '../template-error.ts';

export const queue = resourceType(
  z.strictObject({
    QueueName: text.optional(),
    DelaySeconds: whole.optional(),
    VisibilityTimeout: whole.optional(),
    MessageRetentionPeriod: whole.optional(),
    MaximumMessageSize: whole.optional(),
    KmsMasterKeyId: text.optional(),
    KmsDataKeyReusePeriodSeconds: whole.optional(),
    SqsManagedSseEnabled: flag.optional(),
    RedrivePolicy: z.strictObject({ deadLetterTargetArn: text, maxReceiveCount: whole }).optional(),
    Tags: tags.optional(),
  }),
  (properties, { account, generatedName }) => {
    const { RedrivePolicy } = properties;
    const created = account.sqs.createQueue(
      compact({
        queueName: properties.QueueName ?? generatedName(80),
        delaySeconds: properties.DelaySeconds,
        visibilityTimeoutSeconds: properties.VisibilityTimeout,
        messageRetentionSeconds: properties.MessageRetentionPeriod,
        maximumMessageBytes: properties.MaximumMessageSize,
        kmsKey: properties.KmsMasterKeyId,
        redrive: RedrivePolicy && {
          deadLetterArn: RedrivePolicy.deadLetterTargetArn,
          maxReceiveCount: RedrivePolicy.maxReceiveCount,
        },
      }),
    );
    const { arn, queueName, url } = created;
    return {
      ref: url,
      attributes: { Arn: arn, QueueName: queueName, QueueUrl: url },
      delete: () => account.sqs.deleteQueue(arn),
    };
  },
);

export const queuePolicy = resourceType(
  z.strictObject({ Queues: z.array(text).min(1), PolicyDocument: policyDocument }),
  ({ Queues, PolicyDocument }, { account, logicalId, generatedName }) => {
    const arns = Queues.map((url) => queueArn(account, url, `Resources.${logicalId}.Properties.Queues`));
    for (const arn of arns) account.sqs.setPolicy(arn, PolicyDocument);
    const remove = () => {
      for (const arn of arns) if (account.sqs.queue(arn) !== undefined) account.sqs.setPolicy(arn, undefined);
    };
    return { ref: generatedName(), attributes: { Id: generatedName() }, delete: remove };
  },
);

function queueArn(account: Account, url: string, place: string): string {
  const found = account.sqs.queue(url);
  if (found === undefined) throw new TemplateError(place, `there is no queue ${url}`);
  return found.arn;
}
