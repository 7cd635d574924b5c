import type { Clock } from '../../kernel/clock.ts';
import type { ChecksumAlgorithm } from './checksums.ts';

export type BucketSpec = {
  readonly bucketName: string;
  readonly encryption?: BucketEncryption;
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly lifecycle?: readonly LifecycleRule[];
  readonly publicAccessBlock?: Readonly<Record<string, boolean>>;
  readonly objectOwnership?: 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter';
};

export type BucketEncryption = {
  readonly algorithm: 'AES256' | 'aws:kms';
  readonly kmsKey?: string;
  readonly bucketKey?: boolean;
};

export type LifecycleRule = {
  readonly prefix?: string;
  readonly expirationDays?: number;
  readonly noncurrentExpirationDays?: number;
};

export type StoredObject = {
  readonly versionId: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly lastModified: number;
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  readonly encryption: BucketEncryption;
};

type DeleteMarker = { readonly versionId: string; readonly lastModified: number; readonly deleted: true };
type Version = StoredObject | DeleteMarker;

export type Bucket = {
  readonly spec: BucketSpec;
  readonly createdAt: number;
  readonly write: (key: string, object: StoredObject) => void;
  /** Puts a delete marker in front where versions are kept, and answers its id; deletes the object elsewhere. */
  readonly remove: (key: string, markerId: string) => string | undefined;
  /** The current object; undefined when there is none or a delete marker stands in front. */
  readonly current: (key: string) => StoredObject | undefined;
  readonly version: (key: string, versionId: string) => StoredObject | undefined;
  /** Keys that have a current object, in UTF-8 binary order. */
  readonly keys: () => readonly string[];
  readonly isEmpty: () => boolean;
};

const dayMs = 86_400_000;

/**
 * The objects of one bucket. Reads after writes see them at once. Lifecycle rules are applied when somebody looks;
 * in S3 a nightly job does it, with the same result for whoever reads.
 */
export function createBucket(spec: BucketSpec, clock: Pick<Clock, 'now'>): Bucket {
  const objects = new Map<string, Version[]>();

  const versionsOf = (key: string): readonly Version[] => {
    const versions = objects.get(key);
    if (versions === undefined) return [];
    const kept = applyLifecycle(key, versions, spec, clock.now());
    if (kept.length === 0) objects.delete(key);
    else objects.set(key, kept);
    return kept;
  };
  const current = (key: string) => live(versionsOf(key).at(-1));

  return {
    ...{ spec, createdAt: clock.now() },
    remove(key, markerId) {
      const versionId = spec.versioning === 'Enabled' ? markerId : 'null';
      const kept = versionsOf(key).filter((version) => version.versionId !== versionId);
      const marker: DeleteMarker = { versionId, lastModified: clock.now(), deleted: true };
      const left = spec.versioning === undefined ? kept : [...kept, marker];
      if (left.length === 0) objects.delete(key);
      else objects.set(key, left);
      return spec.versioning === undefined ? undefined : versionId;
    },
    write(key, object) {
      const before = versionsOf(key);
      // Without versioning, or while it is suspended, the version "null" is the one that is replaced.
      const kept = spec.versioning === 'Enabled' ? before : before.filter(({ versionId }) => versionId !== 'null');
      objects.set(key, [...kept, object]);
    },
    current,
    version: (key, versionId) => live(versionsOf(key).find((version) => version.versionId === versionId)),
    keys: () => [...objects.keys()].filter((key) => current(key) !== undefined).sort(compareBytes),
    isEmpty: () => [...objects.keys()].every((key) => versionsOf(key).length === 0),
  };
}

function live(version: Version | undefined): StoredObject | undefined {
  return version === undefined || 'deleted' in version ? undefined : version;
}

function applyLifecycle(key: string, versions: readonly Version[], spec: BucketSpec, now: number): Version[] {
  let kept = [...versions];
  for (const { prefix = '', expirationDays, noncurrentExpirationDays } of spec.lifecycle ?? []) {
    if (!key.startsWith(prefix)) continue;
    kept = expireCurrent(kept, spec, expirationDays, now);
    kept = expireNoncurrent(kept, noncurrentExpirationDays, now);
  }
  return kept;
}

function expireCurrent(versions: Version[], spec: BucketSpec, days: number | undefined, now: number): Version[] {
  const newest = versions.at(-1);
  if (days === undefined || newest === undefined || 'deleted' in newest) return versions;
  const due = expiry(newest.lastModified, days);
  if (now < due) return versions;
  if (spec.versioning !== 'Enabled') return versions.slice(0, -1);
  return [...versions, { versionId: `expired-${newest.versionId}`, lastModified: due, deleted: true }];
}

function expireNoncurrent(versions: Version[], days: number | undefined, now: number): Version[] {
  if (days === undefined) return versions;
  return versions.filter((_, index) => {
    const successor = versions[index + 1];
    return successor === undefined || now < expiry(successor.lastModified, days);
  });
}

/** Days are counted from the next midnight UTC. Source: S3 User Guide, "Lifecycle rules: based on an object's age". */
function expiry(since: number, days: number): number {
  return Math.ceil((since + days * dayMs) / dayMs) * dayMs;
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
