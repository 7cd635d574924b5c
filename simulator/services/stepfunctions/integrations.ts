import type { Caller } from '../../kernel/service.ts';
import type { Integrations, TaskRequest, TaskSignals } from '../../states-language/run.ts';
import { CHILD_ARGUMENTS } from './child-task.ts';
import { LAMBDA_ARGUMENTS } from './lambda-task.ts';

/** Starts one attempt in the name of the machine's role. @returns What ends it early. */
export type TaskStarter = (task: TaskRequest, caller: Caller, signals: TaskSignals) => () => void;

type Known = { readonly kind: 'lambda' | 'child'; readonly allowed: readonly string[]; readonly required: string };

const LAMBDA: Known = { kind: 'lambda', allowed: LAMBDA_ARGUMENTS, required: 'FunctionName' };
const CHILD: Known = { kind: 'child', allowed: CHILD_ARGUMENTS, required: 'StateMachineArn' };

const KNOWN: Readonly<Record<string, Known>> = {
  'lambda:invoke': LAMBDA,
  'lambda:invoke.waitForTaskToken': LAMBDA,
  'states:startExecution': CHILD,
  'states:startExecution.sync': CHILD,
  'states:startExecution.sync:2': CHILD,
  'states:startExecution.waitForTaskToken': CHILD,
};
const PREFIX = 'arn:aws:states:::';

/** Whether a Task with the resource waits for an execution that it starts. */
export const isSynchronousChild = (resource: string): boolean =>
  resource.startsWith(`${PREFIX}states:startExecution.sync`);

/** The services that machines of this account can call; a definition that names another is refused. */
export function createIntegrations(
  starters: Readonly<Record<Known['kind'], TaskStarter>>,
  callerOf: (executionArn: string) => Caller,
): Integrations {
  return {
    checkResource(resource, argumentNames) {
      const known = knownResource(resource);
      if (known === undefined) {
        return `The resource provided ${resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`;
      }
      if (argumentNames === undefined) return undefined;
      const others = argumentNames.filter((name) => !known.allowed.includes(name));
      if (others.length > 0) return `Not simulated: the arguments ${others.join(', ')}`;
      return argumentNames.length === 0 || argumentNames.includes(known.required)
        ? undefined
        : `The argument '${known.required}' is required but was missing`;
    },
    start(task, signals) {
      const known = knownResource(task.resource);
      if (known === undefined) throw new Error(`No definition with the resource ${task.resource} is accepted.`);
      return starters[known.kind](task, callerOf(task.executionArn), signals);
    },
  };
}

const knownResource = (resource: string): Known | undefined =>
  resource.startsWith(PREFIX) ? KNOWN[resource.slice(PREFIX.length)] : undefined;
