import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type ChoiceRule = { readonly Condition: string; readonly Next: string; readonly Assign?: Assignments };
export type Retrier = {
  readonly ErrorEquals: readonly string[];
  readonly JitterStrategy?: string;
  readonly IntervalSeconds?: number;
  readonly MaxDelaySeconds?: number;
};
export type Catcher = {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly Assign?: Assignments;
};
export type Assignments = Readonly<Record<string, unknown>>;
export type State = {
  readonly Type: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly Output?: unknown;
  readonly Assign?: Assignments;
  readonly TimeoutSeconds?: number;
  readonly Seconds?: number | string;
  readonly Choices?: readonly ChoiceRule[];
  readonly Default?: string;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly ItemProcessor?: Flow;
};
export type Flow = { readonly StartAt: string; readonly States: Readonly<Record<string, State>> };
export type Definition = Flow & {
  readonly Comment?: string;
  readonly QueryLanguage?: string;
  readonly TimeoutSeconds?: number;
};

const directory = join(import.meta.dirname, '../../../statemachines');

/** Every machine of the repository, as it stands in its file, with ARNs where CloudFormation will put them. */
export const machines: readonly { readonly machine: string; readonly definition: Definition }[] = readdirSync(directory)
  .filter((file) => file.endsWith('.asl.yml'))
  .map((file) => ({
    machine: file.replace('.asl.yml', ''),
    definition: withArns(parse(readFileSync(join(directory, file), 'utf8'))) as Definition,
  }));

/** All states of a machine, those inside its Maps included. */
export const allStates = (flow: Flow): [string, State][] =>
  Object.entries(flow.States).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor ? allStates(state.ItemProcessor) : []),
  ]);

/** Names of the states that can follow a state. */
export const successors = (state: State): string[] =>
  [
    state.Next,
    state.Default,
    ...(state.Choices ?? []).map(({ Next }) => Next),
    ...(state.Catch ?? []).map(({ Next }) => Next),
  ].filter((name) => name !== undefined);

function withArns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withArns);
  if (typeof value !== 'object' || value === null) return value;
  if ('Fn::GetAtt' in value)
    return `arn:aws:lambda:us-west-2:111122223333:function:${(value['Fn::GetAtt'] as string[])[0]}`;
  if ('Ref' in value) return `arn:aws:states:us-west-2:111122223333:stateMachine:${value.Ref}`;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withArns(member)]));
}
