import { cancelRefresh } from '../adapters/instance-refreshes.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type NodeMarker, nodeMarker } from '../adapters/node-taints.ts';
import { type RunFiles, runFilesIn, type StoredState } from '../adapters/run-files.ts';
import { answerStack } from '../adapters/stack-answers.ts';
import { answerTo, StackEvent as Input } from '../domain/stack-event.ts';
import { forwardReplacementId, isHeld, withdraw } from '../domain/withdrawal.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'listStates'>;
  readonly marker: Pick<NodeMarker, 'unmark'>;
  readonly cancelRefresh: typeof cancelRefresh;
  readonly answerStack: typeof answerStack;
  readonly now: () => Date;
};

/**
 * The custom resource "node groups" of the stack. When the stack is deleted it takes off the groups what nobody would take
 * off any more: a replacement that would go on without its watcher, the hook that holds new instances, taints. The machines
 * are deleted before it, so that nothing puts them back.
 *
 * CloudFormation waits for an answer whatever happens, so a failure is one. Safe twice: what is gone stays gone.
 */
export const withdrawFromGroups = (dependencies: Dependencies) => {
  const { drivers, files, marker, cancelRefresh, answerStack, now } = dependencies;

  const leave = async ({ state, save }: StoredState) => {
    const { autoScalingGroupName, cluster, kind, hook, taints } = state;
    const replacementId = forwardReplacementId(state);
    if (kind === 'self-managed' && replacementId !== undefined) {
      await cancelRefresh(autoScalingGroupName, replacementId);
    }
    if (hook === 'open') await drivers[kind].closeAdmission(autoScalingGroupName);
    if (taints !== undefined) await marker.unmark(cluster, taints.nodes);
    await save(withdraw(state, now()));
  };

  const leaveAll = async (): Promise<string[]> => {
    const held = (await files.listStates()).filter(({ state }) => isHeld(state, now()));
    for (const stored of held) await leave(stored);
    return held.map(({ state: { cluster, nodeGroup } }) => `${cluster}/${nodeGroup}`);
  };

  return async (event: Input) => {
    let failure: Error | undefined;
    let left: string[] = [];
    try {
      if (event.RequestType === 'Delete') left = await leaveAll();
    } catch (error) {
      failure = error as Error;
      logger.error('Could not withdraw from every node group', failure);
    }
    const answer = answerTo(event, failure);
    await answerStack(event.ResponseURL, answer);

    logger.info('Answered the stack', { request: event.RequestType, answer: answer.Status, left });
    return { answer: answer.Status, left };
  };
};

export { Input };

export const handler = task(
  Input,
  withdrawFromGroups({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    marker: nodeMarker(() => environment('MOVER_ROLE_ARN')),
    cancelRefresh,
    answerStack,
    now: () => new Date(),
  }),
);
