import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { onResource } from '../../iam/dependent-actions.ts';
import { type Operation, ServiceError } from '../../kernel/service.ts';
import type { Bucket } from './bucket.ts';
import { notImplemented } from './conditions.ts';

type Entry = { readonly name: string; readonly isPrefix: boolean };

/** ListObjectsV2: keys in binary order, rolled up at the delimiter, in pages whose tokens name where to go on. */
export function createListOperation(
  bucket: (bucketName: string) => Bucket | undefined,
): Operation<ListObjectsV2CommandInput> {
  return {
    needs: ({ Bucket = '', Prefix, Delimiter, MaxKeys }) => [
      onResource('s3:ListBucket', `arn:aws:s3:::${Bucket}`, {
        's3:prefix': Prefix ?? '',
        ...(Delimiter !== undefined && { 's3:delimiter': Delimiter }),
        ...(MaxKeys !== undefined && { 's3:max-keys': String(MaxKeys) }),
      }),
    ],
    run(input) {
      const found = bucket(input.Bucket ?? '');
      if (found === undefined)
        throw new ServiceError('NoSuchBucket', 'The specified bucket does not exist', { status: 404 });
      if (input.OptionalObjectAttributes !== undefined) throw notImplemented('OptionalObjectAttributes');
      return list(input, found);
    },
  };
}

function list(input: ListObjectsV2CommandInput, bucket: Bucket): Omit<ListObjectsV2CommandOutput, '$metadata'> {
  const { Prefix = '', Delimiter, MaxKeys = 1000, ContinuationToken, StartAfter } = input;
  const encode = (text: string) =>
    input.EncodingType === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text;
  const after = ContinuationToken === undefined ? StartAfter : fromToken(ContinuationToken);
  const entries = rollUp(bucket.keys(), Prefix, Delimiter).filter(({ name, isPrefix }) =>
    isBeyond(name, isPrefix, after),
  );
  const page = entries.slice(0, Math.min(MaxKeys, 1000));
  const last = page.at(-1);
  const isTruncated = entries.length > page.length;
  return {
    Name: input.Bucket,
    Prefix: encode(Prefix),
    ...(Delimiter !== undefined && { Delimiter: encode(Delimiter) }),
    ...(StartAfter !== undefined && { StartAfter: encode(StartAfter) }),
    ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    MaxKeys,
    KeyCount: page.length,
    IsTruncated: isTruncated,
    ...(isTruncated && last !== undefined && { NextContinuationToken: toToken(last.name) }),
    Contents: page.filter(({ isPrefix }) => !isPrefix).map(({ name }) => describe(name, bucket, encode)),
    CommonPrefixes: page.filter(({ isPrefix }) => isPrefix).map(({ name }) => ({ Prefix: encode(name) })),
  };
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
