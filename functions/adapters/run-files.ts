import { Admission } from '../domain/admission.ts';
import { RunFileUnreadable, StateFileChanged } from '../domain/errors.ts';
import { leaseHolder, requireLease } from '../domain/lease.ts';
import type { NodeGroupKey } from '../domain/node-group.ts';
import { Publication } from '../domain/publication.ts';
import { GroupReport, Plan, Summary } from '../domain/report.ts';
import { StateFile } from '../domain/state-file.ts';
import { openRunBucket, type RunBucket } from './run-bucket.ts';

/** One node group's memory, as it was read: `save` writes only if nobody else has written since. */
export type StoredState = {
  readonly state: StateFile;
  /** Writes a new state; the same object again is not written. Throws `StateFileChanged`. */
  readonly save: (state: StateFile) => Promise<StoredState>;
};

type PublicationPlace = Pick<Publication, 'channel' | 'ring'>;
type GroupName = Pick<NodeGroupKey, 'cluster' | 'nodeGroup'>;

/** Names may contain what paths may not. */
const part = encodeURIComponent;
const statePath = ({ cluster, nodeGroup }: GroupName) => `state/${part(cluster)}/${part(nodeGroup)}.json`;
const runPath = (run: string) => `runs/${part(run)}`;
const outcomePath = (run: string, { cluster, nodeGroup }: GroupName) =>
  `${runPath(run)}/outcomes/${part(cluster)}/${part(nodeGroup)}.json`;
const publicationPath = ({ channel, ring }: PublicationPlace) => `published/${part(channel)}/${part(ring)}.json`;
const admissionsPath = ({ run, cluster, nodeGroup }: NodeGroupKey) =>
  `${runPath(run)}/admissions/${part(cluster)}/${part(nodeGroup)}/`;

async function listStates(
  bucket: RunBucket,
  findState: (name: GroupName) => Promise<StoredState | undefined>,
): Promise<StoredState[]> {
  const found: StoredState[] = [];
  for (const path of await bucket.list('state/')) {
    const [, cluster = '', file = ''] = path.split('/').map(decodeURIComponent);
    const stored = await findState({ cluster, nodeGroup: file.replace(/\.json$/, '') });
    if (stored !== undefined) found.push(stored);
  }
  return found;
}

/** The files of runs and node groups, each with its place and its shape. */
export type RunFiles = ReturnType<typeof openRunFiles>;

export function openRunFiles(bucket: RunBucket) {
  const stored = (path: string, state: StateFile, etag: string): StoredState => ({
    state,
    save: async (next) =>
      next === state ? stored(path, state, etag) : stored(path, next, await bucket.replace(path, next, etag)),
  });

  const findState = async (name: GroupName): Promise<StoredState | undefined> => {
    const path = statePath(name);
    const file = await bucket.read(path, StateFile);
    return file && stored(path, file.content, file.etag);
  };

  return {
    findState,
    /** The states of all groups that there ever were. */
    listStates: () => listStates(bucket, findState),
    /** The first state of a group. Throws `StateFileChanged` when there is one already. */
    createState: async (state: StateFile): Promise<StoredState> => {
      const path = statePath(state);
      return stored(path, state, await bucket.replace(path, state, undefined));
    },
    /** The state of a group that the run may work on. Throws `LeaseLost` otherwise. */
    holdState: async (key: NodeGroupKey): Promise<StoredState> => {
      const found = await findState(key);
      requireLease(found?.state, key);
      return found as StoredState;
    },
    writePlan: (plan: Plan) => bucket.write(`${runPath(plan.run)}/plan.json`, plan),
    findPlan: async (run: string) => (await bucket.read(`${runPath(run)}/plan.json`, Plan))?.content,
    writeOutcome: (run: string, report: GroupReport) =>
      bucket.write(outcomePath(run, { cluster: report.cluster, nodeGroup: report.name }), report),
    findOutcome: async (run: string, name: GroupName) =>
      (await bucket.read(outcomePath(run, name), GroupReport))?.content,
    findPublication: (place: PublicationPlace) => bucket.read(publicationPath(place), Publication),
    /** Only if it still is what was read, or there was none. Throws `StateFileChanged` otherwise. */
    savePublication: async (publication: Publication, etag: string | undefined) => {
      await bucket.replace(publicationPath(publication), publication, etag);
    },
    writeSummary: (summary: Summary) => bucket.write(`${runPath(summary.run)}/summary.json`, summary),
    findSummary: async (run: string) => (await bucket.read(`${runPath(run)}/summary.json`, Summary))?.content,
    /** The answer that an instance got, at this of its waits if there are several; the first answer stays. */
    writeAdmission: async (
      { move, ...key }: NodeGroupKey & { readonly move?: string | undefined },
      admission: Admission,
    ): Promise<Admission> => {
      const path = `${admissionsPath(key)}${part(admission.instanceId)}${move === undefined ? '' : `-${part(move)}`}.json`;
      try {
        await bucket.replace(path, admission, undefined);
        return admission;
      } catch (error) {
        const known = error instanceof StateFileChanged ? await bucket.read(path, Admission) : undefined;
        if (known === undefined) throw error;
        return known.content;
      }
    },
  };
}

/** The files in the bucket of that name. */
export const runFilesIn = (bucketName: () => string): RunFiles => openRunFiles(openRunBucket(bucketName));

/** The run that rolls the group now. A state file that cannot be read is no reason to leave a node undrained. */
export async function findRollingRun(
  files: Pick<RunFiles, 'findState'>,
  group: GroupName,
  now: Date,
): Promise<string | undefined> {
  try {
    return leaseHolder((await files.findState(group))?.state, now);
  } catch (error) {
    if (error instanceof RunFileUnreadable) return undefined;
    throw error;
  }
}
