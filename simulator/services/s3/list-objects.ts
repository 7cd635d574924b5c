import type {
  ListObjectsCommandInput,
  ListObjectsCommandOutput,
  ListObjectsV2CommandInput,
  ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { onResource } from '../../iam/dependent-actions.ts';
import { type Operation, type Permission, type Service, ServiceError } from '../../kernel/service.ts';
import type { Bucket } from './bucket.ts';
import { notImplemented } from './conditions.ts';
import { createBucketLookup } from './object-access.ts';

type Entry = { readonly name: string; readonly isPrefix: boolean };

type ListInput = Pick<
  ListObjectsV2CommandInput,
  'Bucket' | 'Prefix' | 'Delimiter' | 'MaxKeys' | 'EncodingType' | 'OptionalObjectAttributes' | 'ExpectedBucketOwner'
>;

/** Keys in binary order, rolled up at the delimiter, in pages: ListObjectsV2, and ListObjects, which boto3's resources call. */
export function createListOperations(dependencies: Parameters<typeof createBucketLookup>[0]): Service['operations'] {
  const existing = createBucketLookup(dependencies);
  const listed = (input: ListInput) => {
    if (input.OptionalObjectAttributes !== undefined) throw notImplemented('OptionalObjectAttributes');
    return existing(input.Bucket ?? '', input.ExpectedBucketOwner);
  };
  const second: Operation<ListObjectsV2CommandInput> = { needs, run: (input) => listSecond(input, listed(input)) };
  const first: Operation<ListObjectsCommandInput> = { needs, run: (input) => listFirst(input, listed(input)) };
  return { ListObjectsV2: second, ListObjects: first };
}

const needs = ({ Bucket = '', Prefix, Delimiter, MaxKeys }: ListInput): readonly Permission[] => [
  onResource('s3:ListBucket', `arn:aws:s3:::${Bucket}`, {
    's3:prefix': Prefix ?? '',
    ...(Delimiter !== undefined && { 's3:delimiter': Delimiter }),
    ...(MaxKeys !== undefined && { 's3:max-keys': String(MaxKeys) }),
  }),
];

function listSecond(input: ListObjectsV2CommandInput, bucket: Bucket): Omit<ListObjectsV2CommandOutput, '$metadata'> {
  const { ContinuationToken, StartAfter } = input;
  const after = ContinuationToken === undefined ? StartAfter : fromToken(ContinuationToken);
  const { reply, last, size, encode } = pageOf(input, bucket, after);
  return {
    ...reply,
    ...(StartAfter !== undefined && { StartAfter: encode(StartAfter) }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    KeyCount: size,
    ...(reply.IsTruncated && last !== undefined && { NextContinuationToken: toToken(last) }),
  };
}

/** The next marker is told where there is a delimiter; elsewhere it is the last key. Source: S3 API Reference, ListObjects. */
function listFirst(input: ListObjectsCommandInput, bucket: Bucket): Omit<ListObjectsCommandOutput, '$metadata'> {
  const { reply, last, encode } = pageOf(input, bucket, input.Marker);
  const isTold = reply.IsTruncated && last !== undefined && input.Delimiter !== undefined;
  return {
    ...reply,
    Marker: encode(input.Marker ?? ''),
    ...(isTold && { NextMarker: encode(last) }),
  };
}

function pageOf(input: ListInput, bucket: Bucket, after: string | undefined) {
  const { Prefix = '', Delimiter, MaxKeys = 1000 } = input;
  const encode = (text: string) =>
    input.EncodingType === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text;
  const entries = rollUp(bucket.keys(), Prefix, Delimiter).filter(({ name, isPrefix }) =>
    isBeyond(name, isPrefix, after),
  );
  const page = entries.slice(0, Math.min(MaxKeys, 1000));
  const reply = {
    Name: input.Bucket,
    Prefix: encode(Prefix),
    ...(Delimiter !== undefined && { Delimiter: encode(Delimiter) }),
    ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
    MaxKeys,
    IsTruncated: entries.length > page.length,
    Contents: page.filter(({ isPrefix }) => !isPrefix).map(({ name }) => describe(name, bucket, encode)),
    CommonPrefixes: page.filter(({ isPrefix }) => isPrefix).map(({ name }) => ({ Prefix: encode(name) })),
  };
  return { reply, encode, last: page.at(-1)?.name, size: page.length };
}

function rollUp(keys: readonly string[], prefix: string, delimiter: string | undefined): Entry[] {
  const entries = keys.filter((key) => key.startsWith(prefix)).map((key) => rolledUp(key, prefix, delimiter));
  return entries.filter(({ name, isPrefix }, index) => !isPrefix || entries[index - 1]?.name !== name);
}

function rolledUp(key: string, prefix: string, delimiter: string | undefined): Entry {
  const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
  return end < 0 ? { name: key, isPrefix: false } : { name: key.slice(0, end) + delimiter, isPrefix: true };
}

/** A common prefix is done with once a page ended at it, though keys below it sort behind it. */
function isBeyond(name: string, isPrefix: boolean, after: string | undefined): boolean {
  if (after === undefined) return true;
  if (isPrefix && after !== name && after.startsWith(name)) return true;
  return Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
}

function describe(key: string, bucket: Bucket, encode: (text: string) => string) {
  const object = bucket.current(key);
  return {
    Key: encode(key),
    LastModified: new Date(object?.lastModified ?? 0),
    ETag: object?.etag,
    Size: object?.body.length,
    StorageClass: 'STANDARD' as const,
    ...(object !== undefined && {
      ChecksumAlgorithm: [object.checksum.algorithm],
      ChecksumType: 'FULL_OBJECT' as const,
    }),
  };
}

function toToken(name: string): string {
  return Buffer.from(name).toString('base64');
}

function fromToken(token: string): string {
  const name = Buffer.from(token, 'base64').toString();
  if (toToken(name) !== token)
    throw new ServiceError('InvalidArgument', 'The continuation token provided is incorrect', { status: 400 });
  return name;
}
