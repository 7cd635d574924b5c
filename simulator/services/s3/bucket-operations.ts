import type { DeleteObjectCommandInput, HeadBucketCommandInput, ListBucketsCommandInput } from '@aws-sdk/client-s3';
import { onEverything, onResource } from '../../iam/dependent-actions.ts';
import { type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import type { Bucket } from './bucket.ts';
import { notImplemented } from './conditions.ts';
import { createBucketLookup, type ObjectDependencies } from './object-access.ts';

type Dependencies = ObjectDependencies & { readonly buckets: () => readonly Bucket[] };

/** ListBuckets, HeadBucket and DeleteObject: what people need around the objects themselves. */
export function createBucketOperations({ kernel, bucket, buckets }: Dependencies): Service['operations'] {
  const { region, accountId } = kernel.identity;
  const existing = createBucketLookup({ kernel, bucket });

  const listBuckets: Operation<ListBucketsCommandInput> = {
    needs: () => [onEverything('s3:ListAllMyBuckets')],
    run({ Prefix = '', BucketRegion = region, MaxBuckets = 10_000, ContinuationToken }) {
      const found = buckets()
        .filter(({ spec }) => spec.bucketName.startsWith(Prefix) && BucketRegion === region)
        .toSorted((a, b) => (a.spec.bucketName < b.spec.bucketName ? -1 : 1));
      const invalidToken = () =>
        new ServiceError('InvalidArgument', 'The continuation token provided is incorrect', { status: 400 });
      const page = paginate(found, { token: ContinuationToken, size: MaxBuckets, invalidToken });
      return {
        Buckets: page.items.map(({ spec, createdAt }) => ({
          ...{ Name: spec.bucketName, CreationDate: new Date(createdAt), BucketRegion: region },
        })),
        Owner: { ID: kernel.random.hex(64, 's3-owner', accountId) },
        ...(page.nextToken !== undefined && { ContinuationToken: page.nextToken }),
      };
    },
  };
  const headBucket: Operation<HeadBucketCommandInput> = {
    needs: ({ Bucket = '' }) => [onResource('s3:ListBucket', `arn:aws:s3:::${Bucket}`)],
    run({ Bucket = '', ExpectedBucketOwner }) {
      existing(Bucket, ExpectedBucketOwner);
      return { BucketRegion: region, AccessPointAlias: false };
    },
  };
  const deleteObject: Operation<DeleteObjectCommandInput> = {
    needs: ({ Bucket = '', Key = '' }) => [onResource('s3:DeleteObject', `arn:aws:s3:::${Bucket}/${Key}`)],
    run({ Bucket = '', Key = '', VersionId, ExpectedBucketOwner, IfMatch, MFA, ...input }) {
      if (VersionId !== undefined) throw notImplemented('DeleteObject of a version');
      if (IfMatch !== undefined || MFA !== undefined || input.BypassGovernanceRetention !== undefined) {
        throw notImplemented('DeleteObject with If-Match, MFA or governance');
      }
      const target = existing(Bucket, ExpectedBucketOwner);
      const markerId = kernel.random.hex(32, 's3-version', Bucket, Key, kernel.clock.now(), 'delete marker');
      const marker = target.remove(Key, markerId);
      kernel.log.write('object.deleted', { bucket: Bucket, key: Key });
      return marker === undefined ? {} : { DeleteMarker: true, VersionId: marker };
    },
  };
  return { ListBuckets: listBuckets, HeadBucket: headBucket, DeleteObject: deleteObject };
}
