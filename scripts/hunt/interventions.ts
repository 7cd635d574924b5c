import type { Operation } from '../../simulator/kernel/service.ts';
import type { Stage } from '../start/stage.ts';

/** When somebody interferes: as an execution of a machine enters a state for the n-th time. */
export type Moment = { readonly machine: string; readonly state: string; readonly nth: number };

export type Intervention = (stage: Stage) => void;

/** Does something once, when the moment has come. */
export function at(stage: Stage, { machine, state, nth }: Moment, act: Intervention): void {
  const { kernel } = stage.account;
  let seen = 0;
  const stop = kernel.log.follow(({ kind, details }) => {
    if (kind !== 'execution.state' || details.state !== state) return;
    if (!String(details.machine).endsWith(`-${machine}`)) return;
    seen += 1;
    if (seen !== nth) return;
    stop();
    kernel.clock.after(0, () => act(stage));
  });
}

/** Keeps the account going for a while, also when nothing runs any more, so that what follows a run is seen too. */
export function linger({ account: { kernel } }: Stage, forMs: number): void {
  const until = kernel.clock.now() + forMs;
  const wait = () => {
    kernel.log.write('hunt.waiting', {});
    if (kernel.clock.now() < until) kernel.clock.after(30_000, wait);
  };
  wait();
}

/** Stops what runs of a machine, as a person at the console does. */
export const stopExecutions =
  (machine: string): Intervention =>
  ({ account: { stepFunctions } }) => {
    for (const { arn, machineName, status } of stepFunctions.executions()) {
      if (status === 'RUNNING' && machineName.endsWith(`-${machine}`)) {
        stepFunctions.stopExecution(arn, { error: 'StoppedByOperator', cause: 'The change board asked for it.' });
      }
    }
  };

/** Starts a run by hand. */
export const startRun =
  (imageArn: string): Intervention =>
  ({ account, machineArn }) => {
    account.stepFunctions.startExecution({
      machineArn: machineArn('patch-fleet'),
      input: JSON.stringify({ imageArn }),
    });
  };

const groupNameOf = ({ nodeGroups }: Stage): string => nodeGroups[0]?.autoScalingGroupName ?? '';

/** A call to Auto Scaling by an administrator; one that AWS refuses has happened all the same. */
const byAdministrator =
  (operation: string, inputOf: (group: string) => object): Intervention =>
  (stage) => {
    const { account } = stage;
    const { run } = account.autoScaling.service.operations[operation] as unknown as Operation<object>;
    const caller = { arn: `arn:aws:sts::${account.kernel.identity.accountId}:assumed-role/Administrator/somebody` };
    try {
      void run(inputOf(groupNameOf(stage)), { caller, requestId: `by-hand-${operation}` });
    } catch (error) {
      account.kernel.log.write('intervention.refused', { operation, error: String(error) });
    }
  };

const AutoScalingGroupName = (group: string) => ({ AutoScalingGroupName: group });

/** What other people and their tools do to a group while it is being rolled. */
export const interventions: Readonly<Record<string, Intervention>> = {
  'scale out': (stage) => resizeBy(stage, 1),
  'scale in': (stage) => resizeBy(stage, -1),
  'terminate the newest instance': ({ account, ...stage }) => {
    const group = account.autoScaling.group(groupNameOf({ account, ...stage }));
    const newest = group?.instances.findLast(({ state }) => !state.startsWith('Terminat'));
    if (newest) account.autoScaling.terminateInstance(newest.instanceId, { decrement: false });
  },
  'start an instance refresh': byAdministrator('StartInstanceRefresh', AutoScalingGroupName),
  'cancel the instance refresh': byAdministrator('CancelInstanceRefresh', AutoScalingGroupName),
  'roll the instance refresh back': byAdministrator('RollbackInstanceRefresh', AutoScalingGroupName),
  'make a launch template version': (stage) => makeVersion(stage),
  'delete the admission hook': byAdministrator('DeleteLifecycleHook', (group) => ({
    ...AutoScalingGroupName(group),
    LifecycleHookName: 'reglaze-admit',
  })),
  'delete the drain hook': byAdministrator('DeleteLifecycleHook', (group) => ({
    ...AutoScalingGroupName(group),
    LifecycleHookName: 'reglaze-drain',
  })),
  'put a drain hook of another tool': byAdministrator('PutLifecycleHook', (group) => ({
    ...AutoScalingGroupName(group),
    ...{ LifecycleHookName: 'kubedrainer', LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING' },
    ...{ HeartbeatTimeout: 60, DefaultResult: 'CONTINUE' },
  })),
};

/** A person's or a tool's own version of the group's template: the first one with another instance type. */
function makeVersion(stage: Stage): void {
  const { autoScaling, ec2 } = stage.account;
  const { LaunchTemplateId } = autoScaling.group(groupNameOf(stage))?.launchTemplate ?? {};
  if (LaunchTemplateId === undefined) return;
  ec2.addLaunchTemplateVersion({ LaunchTemplateId }, { data: { InstanceType: 'm5.2xlarge' }, sourceVersion: '1' });
}

function resizeBy({ account, ...stage }: Stage, by: number): void {
  const name = groupNameOf({ account, ...stage });
  const desired = account.autoScaling.group(name)?.desiredCapacity ?? 0;
  account.autoScaling.resizeGroup(name, { maxSize: desired + 3 });
  account.autoScaling.setDesiredCapacity(name, desired + by);
}
