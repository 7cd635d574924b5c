import type { Cluster } from '../../simulator/kubernetes/cluster.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { oldestInstance, oldestSpotInstance } from './chosen-instance.ts';
import type { Stage } from './stage.ts';

type OperatorAction = Scenario['operator'][number];
type Moment = OperatorAction['when'];

/**
 * Lets people and their tools do what the scenario says, each thing once, when its moment has come. The answer tells whether
 * something is still to come at a certain time; a state that is never entered is not waited for.
 */
export function obeyOperators(stage: Omit<Stage, 'awaitsOperator'>): () => boolean {
  let awaited = 0;
  for (const { when, does } of stage.scenario.operator) {
    const isTimed = 'minute' in when;
    if (isTimed) awaited += 1;
    atMoment(stage, when, () => {
      if (isTimed) awaited -= 1;
      stage.account.kernel.log.write('operator.acted', { does: does.kind, on: objectOf(does) });
      act(stage, does);
    });
  }
  return () => awaited > 0;
}

function atMoment(
  { account: { kernel }, scenario }: Pick<Stage, 'account' | 'scenario'>,
  when: Moment,
  then: () => void,
): void {
  const { clock, log } = kernel;
  if ('minute' in when) {
    clock.after(Date.parse(scenario.startsAt) + when.minute * 60_000 - clock.now(), then);
    return;
  }
  let seen = 0;
  const stop = log.follow(({ kind, details }) => {
    if (kind !== 'execution.state' || details.state !== when.state) return;
    if (!String(details.machine).endsWith(`-${when.machine}`)) return;
    seen += 1;
    if (seen !== when.nth) return;
    stop();
    clock.after(0, then);
  });
}

/** What is acted on, for people. */
function objectOf(does: OperatorAction['does']): string {
  switch (does.kind) {
    case 'stop-executions':
      return does.of;
    case 'remove-stack':
      return 'reglaze';
    case 'set-desired-capacity':
      return `${does.group} to ${does.to}`;
    case 'terminate-instance':
    case 'interrupt-spot-instance':
    case 'recommend-rebalance':
      return does.group;
    case 'apply-manifest': {
      const { kind, metadata } = does.manifest as {
        readonly kind: string;
        readonly metadata: { readonly name: string };
      };
      return `${kind} ${metadata.name} in ${does.cluster}`;
    }
  }
}

function act(stage: Omit<Stage, 'awaitsOperator'>, does: OperatorAction['does']): void {
  const { account, stack } = stage;
  switch (does.kind) {
    case 'stop-executions':
      for (const { arn, machineName, status } of account.stepFunctions.executions()) {
        if (status !== 'RUNNING' || !machineName.endsWith(`-${does.of}`)) continue;
        account.stepFunctions.stopExecution(arn, { error: does.error, cause: does.cause });
      }
      return;
    case 'remove-stack':
      void stack.delete();
      return;
    case 'set-desired-capacity':
      account.autoScaling.setDesiredCapacity(groupNamed(stage, does.group), does.to);
      return;
    case 'terminate-instance': {
      const instanceId = oldestInstance(account, groupNamed(stage, does.group), does.availabilityZone);
      account.autoScaling.terminateInstance(instanceId, { decrement: does.decrement });
      return;
    }
    case 'interrupt-spot-instance':
      account.ec2.spot.interrupt(oldestSpotInstance(account, groupNamed(stage, does.group)));
      return;
    case 'recommend-rebalance':
      account.ec2.spot.recommendRebalance(oldestSpotInstance(account, groupNamed(stage, does.group)));
      return;
    case 'apply-manifest':
      clusterNamed(stage, does.cluster).applyManifest(does.manifest);
  }
}

/** The Auto Scaling group of `<cluster>/<node group>`; an unknown one is refused by whoever is asked for it. */
function groupNamed({ nodeGroups }: Pick<Stage, 'nodeGroups'>, named: string): string {
  return nodeGroups.find(({ cluster, name }) => `${cluster}/${name}` === named)?.autoScalingGroupName ?? named;
}

/** @throws {Error} The scenario has no such cluster. */
function clusterNamed({ clusters }: Pick<Stage, 'clusters'>, name: string): Cluster {
  const cluster = clusters.get(name);
  if (cluster === undefined)
    throw new Error(`An operator of the scenario works on cluster ${name}, which it does not have.`);
  return cluster;
}
