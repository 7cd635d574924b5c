import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIam } from '../../../simulator/iam/iam.ts';
import { createKms } from '../../../simulator/services/kms.ts';
import type { BucketSpec } from '../../../simulator/services/s3/bucket.ts';
import { checksum } from '../../../simulator/services/s3/checksums.ts';
import { createS3 } from '../../../simulator/services/s3.ts';
import { aKernel } from '../../support/kernel.ts';
import { pass } from '../cloudformation/account.ts';
import { allowing, aRole, call } from './calling.ts';

type Reply = Record<string, unknown> & { readonly ETag: string; readonly VersionId?: string; readonly Body: Buffer };

function aBucket(spec: Partial<BucketSpec> = {}) {
  const kernel = aKernel();
  const iam = createIam({ kernel });
  const kms = createKms({ kernel, iam });
  const s3 = createS3({ kernel, iam, kms });
  s3.createBucket({ bucketName: 'runs', ...spec });
  const run = (operation: string, input: object, caller?: Parameters<typeof call>[4]) =>
    call<Reply>(iam, s3.service, operation, { Bucket: 'runs', ...input }, caller);
  const put = (Key: string, text = 'x', rest: object = {}) =>
    run('PutObject', { Key, Body: Buffer.from(text), ...rest });
  const get = (Key: string, rest: object = {}) => run('GetObject', { Key, ...rest });
  const list = (input: object = {}) => run('ListObjectsV2', input);
  return { kernel, iam, kms, s3, run, put, get, list };
}

describe('conditional writes', () => {
  it.each([
    { case: 'If-None-Match on a new key', exists: false, condition: { IfNoneMatch: '*' }, answer: 'written' },
    {
      case: 'If-None-Match on a key that exists',
      exists: true,
      condition: { IfNoneMatch: '*' },
      answer: 'PreconditionFailed',
      status: 412,
    },
    {
      case: 'If-None-Match with an ETag',
      exists: true,
      condition: { IfNoneMatch: '"abc"' },
      answer: 'NotImplemented',
      status: 501,
    },
    { case: 'If-Match with the present ETag', exists: true, condition: 'present', answer: 'written' },
    {
      case: 'If-Match with another ETag',
      exists: true,
      condition: { IfMatch: '"abc"' },
      answer: 'PreconditionFailed',
      status: 412,
    },
    {
      case: 'If-Match on a missing key',
      exists: false,
      condition: { IfMatch: '"abc"' },
      answer: 'NoSuchKey',
      status: 404,
    },
  ])('answer $answer for $case', async ({ exists, condition, answer, status }) => {
    const { put, s3 } = aBucket();
    const before = exists ? await put('key', 'before') : undefined;
    const write = put('key', 'after', condition === 'present' ? { IfMatch: before?.ETag } : (condition as object));
    if (answer === 'written') await write;
    else await expect(write).rejects.toMatchObject({ code: answer, status });
    expect(s3.object('runs', 'key')?.body.toString()).toBe(
      answer === 'written' ? 'after' : exists ? 'before' : undefined,
    );
  });

  it('let only one of two writers with the same ETag through', async () => {
    const { put } = aBucket();
    const { ETag } = await put('key', 'before');
    await put('key', 'first', { IfMatch: ETag });
    await expect(put('key', 'second', { IfMatch: ETag })).rejects.toMatchObject({ code: 'PreconditionFailed' });
  });
});

describe('objects', () => {
  it('are read as they were written, at once', async () => {
    const { put, get } = aBucket();
    await put('a/b', 'text', { ContentType: 'text/plain', Metadata: { run: '1' } });
    expect(await get('a/b')).toMatchObject({
      Body: Buffer.from('text'),
      ContentLength: 4,
      ContentType: 'text/plain',
      Metadata: { run: '1' },
      ETag: `"${createHash('md5').update('text').digest('hex')}"`,
      ServerSideEncryption: 'AES256',
    });
  });

  it.each([
    { range: 'bytes=1-2', body: 'ex', contentRange: 'bytes 1-2/4' },
    { range: 'bytes=2-', body: 'xt', contentRange: 'bytes 2-3/4' },
    { range: 'bytes=-1', body: 't', contentRange: 'bytes 3-3/4' },
    { range: 'bytes=1-99', body: 'ext', contentRange: 'bytes 1-3/4' },
  ])('are read in part by $range', async ({ range, body, contentRange }) => {
    const { put, get } = aBucket();
    await put('key', 'text');
    expect(await get('key', { Range: range })).toMatchObject({ Body: Buffer.from(body), ContentRange: contentRange });
  });

  it.each([
    { case: 'a range behind the end', input: { Range: 'bytes=4-' }, code: 'InvalidRange', status: 416 },
    { case: 'If-None-Match with the same ETag', input: { IfNoneMatch: '*' }, code: 'NotModified', status: 304 },
    { case: 'If-Match with another ETag', input: { IfMatch: '"x"' }, code: 'PreconditionFailed', status: 412 },
    {
      case: 'a date that it was not modified since',
      input: { IfModifiedSince: new Date('2027-01-01') },
      code: 'NotModified',
      status: 304,
    },
    {
      case: 'an owner who is somebody else',
      input: { ExpectedBucketOwner: '999999999999' },
      code: 'AccessDenied',
      status: 403,
    },
    { case: 'a part number', input: { PartNumber: 1 }, code: 'NotImplemented', status: 501 },
  ])('are not shown for $case', async ({ input, code, status }) => {
    const { put, get } = aBucket();
    await put('key', 'text');
    await expect(get('key', input)).rejects.toMatchObject({ code, status });
  });

  it.each(['ACL', 'Tagging', 'StorageClass', 'SSECustomerAlgorithm', 'ObjectLockMode'])(
    'are refused with %s',
    async (member) => {
      await expect(aBucket().put('key', 'x', { [member]: 'x' })).rejects.toMatchObject({ code: 'NotImplemented' });
    },
  );

  it('keep their versions when the bucket does', async () => {
    const { put, get } = aBucket({ versioning: 'Enabled' });
    const { VersionId } = await put('key', 'first');
    await put('key', 'second');
    expect((await get('key')).Body.toString()).toBe('second');
    expect((await get('key', { VersionId })).Body.toString()).toBe('first');
  });

  it('expire after the days of the lifecycle rule, counted to midnight UTC', async () => {
    const { put, s3, kernel } = aBucket({ lifecycle: [{ prefix: 'runs/', expirationDays: 2 }] });
    await pass(kernel, 3_600_000);
    await put('runs/a');
    await put('state/a');
    await pass(kernel, 2 * 86_400_000);
    expect(s3.keys('runs')).toEqual(['runs/a', 'state/a']);
    await pass(kernel, 86_400_000);
    expect(s3.keys('runs')).toEqual(['state/a']);
  });
});

describe('checksums', () => {
  it.each([
    { algorithm: 'CRC32', hex: 'cbf43926' },
    { algorithm: 'CRC32C', hex: 'e3069283' },
    { algorithm: 'CRC64NVME', hex: 'ae8b14860a799888' },
    { algorithm: 'SHA1', hex: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441' },
  ] as const)('$algorithm of 123456789 is the published one', ({ algorithm, hex }) => {
    expect(Buffer.from(checksum(algorithm, Buffer.from('123456789')), 'base64').toString('hex')).toBe(hex);
  });

  it.each([
    { case: 'CRC32', sent: { ChecksumCRC32: 'AAAAAA==' }, code: 'BadDigest' },
    { case: 'SHA256', sent: { ChecksumSHA256: 'AAAA' }, code: 'BadDigest' },
    { case: 'Content-MD5', sent: { ContentMD5: 'AAAA' }, code: 'BadDigest' },
    { case: 'two at once', sent: { ChecksumCRC32: 'A', ChecksumSHA1: 'A' }, code: 'InvalidRequest' },
  ])('refuse a body that is not the one meant: $case', async ({ sent, code }) => {
    const { put, s3 } = aBucket();
    await expect(put('key', 'x', sent)).rejects.toMatchObject({ code });
    expect(s3.keys('runs')).toEqual([]);
  });

  it('are shown on request, and only then', async () => {
    const { put, run } = aBucket();
    const ChecksumCRC32 = checksum('CRC32', Buffer.from('x'));
    await put('key', 'x', { ChecksumCRC32 });
    expect(await run('HeadObject', { Key: 'key' })).not.toHaveProperty('ChecksumCRC32');
    expect(await run('HeadObject', { Key: 'key', ChecksumMode: 'ENABLED' })).toMatchObject({ ChecksumCRC32 });
  });
});

describe('ListObjectsV2', () => {
  const keys = ['a/1', 'a/2', 'b/1', 'c', 'é', 'z/1'];

  it('walks all keys in binary order, page by page, without loss or repetition', async () => {
    const { put, list } = aBucket();
    for (const key of keys.toReversed()) await put(key);
    const seen: string[] = [];
    let token: unknown;
    do {
      const page = await list({ MaxKeys: 2, ...(token !== undefined && { ContinuationToken: token }) });
      seen.push(...(page.Contents as { Key: string }[]).map(({ Key }) => Key));
      token = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(token !== undefined);
    } while (token !== undefined);
    expect(seen).toEqual(['a/1', 'a/2', 'b/1', 'c', 'z/1', 'é']);
  });

  it('rolls keys up at the delimiter, across pages too', async () => {
    const { put, list } = aBucket();
    for (const key of keys) await put(key);
    const first = await list({ Delimiter: '/', MaxKeys: 1 });
    expect(first).toMatchObject({ KeyCount: 1, CommonPrefixes: [{ Prefix: 'a/' }], Contents: [] });
    const rest = await list({ Delimiter: '/', ContinuationToken: first.NextContinuationToken });
    expect(rest.CommonPrefixes).toEqual([{ Prefix: 'b/' }, { Prefix: 'z/' }]);
    expect((rest.Contents as { Key: string }[]).map(({ Key }) => Key)).toEqual(['c', 'é']);
  });

  it('keeps to the prefix and starts after a key', async () => {
    const { put, list } = aBucket();
    for (const key of keys) await put(key);
    const { Contents } = await list({ Prefix: 'a/', StartAfter: 'a/1' });
    expect((Contents as { Key: string }[]).map(({ Key }) => Key)).toEqual(['a/2']);
  });

  it('refuses a token that it did not give', async () => {
    await expect(aBucket().list({ ContinuationToken: 'made up' })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('rights', () => {
  const object = 'arn:aws:s3:::runs/*';

  it('tell a reader without s3:ListBucket nothing about missing keys', async () => {
    const { iam, run } = aBucket();
    const reader = aRole(iam, 'reader', [allowing('s3:GetObject', object)]);
    const lister = aRole(iam, 'lister', [
      allowing('s3:GetObject', object),
      allowing('s3:ListBucket', 'arn:aws:s3:::runs'),
    ]);
    await expect(run('GetObject', { Key: 'x' }, reader)).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
    await expect(run('HeadObject', { Key: 'x' }, lister)).rejects.toMatchObject({ code: 'NoSuchKey', status: 404 });
  });

  it('demand s3:GetObject for HeadObject', async () => {
    const { iam, run, put } = aBucket();
    await put('x');
    const writer = aRole(iam, 'writer', [allowing('s3:PutObject', object)]);
    await expect(run('HeadObject', { Key: 'x' }, writer)).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('demand the use of the key of an encrypted bucket, to write and to read', async () => {
    const { iam, kms, s3, run } = aBucket();
    const statement = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'kms:*',
      Resource: '*',
    };
    const key = kms.createKey({ name: 'key', policy: { Version: '2012-10-17', Statement: [statement] } });
    s3.createBucket({ bucketName: 'secret', encryption: { algorithm: 'aws:kms', kmsKey: key.arn } });
    const rights = allowing(['s3:PutObject', 's3:GetObject'], 'arn:aws:s3:::secret/*');
    const without = aRole(iam, 'without', [rights]);
    const withKey = aRole(iam, 'with', [rights, allowing(['kms:GenerateDataKey', 'kms:Decrypt'], key.arn)]);
    const input = { Bucket: 'secret', Key: 'x', Body: Buffer.from('x') };
    await expect(run('PutObject', input, without)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('kms:GenerateDataKey'),
    });
    expect(await run('PutObject', input, withKey)).toMatchObject({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: key.arn,
    });
    await expect(run('GetObject', input, without)).rejects.toMatchObject({
      message: expect.stringContaining('kms:Decrypt'),
    });
    expect((await run('GetObject', input, withKey)).Body.toString()).toBe('x');
  });

  it('obey a bucket policy that denies', async () => {
    const { iam, s3, run } = aBucket();
    const writer = aRole(iam, 'writer', [allowing('s3:PutObject', object)]);
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::runs/locked/*' };
    s3.setPolicy('runs', { Version: '2012-10-17', Statement: [deny] });
    await run('PutObject', { Key: 'free/x', Body: Buffer.from('x') }, writer);
    await expect(run('PutObject', { Key: 'locked/x', Body: Buffer.from('x') }, writer)).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });
});
