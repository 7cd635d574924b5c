import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import type { BuiltNodeGroup } from '../../simulator/scenario/build.ts';
import { leftovers, type Played } from '../../tests/support/play.ts';
import type { NodeGroupDocument } from '../start/document.ts';
import type { Stage } from '../start/stage.ts';

/** How a run may end: with every group patched, with every group as it was, or each with either. */
export type Expected = 'patched' | 'restored' | 'either';

export type Promises = {
  readonly expected: Expected;
  /** Names of reasons that would blame the wrong thing. */
  readonly mayNotBlame?: readonly string[];
  /** Somebody else has a hand in it: nodes may go that reglaze did not take. */
  readonly othersTakeNodes?: boolean;
  /** A person has changed what the group launches, or how many. */
  readonly othersChangeGroup?: boolean;
};

const blamesTheAmi = ['NodeNeverJoined', 'NodesNotVerified'];

type Group = BuiltNodeGroup & { readonly amis: readonly string[]; readonly templateAmi: string | undefined };

/** Every promise that a run has broken, in sentences. Looks at the account itself; a report is only held against it. */
export function brokenPromises(played: Played, promises: Promises): string[] {
  const { stage, log } = played;
  const groups = stage.nodeGroups.map((group) => lookAt(stage, group));
  return [
    ...groups.flatMap((group) => [
      ...endOf(played, group, promises),
      ...capacityOf(played, group, promises),
      ...replacementsOf(log, group, promises),
    ]),
    ...leftovers(stage),
    ...executionsOf(played, promises),
    ...blamed(played, promises),
    ...unheard(stage),
    ...log.filter(({ kind }) => kind === 'defect' || kind === 'refused').map((entry) => JSON.stringify(entry.details)),
  ];
}

const [oldAmi, newAmi] = ['ami-0a1b2c3d4e5f60001', 'ami-0a1b2c3d4e5f60002'];

function lookAt({ account }: Stage, group: BuiltNodeGroup): Group {
  const found = account.autoScaling.group(group.autoScalingGroupName);
  const { LaunchTemplateId = '', Version = '' } = found?.launchTemplate ?? {};
  const { data } = account.ec2.launchTemplate({ LaunchTemplateId }, Version);
  return { ...group, amis: (found?.instances ?? []).map(({ imageId }) => imageId), templateAmi: data.ImageId };
}

const reportOf = ({ document }: Played, { cluster, name }: BuiltNodeGroup): NodeGroupDocument | undefined =>
  document.nodeGroups.find((each) => each.cluster === cluster && each.name === name);

/** A group ends on the new AMI or on the old one, as a whole, and its report says which. */
function endOf(played: Played, group: Group, { expected, othersChangeGroup }: Promises): string[] {
  const path = `${group.cluster}/${group.name}`;
  const kinds = [...new Set(group.amis)];
  const [ami] = kinds;
  if (kinds.length !== 1) return [`${path} is half done: ${group.amis.join(', ') || 'no instances'}`];
  const end = ami === newAmi ? 'patched' : 'restored';
  const broken: string[] = [];
  if (group.templateAmi !== ami) broken.push(`${path} would launch ${group.templateAmi}, and runs ${ami}`);
  if (expected !== 'either' && expected !== end) broken.push(`${path} ended ${end} instead of ${expected}`);
  const { launchTemplate } = played.stage.account.autoScaling.group(group.autoScalingGroupName) ?? {};
  if (end === 'restored' && group.kind === 'self-managed' && !othersChangeGroup && launchTemplate?.Version !== versionBefore(played, group)) {
    broken.push(`${path} is back, but on version ${launchTemplate?.Version}`);
  }
  const outcome = reportOf(played, group)?.outcome;
  if (outcome === undefined && played.end.run !== undefined && planned(played)) broken.push(`${path} has no outcome`);
  if ((outcome === 'patched' || outcome === 'up-to-date') !== (end === 'patched') && outcome !== undefined) {
    broken.push(`${path} ended ${end} and is reported ${outcome}`);
  }
  if (outcome === 'failed' && end === 'restored' ) broken.push(`${path} is restored and is reported failed (${JSON.stringify(reportOf(played, group)?.reason)})`);
  return broken;
}

const planned = ({ stage, end }: Played): boolean =>
  stage.account.s3.object(stage.stack.outputs.RunBucketName ?? '', `runs/${end.run?.name}/plan.json`) !== undefined;

const versionBefore = ({ stage }: Played, { cluster, name }: BuiltNodeGroup): string => {
  const built = stage.scenario.clusters.find((each) => each.name === cluster)?.nodeGroups.find((each) => each.name === name);
  return String((built?.olderVersions ?? 0) + 1);
};

/** Nodes that work never were fewer than wanted, and all nodes work at the end. */
function capacityOf({ stage, observer }: Played, group: Group, { othersTakeNodes }: Promises): string[] {
  const path = `${group.cluster}/${group.name}`;
  const ready = observer.readyNodes(group.cluster, group.name);
  const found = stage.account.autoScaling.group(group.autoScalingGroupName);
  const ids = new Set(found?.instances.map(({ instanceId }) => instanceId));
  const nodes = stage.clusters.get(group.cluster)?.nodes() ?? [];
  const working = nodes.filter(({ ready: isReady, instanceId }) => isReady && ids.has(instanceId ?? ''));
  const broken: string[] = [];
  if (ready !== undefined && ready.lowest < ready.desired && !othersTakeNodes) {
    broken.push(`${path} had ${ready.lowest} Ready nodes when ${ready.desired} were wanted`);
  }
  if (working.length !== found?.desiredCapacity) broken.push(`${path} ends with ${working.length} of ${found?.desiredCapacity} nodes`);
  if (found?.instances.some(({ state }) => state !== 'InService')) broken.push(`${path} ends with instances that are not in service`);
  return broken;
}

/** One way there and at most one way back. */
function replacementsOf(log: readonly LogEntry[], group: Group, { othersChangeGroup }: Promises): string[] {
  const idsOf = (kind: string, key: string, is: (details: LogEntry['details']) => boolean) =>
    new Set(log.filter((entry) => entry.kind === kind && is(entry.details)).map(({ details }) => details[key]));
  const refreshes = idsOf('refresh.status', 'refreshId', (details) => details.group === group.autoScalingGroupName);
  const updates = idsOf('nodegroup.update', 'updateId', (details) => details.nodegroup === group.name);
  const count = refreshes.size + updates.size;
  if (othersChangeGroup) return [];
  return count > 2 ? [`${group.cluster}/${group.name} was replaced ${count} times`] : [];
}

/** A run is green only when all of its groups are; it has been told; nothing runs any more. */
function executionsOf({ stage, end }: Played, { expected }: Promises): string[] {
  const { account, stack } = stage;
  const executions = account.stepFunctions.executions();
  const broken = executions.filter(({ status }) => status === 'RUNNING').map(({ name }) => `${name} still runs`);
  broken.push(...executions.filter(({ machineName, status }) => machineName.endsWith('settle') && status !== 'SUCCEEDED').map(({ name, status, error, cause }) => `${name} ended ${status}: ${error} ${cause}`));
  const { run } = end;
  if (run === undefined) return expected === 'restored' ? broken : [...broken, 'no run was started'];
  if (expected === 'patched' && run.status !== 'SUCCEEDED') broken.push(`the run ended ${run.status}: ${run.error} ${run.cause?.slice(0, 300)}`);
  const stored = account.s3.object(stack.outputs.RunBucketName ?? '', `runs/${run.name}/summary.json`);
  if (stored === undefined) return [...broken, 'the run was never reported'];
  const summary = JSON.parse(stored.body.toString()) as { status: string };
  if ((summary.status === 'succeeded') !== (run.status === 'SUCCEEDED')) broken.push(`the run ended ${run.status} and is reported ${summary.status}`);
  const isPatched = stage.nodeGroups.every((group) => lookAt(stage, group).amis.every((ami) => ami === newAmi));
  if (run.status === 'SUCCEEDED' && !isPatched && expected !== 'either') broken.push('the run is green although a group is not patched');
  return broken;
}

function blamed({ document }: Played, { mayNotBlame = blamesTheAmi }: Promises): string[] {
  const names = [document.run.error?.name, ...document.nodeGroups.map(({ reason }) => reason?.error)];
  return [...new Set(names)].filter((name) => name !== undefined && mayNotBlame.includes(name)).map((name) => `${name} is blamed: ${JSON.stringify(document.nodeGroups.map(({ reason }) => reason?.cause))}`);
}

/** What lies in a queue for people has rung. */
function unheard({ account, stack }: Stage): string[] {
  return stack.resources
    .filter(({ type }) => type === 'AWS::SQS::Queue')
    .flatMap(({ logicalId, attributes }) => {
      const arn = String(attributes?.Arn ?? '');
      const count = account.sqs.messages(arn).length;
      if (count === 0) return [];
      const name = account.sqs.queue(arn)?.queueName;
      const rings = account.cloudWatch.alarms.all().some(({ dimensions, state }) => dimensions?.QueueName === name && state === 'ALARM');
      return rings ? [] : [`${logicalId} holds ${count} messages and nobody is told`];
    });
}

export { newAmi, oldAmi };
