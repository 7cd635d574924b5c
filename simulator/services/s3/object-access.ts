import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Authority } from '../kms/authority.ts';
import type { Kms } from '../kms.ts';
import type { Bucket, BucketEncryption } from './bucket.ts';
import { notImplemented } from './conditions.ts';

export type ObjectDependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Authority, 'authorize'>;
  readonly kms: Kms;
  readonly bucket: (bucketName: string) => Bucket | undefined;
};

/** Finds a bucket, or answers as S3 does where there is none or it is not the one that the caller means. */
export function createBucketLookup({ kernel, bucket }: Pick<ObjectDependencies, 'kernel' | 'bucket'>) {
  return (bucketName: string, expectedOwner?: string): Bucket => {
    if (expectedOwner !== undefined && expectedOwner !== kernel.identity.accountId) {
      throw new ServiceError('AccessDenied', 'Access Denied', { status: 403 });
    }
    const found = bucket(bucketName);
    if (found === undefined)
      throw new ServiceError('NoSuchBucket', 'The specified bucket does not exist', { status: 404 });
    return found;
  };
}

/** The ARN of the key when it is one whose policy and rights are checked. */
export function createKeyLookup(kms: Kms) {
  return (encryption: BucketEncryption | undefined): string | undefined => {
    if (encryption?.algorithm !== 'aws:kms') return undefined;
    const key = kms.key(encryption.kmsKey ?? 'alias/aws/s3');
    if (key === undefined)
      throw new ServiceError('KMS.NotFoundException', `Key '${encryption.kmsKey}' does not exist`, { status: 400 });
    return key.managedBy === 'customer' ? key.arn : undefined;
  };
}

/** Members that would change what an answer means and that nothing here acts on. */
const unsimulated = [
  'ACL',
  'GrantFullControl',
  'GrantRead',
  'GrantReadACP',
  'GrantWriteACP',
  'ObjectLockLegalHoldStatus',
  'ObjectLockMode',
  'ObjectLockRetainUntilDate',
  'PartNumber',
  'SSECustomerAlgorithm',
  'SSECustomerKey',
  'SSEKMSEncryptionContext',
  'StorageClass',
  'Tagging',
  'WebsiteRedirectLocation',
  'WriteOffsetBytes',
  'ChecksumXXHASH64',
  'ChecksumXXHASH3',
  'ChecksumXXHASH128',
];

/** @throws {ServiceError} `NotImplemented` */
export function refuseUnsimulated(input: object): void {
  const given = unsimulated.find((member) => (input as Record<string, unknown>)[member] !== undefined);
  if (given !== undefined) throw notImplemented(given);
}
