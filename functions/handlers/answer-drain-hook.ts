import { letGo } from '../adapters/lifecycle-hooks.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = { readonly letGo: typeof letGo };

/**
 * Step "Answer hook" of a drain: lets the instance be terminated. Other terminate hooks may hold it still.
 *
 * Safe twice: a hook that was answered before, or whose time is over, is `already`.
 */
export const answerDrainHook =
  ({ letGo }: Dependencies) =>
  async (input: DrainInput) => {
    const answered = (await letGo(input)) === 'done' ? ('answered' as const) : ('already' as const);

    const { run, cluster, nodeGroup, instanceId } = input;
    logger.info('Answered drain hook', { run, cluster, nodeGroup, answer: answered, instanceId });
    return { answered };
  };

export const handler = task(DrainInput, answerDrainHook({ letGo }));
