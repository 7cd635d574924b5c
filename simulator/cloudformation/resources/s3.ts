import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
import { compact, flag, policyDocument, resourceType, tags, text, whole } from '../resource-type.ts';

const encryption = strictObject({
  ServerSideEncryptionConfiguration: v.strictTuple([
    strictObject({
      BucketKeyEnabled: v.optional(flag),
      ServerSideEncryptionByDefault: strictObject({
        SSEAlgorithm: v.picklist(['AES256', 'aws:kms']),
        KMSMasterKeyID: v.optional(text),
      }),
    }),
  ]),
});

// Transitions to other storage classes and filters by tag or size are not simulated. There are no multipart uploads
// that could stay incomplete.
const lifecycleRule = strictObject({
  Id: v.optional(text),
  Status: v.picklist(['Enabled', 'Disabled']),
  Prefix: v.optional(text),
  ExpirationInDays: v.optional(whole),
  NoncurrentVersionExpiration: v.optional(strictObject({ NoncurrentDays: whole })),
  NoncurrentVersionExpirationInDays: v.optional(whole),
  AbortIncompleteMultipartUpload: v.optional(strictObject({ DaysAfterInitiation: whole })),
});

const blocked = strictObject({
  BlockPublicAcls: v.optional(flag),
  BlockPublicPolicy: v.optional(flag),
  IgnorePublicAcls: v.optional(flag),
  RestrictPublicBuckets: v.optional(flag),
});

const ownership = v.picklist(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter']);

export const bucket = resourceType(
  strictObject({
    BucketName: v.optional(text),
    BucketEncryption: v.optional(encryption),
    VersioningConfiguration: v.optional(strictObject({ Status: v.picklist(['Enabled', 'Suspended']) })),
    LifecycleConfiguration: v.optional(strictObject({ Rules: v.array(lifecycleRule) })),
    PublicAccessBlockConfiguration: v.optional(blocked),
    OwnershipControls: v.optional(
      strictObject({ Rules: v.strictTuple([strictObject({ ObjectOwnership: ownership })]) }),
    ),
    Tags: v.optional(tags),
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
  strictObject({ Bucket: text, PolicyDocument: policyDocument }),
  ({ Bucket, PolicyDocument }, { account }) => {
    account.s3.setPolicy(Bucket, PolicyDocument);
    return { ref: Bucket, attributes: {}, delete: () => account.s3.setPolicy(Bucket, undefined) };
  },
);

function encryptionOf({ ServerSideEncryptionConfiguration: [rule] }: v.InferOutput<typeof encryption>) {
  const { SSEAlgorithm, KMSMasterKeyID } = rule.ServerSideEncryptionByDefault;
  return compact({ algorithm: SSEAlgorithm, kmsKey: KMSMasterKeyID, bucketKey: rule.BucketKeyEnabled });
}

function lifecycleOf(rule: v.InferOutput<typeof lifecycleRule>) {
  return compact({
    prefix: rule.Prefix,
    expirationDays: rule.ExpirationInDays,
    noncurrentExpirationDays:
      rule.NoncurrentVersionExpiration?.NoncurrentDays ?? rule.NoncurrentVersionExpirationInDays,
  });
}
