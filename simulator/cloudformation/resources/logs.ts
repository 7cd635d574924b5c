import { z } from 'zod';
import { compact, resourceType, tags, text, whole } from '../resource-type.ts';

export const logGroup = resourceType(
  z.strictObject({
    LogGroupName: text.optional(),
    RetentionInDays: whole.optional(),
    KmsKeyId: text.optional(),
    LogGroupClass: z.literal('STANDARD').optional(),
    Tags: tags.optional(),
  }),
  ({ LogGroupName, RetentionInDays, KmsKeyId }, { account, generatedName }) => {
    const logGroupName = LogGroupName ?? generatedName();
    const { arn } = account.logs.createLogGroup(
      compact({ logGroupName, retentionInDays: RetentionInDays, kmsKey: KmsKeyId }),
    );
    return {
      ref: logGroupName,
      attributes: { Arn: `${arn}:*` },
      delete: () => account.logs.deleteLogGroup(logGroupName),
    };
  },
);
