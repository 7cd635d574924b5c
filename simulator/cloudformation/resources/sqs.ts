import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
import type { Account } from '../account.ts';
import { compact, flag, policyDocument, resourceType, tags, text, whole } from '../resource-type.ts';
import { TemplateError } from '../template-error.ts';

export const queue = resourceType(
  strictObject({
    QueueName: v.optional(text),
    DelaySeconds: v.optional(whole),
    VisibilityTimeout: v.optional(whole),
    MessageRetentionPeriod: v.optional(whole),
    MaximumMessageSize: v.optional(whole),
    KmsMasterKeyId: v.optional(text),
    KmsDataKeyReusePeriodSeconds: v.optional(whole),
    SqsManagedSseEnabled: v.optional(flag),
    RedrivePolicy: v.optional(strictObject({ deadLetterTargetArn: text, maxReceiveCount: whole })),
    Tags: v.optional(tags),
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
  strictObject({ Queues: v.pipe(v.array(text), v.minLength(1)), PolicyDocument: policyDocument }),
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
