import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import * as v from 'valibot';
import { RunFileUnreadable, StateFileChanged } from '../domain/errors.ts';
import { findings } from '../domain/findings.ts';
import { awsCall, isAwsError, once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

/**
 * Bodies are signed and travel over TLS, so a checksum beside them proves nothing more. What only access points and
 * directory buckets need is not looked for.
 */
const client = once(
  () =>
    new S3Client({
      ...clientSettings(),
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      disableS3ExpressSessionAuth: true,
      disableMultiregionAccessPoints: true,
      useArnRegion: false,
    }),
);

/** A file as it was read; `etag` names exactly this content. */
export type StoredFile<Content> = { readonly content: Content; readonly etag: string };

/** The files of one bucket: JSON, checked by a schema whenever it is read. */
export type RunBucket = {
  /** The file, or undefined when there is none. */
  readonly read: <Schema extends v.GenericSchema>(
    key: string,
    schema: Schema,
  ) => Promise<StoredFile<v.InferOutput<Schema>> | undefined>;
  /** The keys that begin so, in as few calls as the pages allow; with `since` only those of files written then or later. */
  readonly list: (prefix: string, since?: Date) => Promise<string[]>;
  /** Writes the file whatever was there before. */
  readonly write: (key: string, content: unknown) => Promise<void>;
  /**
   * Writes the file only if it still is what `etag` names, or does not exist when `etag` is undefined; answers its new
   * etag.
   *
   * @throws {StateFileChanged} It is not.
   */
  readonly replace: (key: string, content: unknown, etag: string | undefined) => Promise<string>;
};

function parse<Schema extends v.GenericSchema>(key: string, text: string, schema: Schema): v.InferOutput<Schema> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new RunFileUnreadable(`${key} in the run bucket is no JSON.`, { cause: error });
  }
  const parsed = v.safeParse(schema, content);
  if (parsed.success) return parsed.output;
  throw new RunFileUnreadable(
    `${key} in the run bucket was not written by this version of reglaze: ${findings(parsed.issues, 'the file')}.`,
  );
}

async function read<Schema extends v.GenericSchema>(Bucket: string, Key: string, schema: Schema) {
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

/** S3 tells times in whole seconds. */
const isOlder = (writtenAt: Date | undefined, since: Date): boolean =>
  writtenAt !== undefined && writtenAt.getTime() < Math.floor(since.getTime() / 1000) * 1000;

async function list(Bucket: string, Prefix: string, since = new Date(0)): Promise<string[]> {
  const keys: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await awsCall('s3:ListBucket', Prefix, () =>
      client().send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken })),
    );
    keys.push(
      ...(page.Contents ?? []).flatMap(({ Key, LastModified }) =>
        Key === undefined || isOlder(LastModified, since) ? [] : [Key],
      ),
    );
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return keys;
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

/** The run bucket, by its name. */
export function openRunBucket(bucketName: () => string): RunBucket {
  return {
    read: (key, schema) => read(bucketName(), key, schema),
    list: (prefix, since) => list(bucketName(), prefix, since),
    write: async (key, content) => {
      await put({ Bucket: bucketName(), Key: key, Body: text(content) });
    },
    replace: (key, content, etag) => replace(bucketName(), key, content, etag),
  };
}
