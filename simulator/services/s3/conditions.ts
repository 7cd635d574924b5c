import { ServiceError } from '../../kernel/service.ts';
import type { StoredObject } from './bucket.ts';

type WriteConditions = { readonly IfMatch?: string | undefined; readonly IfNoneMatch?: string | undefined };
type ReadConditions = WriteConditions & {
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
};

/**
 * Conditional writes. A write here is one instant, so the 409 ConditionalRequestConflict of two writes under way at
 * once cannot arise by itself; a scenario asks for it as a fault of the call. Source: S3 User Guide, "How to prevent
 * object overwrites with conditional writes".
 *
 * @throws {ServiceError} `PreconditionFailed` 412, `NoSuchKey` 404 for If-Match without an object, `NotImplemented` 501
 */
export function checkWriteConditions(
  { IfMatch, IfNoneMatch }: WriteConditions,
  current: StoredObject | undefined,
): void {
  if (IfMatch !== undefined && IfNoneMatch !== undefined) throw notImplemented('If-Match together with If-None-Match');
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') throw notImplemented('If-None-Match with an ETag');
    if (current !== undefined) throw preconditionFailed('If-None-Match');
  }
  if (IfMatch === undefined) return;
  if (current === undefined) throw new ServiceError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
  if (!sameTag(IfMatch, current.etag)) throw preconditionFailed('If-Match');
}

/**
 * Conditional reads; the ETag conditions take precedence over the dates. Source: S3 API Reference, GetObject.
 *
 * @throws {ServiceError} `PreconditionFailed` 412, `NotModified` 304
 */
export function checkReadConditions(conditions: ReadConditions, { etag, lastModified }: StoredObject): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modified = Math.floor(lastModified / 1000) * 1000;
  if (IfMatch !== undefined && !sameTag(IfMatch, etag)) throw preconditionFailed('If-Match');
  if (IfMatch === undefined && IfUnmodifiedSince !== undefined && modified > IfUnmodifiedSince.getTime()) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (IfNoneMatch !== undefined && sameTag(IfNoneMatch, etag)) throw notModified();
  if (IfNoneMatch === undefined && IfModifiedSince !== undefined && modified <= IfModifiedSince.getTime())
    throw notModified();
}

function sameTag(condition: string, etag: string): boolean {
  return condition === '*' || condition.replaceAll('"', '') === etag.replaceAll('"', '');
}

function preconditionFailed(condition: string): ServiceError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new ServiceError('PreconditionFailed', message, { status: 412, members: { Condition: condition } });
}

function notModified(): ServiceError {
  return new ServiceError('NotModified', 'Not Modified', { status: 304 });
}

export function notImplemented(what: string): ServiceError {
  return new ServiceError(
    'NotImplemented',
    `A header you provided implies functionality that is not implemented: ${what}`,
    {
      status: 501,
    },
  );
}
