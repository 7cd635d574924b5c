import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { onResource, readObject, writeWithKey } from '../../iam/dependent-actions.ts';
import { type Operation, ServiceError } from '../../kernel/service.ts';
import type { BucketEncryption, StoredObject } from './bucket.ts';
import { type ChecksumAlgorithm, checksum, checksumAlgorithms } from './checksums.ts';
import { checkWriteConditions, notImplemented } from './conditions.ts';
import { createBucketLookup, createKeyLookup, type ObjectDependencies, refuseUnsimulated } from './object-access.ts';
import { encryptionReply } from './object-reply.ts';

/** @param conditionalWritesNeedRead Whether If-Match asks for s3:GetObject as well, as the S3 User Guide says. */
export function createPutOperation(
  { kernel, kms, bucket }: ObjectDependencies,
  { conditionalWritesNeedRead }: { readonly conditionalWritesNeedRead: boolean },
): Operation<PutObjectCommandInput> {
  const customerKey = createKeyLookup(kms);
  const existing = createBucketLookup({ kernel, bucket });
  const encryptionOf = ({
    Bucket = '',
    ServerSideEncryption,
    SSEKMSKeyId,
    BucketKeyEnabled,
  }: PutObjectCommandInput): BucketEncryption => {
    const ofBucket = bucket(Bucket)?.spec.encryption ?? { algorithm: 'AES256' };
    if (ServerSideEncryption === undefined) return ofBucket;
    if (ServerSideEncryption === 'AES256') return { algorithm: 'AES256' };
    if (ServerSideEncryption !== 'aws:kms')
      throw notImplemented(`x-amz-server-side-encryption: ${ServerSideEncryption}`);
    return {
      algorithm: 'aws:kms',
      kmsKey: SSEKMSKeyId ?? ofBucket.kmsKey ?? 'alias/aws/s3',
      bucketKey: BucketKeyEnabled ?? false,
    };
  };

  return {
    needs(input) {
      const { Bucket = '', Key = '', IfMatch, IfNoneMatch } = input;
      const keyArn = customerKey(encryptionOf(input));
      const context = {
        ...(IfMatch !== undefined && { 's3:if-match': IfMatch }),
        ...(IfNoneMatch !== undefined && { 's3:if-none-match': IfNoneMatch }),
        ...(input.ServerSideEncryption !== undefined && {
          's3:x-amz-server-side-encryption': input.ServerSideEncryption,
        }),
      };
      return [
        onResource('s3:PutObject', `arn:aws:s3:::${Bucket}/${Key}`, context),
        ...(IfMatch !== undefined && conditionalWritesNeedRead ? [readObject(Bucket, Key)] : []),
        ...(keyArn === undefined ? [] : writeWithKey(kernel.identity, 's3', keyArn)),
      ];
    },
    run(input) {
      refuseUnsimulated(input);
      const { Bucket = '', Key = '' } = input;
      const target = existing(Bucket, input.ExpectedBucketOwner);
      checkWriteConditions(input, target.current(Key));
      const body = Buffer.from((input.Body as Uint8Array | undefined) ?? []);
      const digest = verifiedChecksum(input, body);
      const etag = `"${Buffer.from(checksum('MD5', body), 'base64').toString('hex')}"`;
      const now = kernel.clock.now();
      const versionId =
        target.spec.versioning === 'Enabled' ? kernel.random.hex(32, 's3-version', Bucket, Key, now, etag) : 'null';
      const encryption = encryptionOf(input);
      target.write(Key, {
        versionId,
        body,
        etag,
        lastModified: now,
        contentType: input.ContentType,
        headers: systemHeaders(input),
        metadata: input.Metadata ?? {},
        checksum: digest,
        encryption,
      });
      kernel.log.write('object.put', { bucket: Bucket, key: Key, bytes: body.length, etag });
      return {
        ETag: etag,
        [`Checksum${digest.algorithm}`]: digest.value,
        ChecksumType: 'FULL_OBJECT',
        ...encryptionReply(encryption),
        ...(target.spec.versioning === 'Enabled' && { VersionId: versionId }),
      };
    },
  };
}

/** @throws {ServiceError} `BadDigest` for a checksum that is not that of the body, `InvalidRequest` for two of them */
function verifiedChecksum(input: PutObjectCommandInput, body: Buffer): StoredObject['checksum'] {
  if (input.ContentMD5 !== undefined && input.ContentMD5 !== checksum('MD5', body)) {
    throw new ServiceError('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
      status: 400,
    });
  }
  const members: Readonly<Record<string, unknown>> = { ...input };
  const sent = checksumAlgorithms.filter((algorithm) => members[`Checksum${algorithm}`] !== undefined);
  if (sent.length > 1) {
    throw new ServiceError(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  // Without one S3 computes CRC64NVME itself. Source: S3 User Guide, "Checking object integrity".
  const algorithm: ChecksumAlgorithm = sent[0] ?? 'CRC64NVME';
  const value = checksum(algorithm, body);
  if (sent.length === 1 && members[`Checksum${algorithm}`] !== value) {
    throw new ServiceError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`, {
      status: 400,
    });
  }
  return { algorithm, value };
}

const systemHeaderMembers = ['CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage'] as const;

function systemHeaders(input: PutObjectCommandInput): Record<string, string> {
  const given = systemHeaderMembers.flatMap((member) => (input[member] === undefined ? [] : [[member, input[member]]]));
  return Object.fromEntries(given);
}
