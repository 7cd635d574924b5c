import * as v from 'valibot';
import { describeAges } from '../adapters/ec2-images.ts';
import { withImages } from '../adapters/ec2-instances.ts';
import { type ViewBudgets, viewBudgetsAs } from '../adapters/impossible-budgets.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { type FindMoverRefusal, moverRefusals } from '../adapters/mover-access.ts';
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
import { needsPods } from '../domain/tags.ts';
import { getsVersion, joinUnits, unitsTogether } from '../domain/template-unit.ts';
import { withPin } from '../domain/unpin.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({
  run: nonEmpty,
  image: Image,
  nodeGroups: v.optional(v.pipe(v.array(GroupName), v.minLength(1))),
  dryRun: v.optional(v.boolean()),
  /** Rolls out an AMI again that a smoke test has blamed. */
  retryFailedAmi: v.optional(v.boolean()),
  /** Given by the machine: how often it has tried this step again. */
  retries: v.optional(countFromZero),
});
type Input = v.InferOutput<typeof Input>;

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly withImages: (groups: readonly NodeGroup[]) => Promise<NodeGroup[]>;
  readonly viewCluster: ClusterReader['view'];
  readonly findPodsRefusal: ClusterReader['findPodsRefusal'];
  readonly findMoverRefusal: FindMoverRefusal;
  readonly viewBudgets: ViewBudgets;
  readonly files: Pick<RunFiles, 'findState' | 'writePlan'>;
  /** When AMIs were made; those that EC2 does not know are missing. */
  readonly describeAges: (amiIds: readonly string[]) => Promise<ReadonlyMap<string, Date>>;
  readonly now: () => Date;
};

/** From this retry on, which comes after about a minute, an unreachable cluster blocks its own groups and no others. */
const patience = 5;

/** What groups of a cluster need there beyond reading its nodes. */
type Needs = { readonly drains: boolean; readonly pods: boolean };
type ViewCluster = (name: string, needs: Needs) => Promise<ClusterView>;

/** One look at each cluster, however many of the groups are in it. */
async function viewClusters(groups: readonly NodeGroup[], view: ViewCluster) {
  const names = [...new Set(groups.flatMap(({ cluster }) => cluster ?? []))];
  const needsOf = (name: string): Needs => {
    const own = groups.filter(({ cluster }) => cluster === name);
    return { drains: own.some(({ kind }) => kind === 'self-managed'), pods: own.some(({ tags }) => needsPods(tags)) };
  };
  return new Map(await Promise.all(names.map(async (name) => [name, await view(name, needsOf(name))] as const)));
}

/** What a plan sees of a cluster: its nodes, and whether what else its groups need of us there is allowed. */
const viewWith =
  (
    {
      viewCluster,
      findMoverRefusal,
      findPodsRefusal,
      viewBudgets,
    }: Pick<Dependencies, 'viewCluster' | 'findMoverRefusal' | 'findPodsRefusal' | 'viewBudgets'>,
    whenUnavailable: 'try-again' | 'give-up',
  ): ViewCluster =>
  async (name, { drains, pods }) => {
    const view = await viewCluster(name, whenUnavailable);
    if ('refused' in view) return view;
    const moverRefused = drains ? await findMoverRefusal(name, whenUnavailable) : undefined;
    const podsRefused = pods ? await findPodsRefusal(name, whenUnavailable) : undefined;
    const budgets = await viewBudgets(name, whenUnavailable);
    return { ...view, budgets, ...(moverRefused && { moverRefused }), ...(podsRefused && { podsRefused }) };
  };

const rolloutsOf = (plan: Plan) =>
  unitsTogether(plan.nodeGroups)
    .filter(({ outcome }) => outcome === 'planned' && !plan.dryRun)
    .map((group) => rolloutOf(plan, group));

/**
 * Step "Plan run": decides for every node group of the image's channel what this run will do with it, and writes that
 * down. Changes nothing in any group, so it may run any number of times.
 */
export const planRun = (dependencies: Dependencies) => {
  const { drivers, withImages, files, describeAges, now } = dependencies;

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

  return async ({ run, image, nodeGroups, dryRun = false, retryFailedAmi, retries = 0 }: Input) => {
    const isWanted = (tags: Readonly<Record<string, string>>) => concernsChannel(tags, image.name);
    const found = await Promise.all(Object.values(drivers).map((driver) => driver.discover(isWanted)));
    const groups = await withImages(selectGroups(found.flat(), image, nodeGroups));
    const clusters = await viewClusters(groups, viewWith(dependencies, retries < patience ? 'try-again' : 'give-up'));
    const contexts = await Promise.all(groups.map(findContext));
    const madeAt = await findAges(groups, contexts);
    const asked = { image, retryFailedAmi, madeAt, now: now() };
    const planned = groups.map((found, index) => {
      const group = withPin(found, contexts[index]?.last);
      const cluster = group.cluster === undefined ? undefined : clusters.get(group.cluster);
      const { last, activeReplacement, leaseHolder: holder } = contexts[index] ?? {};
      const context = { ...asked, cluster, last, activeReplacement, leaseHolder: holder };
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

const reader = clusterReader(() => environment('READER_ROLE_ARN'));

export const handler = task(
  Input,
  planRun({
    drivers: nodeGroupDrivers,
    withImages,
    viewCluster: reader.view,
    findPodsRefusal: reader.findPodsRefusal,
    viewBudgets: viewBudgetsAs(() => environment('READER_ROLE_ARN')),
    findMoverRefusal: moverRefusals(() => environment('MOVER_ROLE_ARN')),
    describeAges,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
