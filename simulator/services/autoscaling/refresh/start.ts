import type { StartInstanceRefreshCommandInput } from '@aws-sdk/client-auto-scaling';
import { ServiceError } from '../../../kernel/service.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import { type AutoScalingState, wakeSoon } from '../autoscaling-state.ts';
import { validationError } from '../errors.ts';
import type { Group } from '../group.ts';
import {
  choosesByAttributes,
  hasWeights,
  irreversibleBecause,
  type LaunchSource,
  launchOptions,
  launchRequest,
  launchSourceOf,
} from '../launch-source.ts';
import { resolvePreferences } from './preferences.ts';
import { activeRefresh, type Refresh } from './refresh.ts';
import { startTimeLimit } from './time-limit.ts';

/**
 * Begins a refresh. There is no client token: a second call while one is active is refused, also when it
 * repeats the first word for word.
 *
 * @throws ServiceError for anything that a refresh cannot be started with; then nothing has changed.
 */
export function startRefresh(state: AutoScalingState, group: Group, input: StartInstanceRefreshCommandInput): Refresh {
  const { kernel, ec2 } = state;
  if (activeRefresh(group) !== undefined) throw inProgress();
  const preferences = resolvePreferences(group, input.Preferences);
  const desired = input.DesiredConfiguration && launchSourceOf(ec2, input.DesiredConfiguration);
  checkSelection(state, group, desired, preferences.skipMatching);
  if (desired !== undefined) checkFullyFormed(state, group, desired);
  if (preferences.autoRollback) checkAutoRollback(state, group, desired);
  if (preferences.skipMatching && desired === undefined && group.source.kind === 'launch-configuration') {
    throw validationError('SkipMatching is not supported for a group that uses a launch configuration.');
  }
  const refresh: Refresh = {
    id: kernel.random.uuid('instance-refresh', group.name, group.refreshes.length),
    startedAt: kernel.clock.now(),
    preferences,
    desired,
    initial: new Set(group.instances.keys()),
    status: 'Pending',
    reason: undefined,
    endedAt: undefined,
    percentageComplete: 0,
    instancesToUpdate: group.desired,
    surge: 0,
    poolSurge: 0,
    pool: undefined,
    checkpoint: 0,
    pausedUntil: undefined,
    timeLimit: startTimeLimit(kernel.clock.now()),
    progress: 0,
    waitForTransitioning: true,
    rollback: undefined,
  };
  group.refreshes.push(refresh);
  kernel.log.write('refresh.status', { group: group.name, refreshId: refresh.id, status: refresh.status });
  wakeSoon(state, group);
  return refresh;
}

/** @throws ServiceError when the group could not go back to the configuration that it has saved. */
export function checkReversible({ ec2 }: AutoScalingState, group: Group, desired: LaunchSource | undefined): void {
  const reason =
    desired === undefined
      ? 'the instance refresh has no desired configuration'
      : irreversibleBecause(ec2, group.source);
  if (reason === undefined) return;
  throw new ServiceError(
    'IrreversibleInstanceRefresh',
    `The instance refresh cannot be rolled back because ${reason}.`,
    {
      status: 400,
    },
  );
}

function checkAutoRollback({ ec2 }: AutoScalingState, group: Group, desired: LaunchSource | undefined): void {
  const reason =
    desired === undefined ? 'no desired configuration is specified' : irreversibleBecause(ec2, group.source);
  if (reason !== undefined) throw validationError(`AutoRollback cannot be used because ${reason}.`);
}

/** Instance types chosen by attributes exclude a desired configuration and skip matching. Weights are not simulated here. */
function checkSelection(
  { ec2 }: AutoScalingState,
  group: Group,
  desired: LaunchSource | undefined,
  skipMatching: boolean,
): void {
  const sources = desired === undefined ? [group.source] : [group.source, desired];
  if (sources.some(hasWeights)) {
    throw notSimulated('The simulator refreshes instances, not units: no instance may have a weight other than 1.');
  }
  if (desired === undefined && !skipMatching) return;
  if (sources.some((source) => choosesByAttributes(ec2, source))) {
    throw validationError(
      'Desired configuration and skip matching are not supported with attribute-based instance type selection.',
    );
  }
}

/** A desired configuration must be one that RunInstances would take. */
function checkFullyFormed({ ec2 }: AutoScalingState, group: Group, desired: LaunchSource): void {
  const subnetId = group.subnetIds[0] ?? '';
  try {
    for (const option of launchOptions(ec2, desired))
      ec2.checkLaunch({ ...launchRequest(option), clientToken: '', subnetId });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw validationError(`You must use a valid fully-formed launch template. ${error.message}`);
  }
}

function inProgress(): ServiceError {
  return new ServiceError(
    'InstanceRefreshInProgress',
    'An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.',
    { status: 400 },
  );
}
