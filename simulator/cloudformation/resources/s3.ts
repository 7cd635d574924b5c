import { z } from 'zod';
import { compact, flag, policyDocument, resourceType, tags, text, whole } from '../resource-type.ts';

const encryption = z.strictObject({
  ServerSideEncryptionConfiguration: z.tuple([
    z.strictObject({
      BucketKeyEnabled: flag.optional(),
      ServerSideEncryptionByDefault: z.strictObject({
        SSEAlgorithm: z.enum(['AES256', 'aws:kms']),
        KMSMasterKeyID: text.optional(),
      }),
    }),
  ]),
});

// Transitions to other storage classes and filters by tag or size are not simulated. There are no multipart uploads
// that could stay incomplete.
const lifecycleRule = z.strictObject({
  Id: text.optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: text.optional(),
  ExpirationInDays: whole.optional(),
  NoncurrentVersionExpiration: z.strictObject({ NoncurrentDays: whole }).optional(),
  NoncurrentVersionExpirationInDays: whole.optional(),
  AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: whole }).optional(),
});

const blocked = z.strictObject({
  BlockPublicAcls: flag.optional(),
  BlockPublicPolicy: flag.optional(),
  IgnorePublicAcls: flag.optional(),
  RestrictPublicBuckets: flag.optional(),
});

const ownership = z.enum(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter']);

export const bucket = resourceType(
  z.strictObject({
    BucketName: text.optional(),
    BucketEncryption: encryption.optional(),
    VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
    LifecycleConfiguration: z.strictObject({ Rules: z.array(lifecycleRule) }).optional(),
    PublicAccessBlockConfiguration: blocked.optional(),
    OwnershipControls: z.strictObject({ Rules: z.tuple([z.strictObject({ ObjectOwnership: ownership })]) }).optional(),
    Tags: tags.optional(),
  }),
  (properties, { account, generatedName }) => {
    const { region } = account.kernel.identity;
    const { bucketName, arn } = account.s3.createBucket(
      compact({
        bucketName: properties.BucketName ?? generatedName(63).toLowerCase(),
        encryption: properties.BucketEncryption && encryptionOf(properties.BucketEncryption),
        versioning: properties.VersioningConfiguration?.Status,
        lifecycle: properties.LifecycleConfiguration?.Rules.filter(({ Status }) => Status === 'Enabled').map(
          lifecycleOf,
        ),
        publicAccessBlock:
          properties.PublicAccessBlockConfiguration && compact(properties.PublicAccessBlockConfiguration),
        objectOwnership: properties.OwnershipControls?.Rules[0].ObjectOwnership,
      }),
    );
    const domains = {
      DomainName: `${bucketName}.s3.amazonaws.com`,
      RegionalDomainName: `${bucketName}.s3.${region}.amazonaws.com`,
    };
    return { ref: bucketName, attributes: { Arn: arn, ...domains }, delete: () => account.s3.deleteBucket(bucketName) };
  },
);

export const bucketPolicy = resourceType(
  z.strictObject({ Bucket: text, PolicyDocument: policyDocument }),
  ({ Bucket, PolicyDocument }, { account }) => {
    account.s3.setPolicy(Bucket, PolicyDocument);
    return { ref: Bucket, attributes: {}, delete: () => account.s3.setPolicy(Bucket, undefined) };
  },
);

function encryptionOf({ ServerSideEncryptionConfiguration: [rule] }: z.infer<typeof encryption>) {
  const { SSEAlgorithm, KMSMasterKeyID } = rule.ServerSideEncryptionByDefault;
  return compact({ algorithm: SSEAlgorithm, kmsKey: KMSMasterKeyID, bucketKey: rule.BucketKeyEnabled });
}

function lifecycleOf(rule: z.infer<typeof lifecycleRule>) {
  return compact({
    prefix: rule.Prefix,
    expirationDays: rule.ExpirationInDays,
    noncurrentExpirationDays:
      rule.NoncurrentVersionExpiration?.NoncurrentDays ?? rule.NoncurrentVersionExpirationInDays,
  });
}
