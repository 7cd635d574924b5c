import type { GetObjectCommandInput, HeadObjectCommandInput } from '@aws-sdk/client-s3';
import { learnOfMissingObject, onResource, readObject, readWithKey } from '../../iam/dependent-actions.ts';
import { type Caller, type Operation, type Permission, ServiceError } from '../../kernel/service.ts';
import type { StoredObject } from './bucket.ts';
import { checkReadConditions, notImplemented } from './conditions.ts';
import { createBucketLookup, createKeyLookup, type ObjectDependencies, refuseUnsimulated } from './object-access.ts';
import { describe, type ReadInput, responseHeaders } from './object-reply.ts';
import { parseRange } from './range.ts';

/** GetObject and HeadObject, and what they check before they show anything. */
export function createReadOperations({ kernel, iam, kms, bucket }: ObjectDependencies) {
  const customerKey = createKeyLookup(kms);
  const existing = createBucketLookup({ kernel, bucket });

  const stored = ({ Bucket = '', Key = '', VersionId }: ReadInput) =>
    VersionId === undefined ? bucket(Bucket)?.current(Key) : bucket(Bucket)?.version(Key, VersionId);

  /** HeadObject needs the key only when it is to show the checksum. Source: S3 API Reference, HeadObject, ChecksumMode. */
  const needs = (input: ReadInput, usesKey: boolean): readonly Permission[] => {
    const { Bucket = '', Key = '', VersionId } = input;
    const keyArn = usesKey ? customerKey(stored(input)?.encryption) : undefined;
    return [
      VersionId === undefined
        ? readObject(Bucket, Key)
        : onResource('s3:GetObjectVersion', `arn:aws:s3:::${Bucket}/${Key}`),
      ...(keyArn === undefined ? [] : readWithKey(kernel.identity, 's3', keyArn)),
    ];
  };

  const read = (input: ReadInput, caller: Caller): StoredObject => {
    refuseUnsimulated(input);
    const { Bucket = '', VersionId } = input;
    existing(Bucket, input.ExpectedBucketOwner);
    const object = stored(input);
    if (object === undefined) {
      const mayList = iam.authorize(caller, learnOfMissingObject(Bucket)).allowed;
      if (!mayList) throw new ServiceError('AccessDenied', 'Access Denied', { status: 403 });
      throw VersionId === undefined
        ? new ServiceError('NoSuchKey', 'The specified key does not exist.', { status: 404 })
        : new ServiceError('NoSuchVersion', 'The specified version does not exist.', { status: 404 });
    }
    checkReadConditions(input, object);
    return object;
  };

  const getObject: Operation<GetObjectCommandInput> = {
    needs: (input) => needs(input, true),
    run(input, { caller }) {
      const object = read(input, caller);
      const range = input.Range === undefined ? undefined : parseRange(input.Range, object.body.length);
      const body = range === undefined ? object.body : object.body.subarray(range.start, range.end + 1);
      return {
        ...describe(object, input, range === undefined, bucket(input.Bucket ?? '')),
        ...responseHeaders(input),
        ContentLength: body.length,
        ...(range !== undefined && { ContentRange: `bytes ${range.start}-${range.end}/${object.body.length}` }),
        Body: body,
      };
    },
  };
  const headObject: Operation<HeadObjectCommandInput> = {
    needs: (input) => needs(input, input.ChecksumMode === 'ENABLED'),
    run(input, { caller }) {
      if (input.Range !== undefined) throw notImplemented('Range of HeadObject');
      const object = read(input, caller);
      return {
        ...describe(object, input, true, bucket(input.Bucket ?? '')),
        ...responseHeaders(input),
        ContentLength: object.body.length,
      };
    },
  };
  return { GetObject: getObject, HeadObject: headObject };
}
