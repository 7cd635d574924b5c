import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
import { compact, flag, policyDocument, resourceType, tags, text, whole } from '../resource-type.ts';

export const key = resourceType(
  strictObject({
    Description: v.optional(text),
    KeyPolicy: v.optional(policyDocument),
    Enabled: v.optional(flag),
    EnableKeyRotation: v.optional(flag),
    KeySpec: v.optional(v.literal('SYMMETRIC_DEFAULT')),
    KeyUsage: v.optional(v.literal('ENCRYPT_DECRYPT')),
    PendingWindowInDays: v.optional(whole),
    Tags: v.optional(tags),
  }),
  ({ Description, KeyPolicy, Enabled, EnableKeyRotation }, { account, stackName, logicalId }) => {
    const { accountId, partition } = account.kernel.identity;
    const { keyId, arn } = account.kms.createKey(
      compact({
        name: `${stackName}/${logicalId}`,
        policy: KeyPolicy ?? defaultPolicy(`arn:${partition}:iam::${accountId}:root`),
        description: Description,
        enabled: Enabled,
        rotation: EnableKeyRotation,
      }),
    );
    return { ref: keyId, attributes: { Arn: arn, KeyId: keyId }, delete: () => account.kms.deleteKey(keyId) };
  },
);

export const alias = resourceType(
  strictObject({ AliasName: text, TargetKeyId: text }),
  ({ AliasName, TargetKeyId }, { account }) => {
    account.kms.createAlias(AliasName, TargetKeyId);
    return { ref: AliasName, attributes: {}, delete: () => account.kms.deleteAlias(AliasName) };
  },
);

/** Source: KMS Developer Guide, "Default key policy". */
function defaultPolicy(root: string) {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' }],
  };
}
