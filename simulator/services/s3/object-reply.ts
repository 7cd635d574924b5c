import type { GetObjectCommandInput, GetObjectCommandOutput, HeadObjectCommandInput } from '@aws-sdk/client-s3';
import type { Bucket, BucketEncryption, StoredObject } from './bucket.ts';

export type ReadInput = GetObjectCommandInput | HeadObjectCommandInput;
type ReadReply = Omit<GetObjectCommandOutput, 'Body' | '$metadata'>;

/** Headers that the reader asked to have replaced. */
export function responseHeaders(input: ReadInput): Partial<ReadReply> {
  const {
    ResponseCacheControl,
    ResponseContentDisposition,
    ResponseContentEncoding,
    ResponseContentLanguage,
    ResponseContentType,
  } = input;
  return {
    ...(ResponseCacheControl !== undefined && { CacheControl: ResponseCacheControl }),
    ...(ResponseContentDisposition !== undefined && { ContentDisposition: ResponseContentDisposition }),
    ...(ResponseContentEncoding !== undefined && { ContentEncoding: ResponseContentEncoding }),
    ...(ResponseContentLanguage !== undefined && { ContentLanguage: ResponseContentLanguage }),
    ...(ResponseContentType !== undefined && { ContentType: ResponseContentType }),
  };
}

/** What GetObject and HeadObject tell of an object; checksums on request, and of the whole object only. */
export function describe(
  object: StoredObject,
  { ChecksumMode }: ReadInput,
  whole: boolean,
  bucket: Bucket | undefined,
): Partial<ReadReply> {
  return {
    AcceptRanges: 'bytes',
    LastModified: new Date(Math.floor(object.lastModified / 1000) * 1000),
    ETag: object.etag,
    ContentType: object.contentType ?? 'binary/octet-stream',
    ...object.headers,
    Metadata: object.metadata,
    ...encryptionReply(object.encryption),
    ...(bucket?.spec.versioning !== undefined && { VersionId: object.versionId }),
    ...(ChecksumMode === 'ENABLED' &&
      whole && { [`Checksum${object.checksum.algorithm}`]: object.checksum.value, ChecksumType: 'FULL_OBJECT' }),
  };
}

export function encryptionReply({ algorithm, kmsKey, bucketKey }: BucketEncryption): Partial<ReadReply> {
  if (algorithm === 'AES256') return { ServerSideEncryption: 'AES256' };
  return {
    ServerSideEncryption: 'aws:kms',
    ...(kmsKey !== undefined && { SSEKMSKeyId: kmsKey }),
    ...(bucketKey && { BucketKeyEnabled: true }),
  };
}
