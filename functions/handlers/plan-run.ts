import * as v from 'valibot';
import { describeAges } from '../adapters/ec2-images.ts';
import { withImages } from '../adapters/ec2-instances.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { listFollowers, type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { rolloutOf, waitsForProof } from '../domain/empty-groups.ts';
import { RunFileUnreadable } from '../domain/errors.ts';
import { Image } from '../domain/image.ts';
import { leaseHolder } from '../domain/lease.ts';
import { GroupName, type NodeGroup } from '../domain/node-group.ts';
import { concernsChannel, planGroup, selectGroups } from '../domain/plan.ts';
import type { ClusterView } from '../domain/preflight.ts';
import { changedSince } from '../domain/regression.ts';
import type { Plan } from '../domain/report.ts';
import { countFromZero, nonEmpty, strictObject } from '../domain/shapes.ts';
import type { StateFile } from '../domain/state-file.ts';
import { getsVersion, joinUnits, unitsTogether } from '../domain/template-unit.ts';
import { withPin } from '../domain/unpin.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

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
  /** When AMIs were made; those that EC2 does not know are missing. */
  readonly describeAges: (amiIds: readonly string[]) => Promise<ReadonlyMap<string, Date>>;
  readonly now: () => Date;
};

/** From this retry on, which comes after about a minute, an unreachable cluster blocks its own groups and no others. */
const patience = 5;

/** One look at each cluster, however many of the groups are in it. */
async function viewClusters(groups: readonly NodeGroup[], view: (name: string) => Promise<ClusterView>) {
  const names = [...new Set(groups.flatMap(({ cluster }) => cluster ?? []))];
  return new Map(await Promise.all(names.map(async (name) => [name, await view(name)] as const)));
}

const rolloutsOf = (plan: Plan) =>
  unitsTogether(plan.nodeGroups)
    .filter(({ outcome }) => outcome === 'planned' && !plan.dryRun)
    .map((group) => rolloutOf(plan, group));

/**
 * Step "Plan run": decides for every node group of the image's channel what this run will do with it, and writes that
 * down. Changes nothing in any group, so it may run any number of times.
 */
export const planRun = ({ drivers, withImages, viewCluster, files, describeAges, now }: Dependencies) => {
  /** A file that cannot be read ends the rollout of its own group, not the plan of all. */
  const findLast = async ({ cluster = '', name }: NodeGroup) => {
    try {
      return (await files.findState({ cluster, nodeGroup: name }))?.state;
    } catch (error) {
      if (error instanceof RunFileUnreadable) return undefined;
      throw error;
    }
  };

  const findContext = async (group: NodeGroup) => {
    const last = await findLast(group);
    const activeReplacement = await drivers[group.kind].findActive(group);
    return { last, activeReplacement, leaseHolder: activeReplacement && leaseHolder(last, now()) };
  };

  /** Asks for the ages of AMIs only when a group launches another one than its last rollout has left it on. */
  const findAges = (groups: readonly NodeGroup[], contexts: readonly { readonly last: StateFile | undefined }[]) => {
    const changes = groups.flatMap((group, index) => changedSince(group, contexts[index]?.last) ?? []);
    return describeAges([...new Set(changes.flatMap(({ promoted, amiId }) => [promoted.amiId, amiId]))]);
  };

  return async ({ run, image, nodeGroups, dryRun = false, retries = 0 }: Input) => {
    const isWanted = (tags: Readonly<Record<string, string>>) => concernsChannel(tags, image.name);
    const found = await Promise.all(Object.values(drivers).map((driver) => driver.discover(isWanted)));
    const groups = await withImages(selectGroups(found.flat(), image.name, nodeGroups));
    const whenUnavailable = retries < patience ? 'try-again' : 'give-up';
    const clusters = await viewClusters(groups, (name) => viewCluster(name, whenUnavailable));
    const contexts = await Promise.all(groups.map(findContext));
    const madeAt = await findAges(groups, contexts);
    const planned = groups.map((found, index) => {
      const group = withPin(found, contexts[index]?.last);
      const cluster = group.cluster === undefined ? undefined : clusters.get(group.cluster);
      const { last, activeReplacement, leaseHolder: holder } = contexts[index] ?? {};
      const context = { image, cluster, last, activeReplacement, leaseHolder: holder, madeAt, now: now() };
      return { group, report: planGroup(group, context) };
    });
    const reports = joinUnits(planned, planned.some(getsVersion) ? await listFollowers(drivers) : [], image.name);
    const limited = nodeGroups !== undefined && { limited: true as const };
    const plan = { run, image, dryRun, ...limited, plannedAt: now().toISOString(), nodeGroups: reports };
    await files.writePlan(plan);
    const rollouts = rolloutsOf(plan);

    const outcomes = plan.nodeGroups.map(({ cluster, name, outcome }) => `${cluster}/${name}: ${outcome}`);
    logger.info('Planned run', { run, answer: rollouts.length, outcomes });
    return { rollouts, ...(plan.nodeGroups.some(waitsForProof) && !dryRun && { waiting: true }) };
  };
};

export const handler = task(
  Input,
  planRun({
    drivers: nodeGroupDrivers,
    withImages,
    viewCluster: clusterReader(() => environment('READER_ROLE_ARN')).view,
    describeAges,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
