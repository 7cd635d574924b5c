import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Operation, ServiceError } from '../../../simulator/kernel/service.ts';
import { logOf, openAccount, type TestAccount } from './account.ts';

let account: TestAccount;
let client: S3Client;
let seen: Record<string, unknown>[];
let answer: () => Record<string, unknown>;

const echo: Operation = {
  needs: () => [],
  run: (input: Record<string, unknown>) => {
    seen.push(input);
    return answer();
  },
};
const operations = { PutObject: echo, GetObject: echo, HeadObject: echo, ListObjectsV2: echo };

beforeEach(async () => {
  seen = [];
  answer = () => ({});
  account = await openAccount([{ model: 's3', name: 'S3', operations }]);
  client = new S3Client({ ...account.client, maxAttempts: 1 });
});
afterEach(() => account.close());

const at = { Bucket: 'state', Key: 'state/blue/a b+c%.json' };
const code = (name: string, status?: number) => () => {
  throw new ServiceError(name, 'No.', status === undefined ? {} : { status });
};

describe('PutObject', () => {
  it('hands over bytes, conditions, metadata and a checked checksum', async () => {
    answer = () => ({ ETag: '"1"' });
    const { ETag } = await client.send(
      new PutObjectCommand({
        ...at,
        Body: '{"a":1}',
        IfNoneMatch: '*',
        Metadata: { run: 'r-1' },
        ContentType: 'application/json',
      }),
    );
    expect(ETag).toBe('"1"');
    expect(seen[0]).toMatchObject({
      ...at,
      Body: Buffer.from('{"a":1}'),
      IfNoneMatch: '*',
      Metadata: { run: 'r-1' },
      ContentType: 'application/json',
      ContentLength: 7,
    });
    expect(seen[0]?.ChecksumCRC32).toMatch(/^[\w+/]{6}==$/);
  });

  it('takes the frames off a stream and reads the checksum behind it', async () => {
    const Body = Readable.from([Buffer.from('hello '), Buffer.from('world')]);
    await client.send(new PutObjectCommand({ ...at, Body, ContentLength: 11 }));
    expect(seen[0]).toMatchObject({ Body: Buffer.from('hello world'), ContentLength: 11 });
    expect(seen[0]).toHaveProperty('ChecksumCRC32');
    expect(seen[0]).not.toHaveProperty('ContentEncoding');
  });

  it.each(['SHA1', 'SHA256', 'CRC32C'] as const)('checks %s', async (ChecksumAlgorithm) => {
    await client.send(new PutObjectCommand({ ...at, Body: 'text', ChecksumAlgorithm }));
    expect(seen[0]).toHaveProperty(`Checksum${ChecksumAlgorithm}`);
  });

  it('refuses a body that is not what its checksum says', async () => {
    const wrong = client.send(new PutObjectCommand({ ...at, Body: 'text', ChecksumCRC32: 'AAAAAA==' }));
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest', $metadata: { httpStatusCode: 400 } });
    expect(seen).toHaveLength(0);
  });

  it('is refused when a condition does not hold', async () => {
    answer = code('PreconditionFailed');
    await expect(client.send(new PutObjectCommand({ ...at, Body: 'x', IfMatch: '"0"' }))).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
  });
});

describe('GetObject', () => {
  it('gives bytes, headers and metadata back', async () => {
    answer = () => ({
      Body: Buffer.from('text'),
      ETag: '"1"',
      Metadata: { run: 'r-1' },
      LastModified: new Date('2026-02-11T10:00:00Z'),
      ContentType: 'text/plain',
    });
    const { Body, ...rest } = await client.send(new GetObjectCommand(at));
    expect(await Body?.transformToString()).toBe('text');
    expect(rest).toMatchObject({
      ETag: '"1"',
      Metadata: { run: 'r-1' },
      LastModified: new Date('2026-02-11T10:00:00Z'),
      ContentLength: 4,
      ContentType: 'text/plain',
    });
    expect(seen[0]).toMatchObject(at);
  });

  it('knows a missing key', async () => {
    answer = code('NoSuchKey');
    await expect(client.send(new GetObjectCommand(at))).rejects.toMatchObject({
      name: 'NoSuchKey',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('answers an unchanged object with 304 and no body', async () => {
    answer = code('NotModified', 304);
    await expect(client.send(new GetObjectCommand({ ...at, IfNoneMatch: '"1"' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
  });
});

describe('HeadObject', () => {
  it('has the length of what it does not send', async () => {
    answer = () => ({ ContentLength: 1234, ETag: '"1"' });
    expect(await client.send(new HeadObjectCommand(at))).toMatchObject({ ContentLength: 1234, ETag: '"1"' });
  });

  it('is NotFound without a body', async () => {
    answer = code('NoSuchKey', 404);
    await expect(client.send(new HeadObjectCommand(at))).rejects.toMatchObject({
      name: 'NotFound',
      $metadata: { httpStatusCode: 404 },
    });
  });
});

it('lists keys', async () => {
  answer = () => ({
    Name: 'state',
    KeyCount: 1,
    MaxKeys: 1000,
    IsTruncated: false,
    Contents: [{ Key: 'a&b', Size: 3, LastModified: new Date(0) }],
    CommonPrefixes: [{ Prefix: 'p/' }],
  });
  const page = await client.send(new ListObjectsV2Command({ Bucket: 'state', Prefix: 'a' }));
  expect(page).toMatchObject({
    Contents: [{ Key: 'a&b', Size: 3 }],
    CommonPrefixes: [{ Prefix: 'p/' }],
    IsTruncated: false,
  });
  expect(seen[0]).toEqual({ Bucket: 'state', Prefix: 'a' });
});

it('refuses a header that stands for something it does not do', async () => {
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-copy-source'] = '/other/key';
      return next(args);
    },
    { step: 'build' },
  );
  await expect(client.send(new PutObjectCommand({ ...at, Body: 'x' }))).rejects.toMatchObject({
    name: 'NotImplemented',
  });
  expect(logOf(account, 'refused')).toHaveLength(1);
});
