import * as errors from '../../../functions/domain/errors.ts';
import { allStates, type Definition, type Flow, type State, successors } from './definitions.ts';
import { expressionsIn, syntaxErrorOf } from './expressions.ts';
import { succeedsAfterFailure } from './failure-paths.ts';

/** A rule says what is wrong with a machine, one sentence per finding. */
export type Rule = (definition: Definition) => readonly string[] | Promise<readonly string[]>;

/** Names that AWS gives to errors, by the services that machines here call. */
const awsErrorNames = new Set([
  'States.ALL',
  'States.Timeout',
  'States.TaskFailed',
  'Lambda.AWSLambdaException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
  'StepFunctions.ExecutionLimitExceededException',
  'StepFunctions.SfnException',
  'StepFunctions.ThrottlingException',
]);

const ourErrorNames = new Set(
  Object.values(errors).flatMap((thing) =>
    typeof thing === 'function' && thing.prototype instanceof Error
      ? [new (thing as new (message: string) => Error)('').name]
      : [],
  ),
);

const ofType = (definition: Definition, type: string): [string, State][] =>
  allStates(definition).filter(([, state]) => state.Type === type);

const namesWhere = (states: readonly [string, State][], isWrong: (state: State, name: string) => boolean): string[] =>
  states.filter(([name, state]) => isWrong(state, name)).map(([name]) => name);

const flowsOf = (flow: Flow): Flow[] => [
  flow,
  ...Object.values(flow.States).flatMap(({ ItemProcessor }) => (ItemProcessor ? flowsOf(ItemProcessor) : [])),
];

function unreachableIn(flow: Flow): string[] {
  const reached = new Set<string>();
  const open = [flow.StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = flow.States[name];
    if (reached.has(name) || state === undefined) continue;
    reached.add(name);
    open.push(...successors(state));
  }
  return Object.keys(flow.States).filter((name) => !reached.has(name));
}

export const rules = {
  'speaks JSONata throughout': ({ QueryLanguage }) => (QueryLanguage === 'JSONata' ? [] : ['QueryLanguage']),
  'has only expressions that parse': (definition) =>
    expressionsIn(definition).flatMap((text) => syntaxErrorOf(text) ?? []),
  'says what it promises and takes': ({ Comment = '' }) => (/Input: \S/.test(Comment) ? [] : ['Comment']),
  'ends by itself': ({ TimeoutSeconds }) => (TimeoutSeconds === undefined ? ['TimeoutSeconds'] : []),
  'has a time-out on every task': (definition) =>
    namesWhere(ofType(definition, 'Task'), ({ TimeoutSeconds }) => TimeoutSeconds === undefined),
  'retries every task, spread out and with a longest pause': (definition) =>
    namesWhere(
      ofType(definition, 'Task'),
      ({ Retry = [] }) =>
        Retry.length === 0 ||
        Retry.some((retrier) => retrier.JitterStrategy !== 'FULL' || retrier.MaxDelaySeconds === undefined),
    ),
  'retries by name': (definition) =>
    namesWhere(allStates(definition), ({ Retry = [] }) =>
      Retry.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL') || ErrorEquals.includes('States.TaskFailed')),
    ),
  'names only errors that exist': (definition) =>
    allStates(definition)
      .flatMap(([, { Retry = [], Catch = [] }]) => [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals))
      .filter((name) => !awsErrorNames.has(name) && !ourErrorNames.has(name)),
  'catches only inside a Map, where one failure must not stop the others': (definition) =>
    namesWhere(Object.entries(definition.States), ({ Catch = [] }) => Catch.length > 0),
  'asks a question in every Choice, and nowhere else': (definition) =>
    namesWhere(allStates(definition), ({ Type }, name) => name.endsWith('?') !== (Type === 'Choice')),
  'names states as an operator would': (definition) =>
    namesWhere(
      allStates(definition),
      (_, name) => /lambda|handler|function|check|\d/i.test(name) || !/^[A-Z][^A-Z]*$/.test(name),
    ),
  'has no state that cannot be reached': (definition) => flowsOf(definition).flatMap(unreachableIn),
  'has at most twenty states': (definition) =>
    flowsOf(definition).flatMap(({ States, StartAt }) => (Object.keys(States).length > 20 ? [StartAt] : [])),
  'never ends green after a failure': succeedsAfterFailure,
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
