import { z } from 'zod';
import { compact, flag, policyDocument, resourceType, tags, text, whole } from '../resource-type.ts';

export const key = resourceType(
  z.strictObject({
    Description: text.optional(),
    KeyPolicy: policyDocument.optional(),
    Enabled: flag.optional(),
    EnableKeyRotation: flag.optional(),
    KeySpec: z.literal('SYMMETRIC_DEFAULT').optional(),
    KeyUsage: z.literal('ENCRYPT_DECRYPT').optional(),
    PendingWindowInDays: whole.optional(),
    Tags: tags.optional(),
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
  z.strictObject({ AliasName: text, TargetKeyId: text }),
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
