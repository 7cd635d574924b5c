import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { type Definition, machines, type State } from './support/definitions.ts';
import { type RuleName, rules } from './support/rules.ts';

const ruleNames = Object.keys(rules) as RuleName[];

/** Settle succeeds when it has settled what failed elsewhere; its own failure is another state. */
const exempt = (rule: RuleName, machine: string): boolean =>
  rule === 'never ends green after a failure' && machine === 'settle';

describe.each(machines)('$machine', ({ machine, definition }) => {
  it.each(ruleNames.filter((rule) => !exempt(rule, machine)))('%s', async (rule) => {
    expect(await rules[rule](definition)).toEqual([]);
  });

  it('is a valid definition', () => {
    const { isValid, errorsText } = validate(structuredClone(definition));

    expect(isValid ? '' : errorsText()).toBe('');
  });
});

const task: State = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'arn:aws:lambda:us-west-2:111122223333:function:look', Payload: '{% $states.input %}' },
  TimeoutSeconds: 60,
  Retry: [{ ErrorEquals: ['AwsUnavailable'], JitterStrategy: 'FULL', MaxDelaySeconds: 60 }],
  Assign: { verdict: '{% $states.result.Payload.verdict %}' },
  Next: 'Is it good?',
};
const sound: Definition = {
  Comment: 'Looks at a thing. Input: { thing }.',
  QueryLanguage: 'JSONata',
  TimeoutSeconds: 600,
  StartAt: 'Look',
  States: {
    Look: task,
    'Is it good?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $verdict = "late" %}', Next: 'Report failure' }],
      Default: 'Finish',
    },
    Finish: { Type: 'Succeed' },
    'Report failure': { Type: 'Fail' },
  },
};

const withStates = (states: Record<string, State>): Definition => ({
  ...sound,
  States: { ...sound.States, ...states },
});
const withTask = (change: Partial<State>): Definition => withStates({ Look: { ...task, ...change } });
const without = <T extends object, K extends keyof T>(value: T, key: K): T => {
  const { [key]: _, ...rest } = value;
  return rest as T;
};
const retry = (change: object): Partial<State> => ({
  Retry: [{ ErrorEquals: ['AwsUnavailable'], JitterStrategy: 'FULL', MaxDelaySeconds: 60, ...change }],
});
const inMap = (state: State, more: Record<string, State> = {}): Definition =>
  withTask({ Type: 'Map', ItemProcessor: { StartAt: 'Inside', States: { Inside: state, ...more } } });

describe('the rules', () => {
  it.each(ruleNames)('accept a sound machine: %s', async (rule) => {
    expect(await rules[rule](sound)).toEqual([]);
  });

  it.each<{ rule: RuleName; flaw: string; broken: Definition; finding: string }>([
    {
      rule: 'speaks JSONata throughout',
      flaw: 'no query language',
      broken: without(sound, 'QueryLanguage'),
      finding: 'QueryLanguage',
    },
    {
      rule: 'has only expressions that parse',
      flaw: 'an open bracket',
      broken: withTask({ Output: '{% $count( %}' }),
      finding: '"{% $count( %}": Expected ")" before end of expression',
    },
    {
      rule: 'has only expressions that parse',
      flaw: 'text around an expression',
      broken: withTask({ Output: 'run {% $run %}' }),
      finding: '"run {% $run %}" mixes text and {% %}',
    },
    {
      rule: 'has only expressions that parse',
      flaw: 'a bad condition',
      broken: withStates({
        'Is it good?': {
          Type: 'Choice',
          Choices: [{ Condition: '{% $a = %}', Next: 'Finish' }],
          Default: 'Report failure',
        },
      }),
      finding: '"{% $a = %}": Unexpected end of expression',
    },
    {
      rule: 'says what it promises and takes',
      flaw: 'no input shape',
      broken: { ...sound, Comment: 'Looks.' },
      finding: 'Comment',
    },
    {
      rule: 'ends by itself',
      flaw: 'no time limit',
      broken: without(sound, 'TimeoutSeconds'),
      finding: 'TimeoutSeconds',
    },
    {
      rule: 'has a time-out on every task',
      flaw: 'a task without',
      broken: withStates({ Look: without(task, 'TimeoutSeconds') }),
      finding: 'Look',
    },
    {
      rule: 'has a time-out on every task',
      flaw: 'a task without inside a Map',
      broken: inMap(without(task, 'TimeoutSeconds')),
      finding: 'Inside',
    },
    {
      rule: 'retries every task, spread out and with a longest pause',
      flaw: 'no Retry',
      broken: withStates({ Look: without(task, 'Retry') }),
      finding: 'Look',
    },
    {
      rule: 'retries every task, spread out and with a longest pause',
      flaw: 'no jitter',
      broken: withTask(retry({ JitterStrategy: 'NONE' })),
      finding: 'Look',
    },
    {
      rule: 'retries every task, spread out and with a longest pause',
      flaw: 'no longest pause',
      broken: withTask(retry({ MaxDelaySeconds: undefined })),
      finding: 'Look',
    },
    {
      rule: 'retries by name',
      flaw: 'States.ALL',
      broken: withTask(retry({ ErrorEquals: ['States.ALL'] })),
      finding: 'Look',
    },
    {
      rule: 'retries by name',
      flaw: 'States.TaskFailed',
      broken: withTask(retry({ ErrorEquals: ['States.TaskFailed'] })),
      finding: 'Look',
    },
    {
      rule: 'names only errors that exist',
      flaw: 'a misspelt name of ours',
      broken: withTask(retry({ ErrorEquals: ['AwsUnavailible'] })),
      finding: 'AwsUnavailible',
    },
    {
      rule: 'names only errors that exist',
      flaw: 'a misspelt name of AWS',
      broken: withTask(retry({ ErrorEquals: ['Lambda.TooManyRequests'] })),
      finding: 'Lambda.TooManyRequests',
    },
    {
      rule: 'catches only inside a Map, where one failure must not stop the others',
      flaw: 'a Catch at the top',
      broken: withTask({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Report failure' }] }),
      finding: 'Look',
    },
    {
      rule: 'asks a question in every Choice, and nowhere else',
      flaw: 'a Task that asks',
      broken: inMap(task, { 'Is it?': { Type: 'Pass', End: true } }),
      finding: 'Is it?',
    },
    {
      rule: 'asks a question in every Choice, and nowhere else',
      flaw: 'a Choice that does not',
      broken: withStates({ 'Choose the way': { Type: 'Choice', Choices: [], Default: 'Finish' } }),
      finding: 'Choose the way',
    },
    {
      rule: 'names states as an operator would',
      flaw: 'a service name',
      broken: withStates({ 'Call lambda': task }),
      finding: 'Call lambda',
    },
    {
      rule: 'names states as an operator would',
      flaw: 'title case',
      broken: withStates({ 'Drain Node': task }),
      finding: 'Drain Node',
    },
    {
      rule: 'has no state that cannot be reached',
      flaw: 'an island',
      broken: withStates({ Island: { Type: 'Succeed' } }),
      finding: 'Island',
    },
    {
      rule: 'has no state that cannot be reached',
      flaw: 'an island inside a Map',
      broken: inMap({ Type: 'Pass', End: true }, { Island: { Type: 'Pass', End: true } }),
      finding: 'Island',
    },
    {
      rule: 'has at most twenty states',
      flaw: 'twenty-one',
      broken: withStates(Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`State ${index}`, task]))),
      finding: 'Look',
    },
    {
      rule: 'never ends green after a failure',
      flaw: 'a caught error that ends well',
      broken: withTask({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Finish' }] }),
      finding: 'Finish',
    },
    {
      rule: 'never ends green after a failure',
      flaw: 'a bad answer that ends well',
      broken: withStates({ 'Report failure': { Type: 'Pass', Next: 'Finish' } }),
      finding: 'Finish',
    },
    {
      rule: 'never ends green after a failure',
      flaw: 'a bad outcome that the last Choice does not ask about',
      broken: withStates({ Look: { ...task, Assign: { outcome: 'rolled-back' } } }),
      finding: 'Finish',
    },
  ])('find $flaw: $rule', async ({ rule, broken, finding }) => {
    expect(await rules[rule](broken)).toContain(finding);
  });

  it('follow a bad outcome past a Choice that excludes it', async () => {
    const judged = withStates({
      Look: { ...task, Assign: { outcome: 'rolled-back', recorded: '{% $states.result.Payload.outcome %}' } },
      'Is it good?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $outcome = "patched" and $recorded = "patched" %}', Next: 'Finish' }],
        Default: 'Report failure',
      },
    });

    expect(await rules['never ends green after a failure'](judged)).toEqual([]);
  });
});
