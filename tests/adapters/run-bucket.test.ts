import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { openRunBucket, type RunBucket } from '../../functions/adapters/run-bucket.ts';
import { openRunFiles } from '../../functions/adapters/run-files.ts';
import { aKey, aState, now } from '../support/builders.ts';
import { FakeRunBucket } from '../support/fake-run-bucket.ts';

const aws = mockClient(S3Client);
const awsError = (name: string) => Object.assign(new Error('text'), { name });
const Content = v.strictObject({ value: v.number() });

/** S3 as far as the bucket needs it: conditional writes and pages of two keys. */
function answerLikeS3(): void {
  const objects = new Map<string, { Body: string; ETag: string; LastModified: Date }>();
  let count = 0;
  aws.on(PutObjectCommand).callsFake(({ Key, Body, IfMatch, IfNoneMatch }) => {
    const existing = objects.get(Key);
    if (IfNoneMatch === '*' && existing) throw awsError('PreconditionFailed');
    if (IfMatch && existing?.ETag !== IfMatch) throw awsError('PreconditionFailed');
    count += 1;
    objects.set(Key, { Body, ETag: `"${count}"`, LastModified: now });
    return { ETag: `"${count}"` };
  });
  aws.on(GetObjectCommand).callsFake(({ Key }) => {
    const object = objects.get(Key);
    if (object === undefined) throw awsError('NoSuchKey');
    return { ETag: object.ETag, Body: { transformToString: async () => object.Body } };
  });
  aws.on(ListObjectsV2Command).callsFake(({ Prefix, ContinuationToken = '0' }) => {
    const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix)).toSorted();
    const from = Number(ContinuationToken);
    const next = from + 2 < keys.length ? { NextContinuationToken: String(from + 2) } : {};
    const contents = keys.slice(from, from + 2).map((Key) => ({ Key, LastModified: objects.get(Key)?.LastModified }));
    return { Contents: contents, ...next };
  });
}

const buckets: { name: string; open: () => RunBucket }[] = [
  { name: 'the bucket in S3', open: () => openRunBucket(() => 'reglaze-runs') },
  { name: 'its fake', open: () => new FakeRunBucket() },
];

beforeEach(() => {
  aws.reset();
  answerLikeS3();
});

describe.each(buckets)('$name', ({ open }) => {
  it('has no file before one is written', async () => {
    expect(await open().read('a', Content)).toBeUndefined();
  });

  it('lists every key that begins so, whatever the pages', async () => {
    const bucket = open();
    for (const key of ['state/c', 'runs/x', 'state/a', 'state/b']) await bucket.write(key, {});
    expect(await bucket.list('state/')).toEqual(['state/a', 'state/b', 'state/c']);
  });

  it('leaves out what was written before a time', async () => {
    const bucket = open();
    for (const key of ['state/a', 'state/b', 'state/c']) await bucket.write(key, {});
    expect(await bucket.list('state/', now)).toHaveLength(3);
    expect(await bucket.list('state/', new Date(now.getTime() + 1000))).toEqual([]);
  });

  it('gives back what was written last', async () => {
    const bucket = open();
    await bucket.write('a', { value: 1 });
    await bucket.write('a', { value: 2 });
    expect((await bucket.read('a', Content))?.content).toEqual({ value: 2 });
  });

  it('lets only one of two make a file', async () => {
    const bucket = open();
    await bucket.replace('a', { value: 1 }, undefined);
    await expect(bucket.replace('a', { value: 2 }, undefined)).rejects.toMatchObject({ name: 'StateFileChanged' });
  });

  it('lets only one of two change a file that both have read', async () => {
    const bucket = open();
    await bucket.write('a', { value: 1 });
    const etag = (await bucket.read('a', Content))?.etag;
    const next = await bucket.replace('a', { value: 2 }, etag);
    await expect(bucket.replace('a', { value: 3 }, etag)).rejects.toMatchObject({ name: 'StateFileChanged' });
    await expect(bucket.replace('a', { value: 4 }, next)).resolves.toBeTypeOf('string');
  });
});

describe('a file that is not ours', () => {
  it('is named, with the field that does not fit', async () => {
    const bucket = openRunBucket(() => 'reglaze-runs');
    await bucket.write('a', { value: 'one' });
    await expect(bucket.read('a', Content)).rejects.toMatchObject({
      name: 'RunFileUnreadable',
      message: expect.stringMatching(/^a in .* "value": expected a number, found "one"/),
    });
  });
});

describe('the files of runs', () => {
  it('have places of their own for names that paths would mix up', async () => {
    const bucket = new FakeRunBucket();
    const files = openRunFiles(bucket);
    await files.createState(aState({ cluster: 'a/b', nodeGroup: 'c' }));
    await files.createState(aState({ cluster: 'a', nodeGroup: 'b/c' }));
    expect([...bucket.files.keys()]).toEqual(['state/a%2Fb/c.json', 'state/a/b%2Fc.json']);
  });

  it('are not written again when nothing changed', async () => {
    const bucket = new FakeRunBucket();
    const stored = await openRunFiles(bucket).createState(aState());
    await stored.save(stored.state);
    expect(bucket.writes).toHaveLength(1);
  });

  it('keep the first answer that an instance got', async () => {
    const files = openRunFiles(new FakeRunBucket());
    const answer = (result: 'CONTINUE' | 'ABANDON') => ({
      instanceId: 'i-0a',
      result,
      finding: { error: 'A', cause: '' },
      answeredAt: now.toISOString(),
    });
    await files.writeAdmission(aKey(), answer('CONTINUE'));
    expect((await files.writeAdmission(aKey(), answer('ABANDON'))).result).toBe('CONTINUE');
  });
});
