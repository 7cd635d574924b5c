import { createHash } from 'node:crypto';
import { holds, type Place, type Suite, same } from '../check.ts';
import { type Fields, list, text } from '../fields.ts';

const keyOf = (place: Place, name: string) => `contract-check/${place.uniqueName}/${name}`;

/** Writes an object, which is deleted when the check is over. */
async function put(place: Place, object: Fields & { readonly Key: string }): Promise<Fields> {
  const at = { Bucket: place.given('bucket'), Key: object.Key };
  place.undo(() => place.ask('DeleteObject', at));
  return place.ask('PutObject', { ...at, ...object });
}

export const s3: Suite = {
  service: 's3',
  probe: { method: 'GET', path: '/contract-check-none?list-type=2' },
  invalidCodes: ['InvalidArgument', 'InvalidRequest', '400', 'BadRequest', 'UnknownError'],
  samples: { Bucket: 'contract-check-none', Key: 'contract-check' },
  // Request members of S3 that the service takes in any form, and those that clients compute.
  lenient: ['GetObject', 'HeadObject', 'PutObject', 'ListObjectsV2', 'DeleteObject', 'HeadBucket', 'ListBuckets'],
  checks: [
    {
      name: 'gives back the bytes and the entity tag of what was put',
      source: 'API reference, PutObject and GetObject: the tag of an object in one part is its MD5',
      changes: true,
      needs: ['bucket'],
      async run(place) {
        const at = { Bucket: place.given('bucket'), Key: keyOf(place, 'bytes é+%.txt') };
        const written = await put(place, { ...at, Body: 'some bytes', ContentType: 'text/plain' });
        const tag = `"${createHash('md5').update('some bytes').digest('hex')}"`;
        same(written, 'ETag', tag);
        const found = await place.ask('HeadObject', at);
        same(found, 'ETag', tag);
        same(found, 'ContentLength', 10);
        same(found, 'ContentType', 'text/plain');
        const { Body } = await place.ask('GetObject', at);
        same(
          { body: await (Body as Blob & { transformToString: () => Promise<string> }).transformToString() },
          'body',
          'some bytes',
        );
      },
    },
    {
      name: 'writes with If-None-Match * only what is not there',
      source: 'User guide, conditional writes',
      changes: true,
      needs: ['bucket'],
      async run(place) {
        const object = { Bucket: place.given('bucket'), Key: keyOf(place, 'once'), Body: 'a', IfNoneMatch: '*' };
        await put(place, object);
        await place.refuse('PutObject', object, ['PreconditionFailed']);
      },
    },
    {
      name: 'writes with If-Match only over the object that was read',
      source: 'User guide, conditional writes',
      changes: true,
      needs: ['bucket'],
      async run(place) {
        const at = { Bucket: place.given('bucket'), Key: keyOf(place, 'lock') };
        const first = await put(place, { ...at, Body: 'first' });
        await place.ask('PutObject', { ...at, Body: 'second', IfMatch: text(first, 'ETag') });
        await place.refuse('PutObject', { ...at, Body: 'third', IfMatch: text(first, 'ETag') }, ['PreconditionFailed']);
      },
    },
    {
      name: 'refuses If-Match where nothing is',
      source: 'User guide, conditional writes',
      needs: ['bucket'],
      run: (place) =>
        place.refuse(
          'PutObject',
          { Bucket: place.given('bucket'), Key: keyOf(place, 'never'), Body: 'a', IfMatch: '"0"' },
          ['NoSuchKey'],
        ),
    },
    {
      name: 'lists keys in binary order, in pages that miss none',
      source: 'API reference, ListObjectsV2',
      changes: true,
      needs: ['bucket'],
      async run(place) {
        const Bucket = place.given('bucket');
        const keys = ['B', 'a', 'a/1', 'b'].map((name) => keyOf(place, name));
        for (const Key of keys.toReversed()) await put(place, { Key, Body: Key });
        const found: string[] = [];
        let token: string | undefined;
        do {
          const page = await place.ask('ListObjectsV2', {
            ...{ Bucket, Prefix: keyOf(place, ''), MaxKeys: 3 },
            ...(token === undefined ? {} : { ContinuationToken: token }),
          });
          found.push(...list(page, 'Contents').map((entry) => text(entry, 'Key')));
          same(page, 'KeyCount', list(page, 'Contents').length);
          token = text(page, 'NextContinuationToken') || undefined;
          same(page, 'IsTruncated', token !== undefined);
        } while (token !== undefined);
        holds(found.join() === keys.join(), `the keys ${keys.join()}`, found);
      },
    },
    {
      name: 'lists in the first version from one marker to the next, and names it where there is a delimiter',
      source: 'API reference, ListObjects',
      changes: true,
      needs: ['bucket'],
      async run(place) {
        const Bucket = place.given('bucket');
        for (const name of ['1', '2', '3/a']) await put(place, { Key: keyOf(place, name), Body: name });
        const page = { Bucket, Prefix: keyOf(place, ''), MaxKeys: 2 };
        const first = await place.ask('ListObjects', page);
        same({ keys: list(first, 'Contents').map((entry) => text(entry, 'Key')) }, 'keys', [
          ...[keyOf(place, '1'), keyOf(place, '2')],
        ]);
        same(first, 'IsTruncated', true);
        same(first, 'NextMarker', undefined);
        const rolledUp = await place.ask('ListObjects', { ...page, Delimiter: '/' });
        same(rolledUp, 'NextMarker', keyOf(place, '2'));
        const rest = await place.ask('ListObjects', { ...page, Delimiter: '/', Marker: keyOf(place, '2') });
        same(rest, 'CommonPrefixes', [{ Prefix: keyOf(place, '3/') }]);
        same(rest, 'IsTruncated', false);
      },
    },
    {
      name: 'rolls keys up at the delimiter',
      source: 'API reference, ListObjectsV2',
      changes: true,
      needs: ['bucket'],
      async run(place) {
        const Bucket = place.given('bucket');
        for (const name of ['x', 'y/1', 'y/2']) await put(place, { Key: keyOf(place, name), Body: name });
        const Prefix = keyOf(place, '');
        const answer = await place.ask('ListObjectsV2', { Bucket, Prefix, Delimiter: '/' });
        same(answer, 'CommonPrefixes', [{ Prefix: `${Prefix}y/` }]);
        same({ keys: list(answer, 'Contents').map((entry) => text(entry, 'Key')) }, 'keys', [`${Prefix}x`]);
      },
    },
    {
      name: 'deletes a key, and says the same when it is gone already',
      source: 'API reference, DeleteObject',
      changes: true,
      needs: ['bucket'],
      async run(place) {
        const at = { Bucket: place.given('bucket'), Key: keyOf(place, 'short-lived') };
        await put(place, { ...at, Body: 'a' });
        await place.ask('DeleteObject', at);
        await place.refuse('HeadObject', at, ['NotFound']);
        await place.ask('DeleteObject', at);
        await place.refuse('GetObject', at, ['NoSuchKey']);
      },
    },
    {
      name: 'refuses to read a key that is not there',
      source: 'API reference, GetObject, errors',
      needs: ['bucket'],
      run: (place) =>
        place.refuse('GetObject', { Bucket: place.given('bucket'), Key: keyOf(place, 'never') }, ['NoSuchKey']),
    },
    {
      name: 'answers 404 without a body to the head of a key that is not there',
      source: 'API reference, HeadObject: a generic code, because there is no body',
      needs: ['bucket'],
      run: (place) =>
        place.refuse('HeadObject', { Bucket: place.given('bucket'), Key: keyOf(place, 'never') }, ['NotFound']),
    },
    {
      name: 'refuses a bucket that does not exist',
      source: 'API reference, error responses',
      run: (place) => place.refuse('ListObjectsV2', { Bucket: `${place.uniqueName}-none` }, ['NoSuchBucket']),
    },
    {
      name: 'refuses a body that does not have the checksum that was sent',
      source: 'User guide, checking object integrity',
      needs: ['bucket'],
      run: (place) =>
        place.refuse(
          'PutObject',
          {
            Bucket: place.given('bucket'),
            Key: keyOf(place, 'never'),
            Body: 'a',
            ChecksumSHA256: createHash('sha256').update('b').digest('base64'),
          },
          ['BadDigest', 'XAmzContentChecksumMismatch'],
        ),
    },
  ],
};
