import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import type { BuiltNodeGroup } from '../../simulator/scenario/build.ts';
import { remains, takenWithoutEviction } from '../../tests/support/drains.ts';
import type { Played } from '../../tests/support/play.ts';
import { lowestReady } from '../../tests/support/workloads.ts';
import type { NodeGroupDocument } from '../start/document.ts';
import { runFolder } from '../start/run-folder.ts';
import type { Stage } from '../start/stage.ts';

/** How a run may end: with every group patched, with every group as it was, or each with either. */
export type Expected = 'patched' | 'restored' | 'either';

export type Promises = {
  readonly expected: Expected;
  /** Names of reasons that would blame what is not at fault; the AMI's unless given. */
  readonly mayNotBlame?: readonly string[];
  /** What goes wrong may end the rollout before it has changed anything, which is reported as failed. */
  readonly mayFail?: boolean;
  /** Somebody else takes nodes away, too: how few were Ready is not reglaze's doing alone. */
  readonly othersTakeNodes?: boolean;
  /** Somebody else moves the launch template, so that a group that followed it may stay at a number, if that is told. */
  readonly othersMoveTemplate?: boolean;
  /** Somebody else replaces nodes, too. */
  readonly othersChangeGroup?: boolean;
  /** A workload of which so many pods must always be Ready, and none may go without an eviction. */
  readonly available?: { readonly workload: string; readonly pods: number };
  /** What goes wrong ends drains, so that pods end with their machine. */
  readonly mayCutDrains?: boolean;
};

const newAmi = 'ami-0a1b2c3d4e5f60002';
const blamesTheAmi = ['NodeNeverJoined', 'NodesNotVerified'];

/** A group as it stands in the account at the end, and as it was reported. */
type Group = BuiltNodeGroup & {
  readonly path: string;
  readonly amis: readonly string[];
  /** What the next instance would be launched with. */
  readonly templateAmi: string | undefined;
  /** The same, by the launch templates that overrides have for themselves. */
  readonly overrideAmis: readonly (string | undefined)[];
  readonly version: string | undefined;
  readonly versionBefore: string;
  readonly report: NodeGroupDocument | undefined;
};

/** Sentences whose condition holds. */
const only = (...broken: readonly (readonly [boolean, string])[]): string[] =>
  broken.flatMap(([isBroken, sentence]) => (isBroken ? sentence : []));

/** Every promise that a run has broken, in sentences. It looks at the account; what was reported is held against that. */
export function brokenPromises(played: Played, promises: Promises): string[] {
  const { stage, log } = played;
  const groups = stage.nodeGroups.map((group) => lookAt(played, group));
  return [
    ...groups.flatMap((group) => [
      ...endOf(played, group, promises),
      ...capacityOf(played, group, promises),
      ...replacementsOf(log, group, promises),
    ]),
    ...availabilityOf(played, promises),
    ...remains(played)
      .filter((left) => !(promises.othersMoveTemplate && isToldPin(left, played)))
      // The turn of a drain that is ended runs out, and its Lease goes when the next node takes one.
      .filter((left) => !(promises.mayCutDrains && left.endsWith(' turns'))),
    ...executionsOf(stage),
    ...runOf(played, groups, promises),
    ...publicationOf(played, groups, promises),
    ...blameIn(played, promises),
    ...unheard(stage),
    ...log.filter(({ kind }) => kind === 'defect' || kind === 'refused').map(({ details }) => JSON.stringify(details)),
  ];
}

const parameter = '/reglaze/windows-2022-core/broad/ami-id';

/** The parameter names an AMI that every group is on, or none; and it does when the run says so, or ended green. */
function publicationOf({ stage, document }: Played, groups: readonly Group[], promises: Promises): string[] {
  const { parameters } = stage.account.ssm;
  const value = parameters.exists(parameter) ? parameters.get(parameter).value : undefined;
  const isEverywhere = groups.every(({ amis }) => amis.every((ami) => ami === newAmi));
  const isGreen = document.run.status === 'SUCCEEDED' && groups.every(({ report }) => report?.outcome === 'patched');
  return only(
    [value !== undefined && value !== newAmi, `${parameter} names ${value}`],
    [value === newAmi && !isEverywhere && !promises.othersChangeGroup, `${parameter} names an AMI that not all run`],
    [value === undefined && (isGreen || document.publishedAs !== undefined), `${parameter} was not written`],
  );
}

function lookAt({ stage, document }: Played, group: BuiltNodeGroup): Group {
  const { account, scenario } = stage;
  const { cluster, name, autoScalingGroupName } = group;
  const found = account.autoScaling.group(autoScalingGroupName);
  const policy = found?.mixedInstancesPolicy?.LaunchTemplate;
  const mixed = policy?.LaunchTemplateSpecification;
  const { LaunchTemplateId = '', Version = '$Default' } = found?.launchTemplate ?? mixed ?? {};
  const built = scenario.clusters.find((each) => each.name === cluster)?.nodeGroups.find((each) => each.name === name);
  return {
    ...group,
    path: `${cluster}/${name}`,
    amis: (found?.instances ?? []).map(({ imageId }) => imageId),
    templateAmi: account.ec2.launchTemplate({ LaunchTemplateId }, Version).data.ImageId,
    overrideAmis: (policy?.Overrides ?? []).flatMap(({ LaunchTemplateSpecification: own }) =>
      own === undefined
        ? []
        : [
            account.ec2.launchTemplate({ LaunchTemplateId: own.LaunchTemplateId }, own.Version ?? '$Default').data
              .ImageId,
          ],
    ),
    version: (found?.launchTemplate ?? mixed)?.Version,
    versionBefore: versionBefore(built),
    report: document.nodeGroups.find((each) => each.cluster === cluster && each.name === name),
  };
}

/** What the group named before: an alias, a number of its own, or that of the newest version. */
const versionBefore = (built: { version: string | number; olderVersions: number } | undefined): string =>
  built === undefined || built.version === 'number' ? String((built?.olderVersions ?? 0) + 1) : String(built.version);

const storedIn = ({ account, stack }: Stage, key: string): string | undefined =>
  account.s3.object(stack.outputs.RunBucketName ?? '', key)?.body.toString();

/** A group ends on the new AMI or on the old one, as a whole, in the version that it should be in. */
function endOf(played: Played, group: Group, promises: Promises): string[] {
  const { path, amis, kind, templateAmi, overrideAmis, version, versionBefore } = group;
  const { expected, othersMoveTemplate = false } = promises;
  const othersChangeGroup = (promises.othersChangeGroup ?? false) || othersMoveTemplate;
  // A group without instances is what it would launch.
  const [ami = templateAmi] = amis;
  if (ami === undefined || new Set(amis).size > 1) return [`${path} is half done: it runs ${amis.join(', ')}`];
  const end = ami === newAmi ? 'patched' : 'restored';
  const isMoved = end === 'restored' && kind === 'self-managed' && version !== versionBefore;
  return [
    ...only(
      [templateAmi !== ami && !othersMoveTemplate, `${path} runs ${ami}, and would launch ${templateAmi}`],
      [overrideAmis.some((own) => own !== ami), `${path} runs ${ami}, and overrides launch ${overrideAmis.join(', ')}`],
      [expected !== 'either' && expected !== end, `${path} ended ${end} instead of ${expected}`],
      [isMoved && !othersChangeGroup, `${path} is back, but on version ${version} instead of ${versionBefore}`],
    ),
    ...outcomeOf(played, group, end, promises),
  ];
}

/** What is reported of a group is how it ended. */
function outcomeOf(
  { stage, end: { run } }: Played,
  { path, report }: Group,
  end: Expected,
  { mayFail = false }: Promises,
): string[] {
  if (report === undefined) {
    return only([
      storedIn(stage, `${run && runFolder(run)}/plan.json`) !== undefined,
      `${path} was planned and has no outcome`,
    ]);
  }
  const { outcome, reason } = report;
  const isReportedPatched = outcome === 'patched' || outcome === 'up-to-date' || reason?.error === 'VersionPinned';
  return only(
    [isReportedPatched !== (end === 'patched'), `${path} is ${end}, not ${outcome}`],
    [outcome === 'failed' && !mayFail, `${path} is ${end} and is reported failed: ${reason?.error} ${reason?.cause}`],
    [reason?.error === 'OutcomeMissing', `${path} is reported without its cause: ${reason?.cause}`],
  );
}

/** There never were fewer working nodes than wanted, and as many as wanted work at the end. */
function capacityOf({ stage, observer }: Played, group: Group, { othersTakeNodes = false }: Promises): string[] {
  const { path, cluster, name } = group;
  const { desired = 0, lowest = 0 } = observer.readyNodes(cluster, name) ?? {};
  const found = stage.account.autoScaling.group(group.autoScalingGroupName);
  const instances = found?.instances ?? [];
  const ids = new Set(instances.map(({ instanceId }) => instanceId));
  const nodes = stage.clusters.get(cluster)?.nodes() ?? [];
  const working = nodes.filter(({ ready, instanceId }) => ready && ids.has(instanceId ?? '')).length;
  const isSettled = instances.every(({ state }) => state === 'InService');
  return only(
    [lowest < desired && !othersTakeNodes, `${path} had ${lowest} Ready nodes when ${desired} were wanted`],
    [working !== found?.desiredCapacity, `${path} ends with ${working} of ${found?.desiredCapacity} nodes`],
    [!isSettled, `${path} ends with ${instances.map(({ state }) => state).join(', ')}`],
  );
}

/** One way there and at most one way back. */
function replacementsOf(log: readonly LogEntry[], group: Group, { othersChangeGroup = false }: Promises): string[] {
  const ids = log.flatMap(({ kind, details }) => {
    if (kind === 'refresh.status' && details.group === group.autoScalingGroupName) return [details.refreshId];
    return kind === 'nodegroup.update' && details.nodegroup === group.name ? [details.updateId] : [];
  });
  const count = new Set(ids).size;
  return only([count > 2 && !othersChangeGroup, `${group.path} was replaced ${count} times`]);
}

/** As many pods of the workload as its budget asks for were always Ready, and each was asked to go. */
function availabilityOf({ log, stage }: Played, { available, mayCutDrains = false }: Promises): string[] {
  const [cluster] = stage.clusters.keys();
  if (available === undefined || cluster === undefined || mayCutDrains) return [];
  const lowest = lowestReady(log, cluster, available.workload);
  return [
    ...only([lowest < available.pods, `${available.workload} had ${lowest} of ${available.pods} Ready pods`]),
    ...takenWithoutEviction(log, cluster).map(({ pod }) => `${pod} was not asked to go`),
  ];
}

/** A pin that the group's report explains. */
const isToldPin = (left: string, { document }: Played): boolean =>
  document.nodeGroups.some(
    ({ name, reason }) =>
      left.startsWith(`pin of ${name} `) &&
      (reason?.error === 'VersionPinned' || reason?.cause.includes(' stays at version ')),
  );

/** Nothing runs on, and whatever had to be settled was. */
function executionsOf({ account }: Stage): string[] {
  return account.stepFunctions
    .executions()
    .flatMap(({ name, machineName, status, error, cause }) =>
      only(
        [status === 'RUNNING', `${name} still runs`],
        [machineName.endsWith('-settle') && status !== 'SUCCEEDED', `${name} ended ${status}: ${error} ${cause}`],
      ),
    );
}

/** The run is green only when each of its groups is on the new AMI, and it was told as it ended. */
function runOf({ stage, end }: Played, groups: readonly Group[], { expected }: Promises): string[] {
  const { run } = end;
  if (run === undefined) return only([expected !== 'either', 'no run was started']);
  const stored = storedIn(stage, `${runFolder(run)}/summary.json`);
  if (stored === undefined) return ['the run was never reported'];
  const { status } = JSON.parse(stored) as { readonly status: string };
  const isGreen = run.status === 'SUCCEEDED';
  const isPatched = groups.every(({ amis }) => amis.every((ami) => ami === newAmi));
  return only(
    [expected === 'patched' && !isGreen, `the run ended ${run.status}: ${run.error} ${run.cause?.slice(0, 300)}`],
    [expected === 'restored' && isGreen, 'the run is green although it went back'],
    [isGreen && !isPatched, 'the run is green although a group is not patched'],
    [isGreen !== (status === 'succeeded'), `the run ended ${run.status} and is reported ${status}`],
  );
}

function blameIn({ document }: Played, { mayNotBlame = blamesTheAmi }: Promises): string[] {
  return document.nodeGroups.flatMap(({ reason }) =>
    reason !== undefined && mayNotBlame.includes(reason.error) ? `${reason.error} is blamed: ${reason.cause}` : [],
  );
}

/** What lies in a queue for people has rung. */
function unheard({ account, stack }: Stage): string[] {
  return stack.resources
    .filter(({ type }) => type === 'AWS::SQS::Queue')
    .flatMap(({ logicalId, attributes }) => {
      const arn = String(attributes.Arn);
      const name = account.sqs.queue(arn)?.queueName;
      const rings = account.cloudWatch.alarms
        .all()
        .some(({ dimensions, state }) => dimensions?.QueueName === name && state === 'ALARM');
      const count = account.sqs.messages(arn).length;
      return only([count > 0 && !rings, `${logicalId} holds ${count} messages and nobody is told`]);
    });
}
