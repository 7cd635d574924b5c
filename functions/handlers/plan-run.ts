import * as v from 'valibot';
import { withImages } from '../adapters/ec2-instances.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { rolloutName } from '../domain/execution-name.ts';
import { Image } from '../domain/image.ts';
import { leaseHolder } from '../domain/lease.ts';
import type { NodeGroup } from '../domain/node-group.ts';
import { concernsChannel, planGroup, selectGroups } from '../domain/plan.ts';
import type { ClusterView } from '../domain/preflight.ts';
import type { Plan } from '../domain/report.ts';
import { countFromZero, nonEmpty, strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

const GroupName = strictObject({ cluster: nonEmpty, name: nonEmpty });

export const Input = strictObject({
  run: nonEmpty,
  image: Image,
  nodeGroups: v.optional(v.pipe(v.array(GroupName), v.minLength(1))),
  dryRun: v.optional(v.boolean()),
  /** Given by the machine: how often it has tried this step again. */
  retries: v.optional(countFromZero),
});
type Input = v.InferOutput<typeof Input>;

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly withImages: (groups: readonly NodeGroup[]) => Promise<NodeGroup[]>;
  readonly viewCluster: ClusterReader['view'];
  readonly files: Pick<RunFiles, 'findState' | 'writePlan'>;
  readonly now: () => Date;
};

/** From this retry on, which comes after about a minute, an unreachable cluster blocks its own groups and no others. */
const patience = 5;

/** One look at each cluster, however many of the groups are in it. */
async function viewClusters(groups: readonly NodeGroup[], view: (name: string) => Promise<ClusterView>) {
  const names = [...new Set(groups.flatMap(({ cluster }) => cluster ?? []))];
  return new Map(await Promise.all(names.map(async (name) => [name, await view(name)] as const)));
}

const rolloutsOf = ({ run, image, dryRun, nodeGroups }: Plan) =>
  nodeGroups
    .filter(({ outcome }) => outcome === 'planned' && !dryRun)
    .map(({ cluster, name, kind }) => ({
      run,
      image,
      cluster,
      nodeGroup: name,
      kind,
      executionName: rolloutName(run, cluster, name),
    }));

/**
 * Step "Plan run": decides for every node group of the image's channel what this run will do with it, and writes that
 * down. Changes nothing in any group, so it may run any number of times.
 */
export const planRun = ({ drivers, withImages, viewCluster, files, now }: Dependencies) => {
  const findContext = async (group: NodeGroup) => {
    const activeReplacement = await drivers[group.kind].findActive(group);
    if (activeReplacement === undefined) return { activeReplacement, leaseHolder: undefined };
    const name = { cluster: group.cluster ?? '', nodeGroup: group.name };
    return { activeReplacement, leaseHolder: leaseHolder((await files.findState(name))?.state, now()) };
  };

  return async ({ run, image, nodeGroups, dryRun = false, retries = 0 }: Input) => {
    const isWanted = (tags: Readonly<Record<string, string>>) => concernsChannel(tags, image.name);
    const found = await Promise.all(Object.values(drivers).map((driver) => driver.discover(isWanted)));
    const groups = await withImages(selectGroups(found.flat(), image.name, nodeGroups));
    const whenUnavailable = retries < patience ? 'try-again' : 'give-up';
    const clusters = await viewClusters(groups, (name) => viewCluster(name, whenUnavailable));
    const reports = groups.map(async (group) =>
      planGroup(group, {
        image,
        cluster: group.cluster === undefined ? undefined : clusters.get(group.cluster),
        ...(await findContext(group)),
        now: now(),
      }),
    );
    const plan = { run, image, dryRun, plannedAt: now().toISOString(), nodeGroups: await Promise.all(reports) };
    await files.writePlan(plan);
    const rollouts = rolloutsOf(plan);

    const outcomes = plan.nodeGroups.map(({ cluster, name, outcome }) => `${cluster}/${name}: ${outcome}`);
    logger.info('Planned run', { run, answer: rollouts.length, outcomes });
    return { rollouts };
  };
};

export const handler = task(
  Input,
  planRun({
    drivers: nodeGroupDrivers,
    withImages,
    viewCluster: clusterReader(() => environment('READER_ROLE_ARN')).view,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
