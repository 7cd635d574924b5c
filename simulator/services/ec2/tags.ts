import { ServiceError } from '../../kernel/service.ts';

export type Tags = Readonly<Record<string, string>>;
export type TagList = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

/** EC2 User Guide, tag restrictions: tags that start with `aws:` do not count. */
const MAXIMUM_TAGS = 50;

export function tagsOf(list: TagList | undefined): Tags {
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}

export function tagListOf(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** @throws ServiceError when a caller's tag uses the reserved prefix or a resource would have too many. */
export function mergeTags(existing: Tags, added: Tags): Tags {
  const reserved = Object.keys(added).find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Tag keys starting with 'aws:' are reserved for internal use: ${reserved}`,
    );
  }
  const merged = { ...existing, ...added };
  if (Object.keys(merged).filter((key) => !key.startsWith('aws:')).length > MAXIMUM_TAGS) {
    throw new ServiceError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
  }
  return merged;
}

/** Takes away the named tags; a value that is given must be the tag's own. */
export function withoutTags(existing: Tags, removed: TagList | undefined): Tags {
  const isRemoved = (key: string, value: string) =>
    removed === undefined
      ? !key.startsWith('aws:')
      : removed.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
  return Object.fromEntries(Object.entries(existing).filter(([key, value]) => !isRemoved(key, value)));
}
