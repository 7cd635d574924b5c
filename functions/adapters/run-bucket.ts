import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import type * as z from 'zod';
import { RunFileUnreadable, StateFileChanged } from '../domain/errors.ts';
import { awsCall, isAwsError, once } from './aws-call.ts';

const client = once(() => new S3Client({}));

/** A file as it was read; `etag` names exactly this content. */
export type StoredFile<Content> = { readonly content: Content; readonly etag: string };

/** The files of one bucket: JSON, checked by a schema whenever it is read. */
export type RunBucket = {
  /** The file, or undefined when there is none. */
  readonly read: <Schema extends z.ZodType>(
    key: string,
    schema: Schema,
  ) => Promise<StoredFile<z.infer<Schema>> | undefined>;
  /** Writes the file whatever was there before. */
  readonly write: (key: string, content: unknown) => Promise<void>;
  /**
   * Writes the file only if it still is what `etag` names, or does not exist when `etag` is undefined; answers its new
   * etag.
   *
   * @throws {StateFileChanged} It is not.
   */
  readonly replace: (key: string, content: unknown, etag: string | undefined) => Promise<string>;
  /** Keys that begin with the prefix. */
  readonly list: (prefix: string) => Promise<string[]>;
};

function parse<Schema extends z.ZodType>(key: string, text: string, schema: Schema): z.infer<Schema> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new RunFileUnreadable(`${key} in the run bucket is no JSON.`, { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RunFileUnreadable(
    `${key} in the run bucket was not written by this version of reglaze: ${issue?.path.join('.')} ${issue?.message}.`,
    { cause: parsed.error },
  );
}

async function read<Schema extends z.ZodType>(Bucket: string, Key: string, schema: Schema) {
  try {
    const { Body, ETag = '' } = await awsCall('s3:GetObject', Key, () =>
      client().send(new GetObjectCommand({ Bucket, Key })),
    );
    const text = (await Body?.transformToString('utf8')) ?? '';
    return { content: parse(Key, text, schema), etag: ETag };
  } catch (error) {
    if (isAwsError(error, 'NoSuchKey')) return undefined;
    throw error;
  }
}

async function put(input: PutObjectCommandInput): Promise<string> {
  const { ETag = '' } = await awsCall('s3:PutObject', input.Key ?? '', () =>
    client().send(new PutObjectCommand({ ...input, ContentType: 'application/json' })),
  );
  return ETag;
}

const text = (content: unknown): string => JSON.stringify(content, undefined, 2);

async function replace(Bucket: string, Key: string, content: unknown, etag: string | undefined): Promise<string> {
  const condition = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag };
  try {
    return await put({ Bucket, Key, Body: text(content), ...condition });
  } catch (error) {
    if (!isAwsError(error, 'PreconditionFailed', 'ConditionalRequestConflict')) throw error;
    throw new StateFileChanged(`${Key} was written by another execution since it was read`, { cause: error });
  }
}

async function list(Bucket: string, Prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await awsCall('s3:ListBucket', Prefix, () =>
      client().send(new ListObjectsV2Command({ Bucket, Prefix, ...(token && { ContinuationToken: token }) })),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    token = page.NextContinuationToken;
  } while (token);
  return keys;
}

/** The run bucket, by its name. */
export function openRunBucket(bucketName: () => string): RunBucket {
  return {
    read: (key, schema) => read(bucketName(), key, schema),
    write: async (key, content) => {
      await put({ Bucket: bucketName(), Key: key, Body: text(content) });
    },
    replace: (key, content, etag) => replace(bucketName(), key, content, etag),
    list: (prefix) => list(bucketName(), prefix),
  };
}
