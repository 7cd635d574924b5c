import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
import { compact, resourceType, tags, text, whole } from '../resource-type.ts';

export const logGroup = resourceType(
  strictObject({
    LogGroupName: v.optional(text),
    RetentionInDays: v.optional(whole),
    KmsKeyId: v.optional(text),
    LogGroupClass: v.optional(v.literal('STANDARD')),
    Tags: v.optional(tags),
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
