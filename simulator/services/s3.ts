import type { Kernel } from '../kernel/kernel.ts';
import { type Service, ServiceError } from '../kernel/service.ts';
import type { Authority, PolicyDocument } from './kms/authority.ts';
import type { Kms } from './kms.ts';
import { type Bucket, type BucketSpec, createBucket } from './s3/bucket.ts';
import { createBucketOperations } from './s3/bucket-operations.ts';
import { createListOperations } from './s3/list-objects.ts';
import { createPutOperation } from './s3/put-object.ts';
import { createReadOperations } from './s3/read-object.ts';

export type S3 = {
  readonly service: Service;
  readonly createBucket: (spec: BucketSpec) => { readonly bucketName: string; readonly arn: string };
  /** @throws {ServiceError} `BucketNotEmpty` */
  readonly deleteBucket: (bucketName: string) => void;
  readonly setPolicy: (bucketName: string, policy: PolicyDocument | undefined) => void;
  readonly bucket: (bucketName: string) => BucketSpec | undefined;
  /** What scenarios, tests and people read without a call; undefined when there is no such object. */
  readonly object: (bucketName: string, key: string) => { readonly body: Buffer; readonly etag: string } | undefined;
  readonly keys: (bucketName: string) => readonly string[];
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Authority, 'authorize' | 'setResourcePolicy'>;
  readonly kms: Kms;
  /** Whether PutObject with If-Match asks for s3:GetObject as well. Not confirmed by a source that could be read; on. */
  readonly conditionalWritesNeedRead?: boolean;
};

/** The buckets of the account, strongly consistent. */
export function createS3({ kernel, iam, kms, conditionalWritesNeedRead = true }: Dependencies): S3 {
  const buckets = new Map<string, Bucket>();
  const bucket = (bucketName: string) => buckets.get(bucketName);
  const arnOf = (bucketName: string) => `arn:${kernel.identity.partition}:s3:::${bucketName}`;
  const objects = { kernel, iam, kms, bucket };

  return {
    service: {
      model: 's3',
      name: 'S3',
      operations: {
        ...createReadOperations(objects),
        PutObject: createPutOperation(objects, { conditionalWritesNeedRead }),
        ...createListOperations(objects),
        ...createBucketOperations({ ...objects, buckets: () => [...buckets.values()] }),
      },
    },
    createBucket(spec) {
      const { bucketName } = spec;
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucketName)) {
        throw new ServiceError('InvalidBucketName', `The specified bucket is not valid: ${bucketName}`);
      }
      if (buckets.has(bucketName))
        throw new ServiceError('BucketAlreadyOwnedByYou', `Bucket ${bucketName} already exists`);
      buckets.set(bucketName, createBucket(spec, kernel.clock));
      return { bucketName, arn: arnOf(bucketName) };
    },
    deleteBucket(bucketName) {
      if (bucket(bucketName)?.isEmpty() === false) {
        throw new ServiceError('BucketNotEmpty', `The bucket you tried to delete is not empty: ${bucketName}`, {
          status: 409,
        });
      }
      buckets.delete(bucketName);
      iam.setResourcePolicy(arnOf(bucketName), undefined);
    },
    setPolicy(bucketName, policy) {
      if (!buckets.has(bucketName))
        throw new ServiceError('NoSuchBucket', `The specified bucket does not exist: ${bucketName}`);
      iam.setResourcePolicy(arnOf(bucketName), policy);
    },
    bucket: (bucketName) => bucket(bucketName)?.spec,
    object: (bucketName, key) => bucket(bucketName)?.current(key),
    keys: (bucketName) => bucket(bucketName)?.keys() ?? [],
  };
}
