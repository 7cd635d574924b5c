import type { DrainInput } from '../domain/drain-input.ts';
import { DrainRecord } from '../domain/drain-record.ts';
import { openRunBucket, type RunBucket } from './run-bucket.ts';

/** A drain record as it was read: `save` writes only if nobody else has written since. */
export type StoredDrain = {
  readonly record: DrainRecord;
  /** Writes a new record; the same object again is not written. Throws `StateFileChanged`. */
  readonly save: (record: DrainRecord) => Promise<StoredDrain>;
};

type GroupName = Pick<DrainInput, 'cluster' | 'nodeGroup'>;
type Drain = GroupName & Pick<DrainInput, 'instanceId' | 'move'>;

/** Names may contain what paths may not. */
const part = encodeURIComponent;
const folderOf = ({ cluster, nodeGroup }: GroupName) => `drains/${part(cluster)}/${part(nodeGroup)}/`;
const pathOf = ({ instanceId, move, ...group }: Drain) =>
  `${folderOf(group)}${part(instanceId)}${move === undefined ? '' : `-${part(move)}`}.json`;

/** The records of drains, one for each instance that left; for one of a warm pool, one for each time. */
export type DrainRecords = ReturnType<typeof openDrainRecords>;

export function openDrainRecords(bucket: Pick<RunBucket, 'read' | 'replace' | 'list'>) {
  const stored = (path: string, record: DrainRecord, etag: string): StoredDrain => ({
    record,
    save: async (next) =>
      next === record ? stored(path, record, etag) : stored(path, next, await bucket.replace(path, next, etag)),
  });

  const find = async (drain: Drain): Promise<StoredDrain | undefined> => {
    const path = pathOf(drain);
    const file = await bucket.read(path, DrainRecord);
    return file && stored(path, file.content, file.etag);
  };

  return {
    /** What happened so far; undefined when nothing has. */
    find,
    /** The nodes that left during a run. Reads only what was written since it took the group: records stay for good. */
    listOfRun: async ({ run, ...group }: GroupName & { readonly run: string }, since: Date) => {
      const paths = await bucket.list(folderOf(group), since);
      const files = await Promise.all(paths.map((path) => bucket.read(path, DrainRecord)));
      return files.flatMap((file) => (file?.content.run === run ? [file.content] : []));
    },
    /** The first record of a drain. Throws `StateFileChanged` when there is one already. */
    create: async (record: DrainRecord): Promise<StoredDrain> => {
      const path = pathOf(record);
      return stored(path, record, await bucket.replace(path, record, undefined));
    },
  };
}

/** The records in the bucket of that name. */
export const drainRecordsIn = (bucketName: () => string): DrainRecords => openDrainRecords(openRunBucket(bucketName));
