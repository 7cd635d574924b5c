import { describe, expect, it } from 'vitest';
import { InvalidDefinition } from '../../../simulator/states-language/invalid-definition.ts';
import { parseMachine } from '../../../simulator/states-language/parse-machine.ts';
import { aTask, oneState } from './machine-run.ts';

const parse = (definition: unknown) =>
  parseMachine(definition, (resource) => (resource.includes(':test:') ? undefined : 'unknown resource'));

function refusalOf(definition: unknown): string {
  try {
    parse(definition);
  } catch (error) {
    if (error instanceof InvalidDefinition) return error.message;
    throw error;
  }
  return 'accepted';
}

const machine = (states: object, startAt = 'A') => ({ QueryLanguage: 'JSONata', StartAt: startAt, States: states });
const only = (state: object) => machine({ A: { End: true, ...state } });
const pass = (fields: object) => only({ Type: 'Pass', ...fields });
const task = (fields: object) => only(aTask('x', fields));
const flow = (states: object, StartAt = 'I') => ({ StartAt, States: states });

describe('a definition is refused', () => {
  it.each([
    {
      case: 'not an object',
      definition: [],
      says: 'SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at /',
    },
    { case: 'empty', definition: {}, says: 'These fields are required: [States, StartAt] at /' },
    {
      case: 'unknown top field',
      definition: { ...only({ Type: 'Pass' }), Starts: 1 },
      says: 'These fields are not supported: [Starts] at /',
    },
    {
      case: 'unknown state field',
      definition: pass({ Outptu: 1 }),
      says: 'These fields are not supported: [Outptu] at /States/A',
    },
    { case: 'JSONPath field', definition: pass({ ResultPath: '$.a' }), says: '[ResultPath] at /States/A' },
    {
      case: 'unknown type',
      definition: only({ Type: 'Pas' }),
      says: "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type",
    },
    {
      case: 'StartAt elsewhere',
      definition: machine({ A: { Type: 'Succeed' } }, 'B'),
      says: "MISSING_TRANSITION_TARGET: Missing 'StartAt' target: B at /StartAt",
    },
    {
      case: 'Next elsewhere',
      definition: machine({ A: { Type: 'Pass', Next: 'B' } }),
      says: "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A",
    },
    {
      case: 'Catch elsewhere',
      definition: task({ Catch: [{ ErrorEquals: ['E'], Next: 'B' }] }),
      says: "Missing 'Next' target: B",
    },
    {
      case: 'Default elsewhere',
      definition: machine({ A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }], Default: 'B' } }),
      says: "Missing 'Next' target: B",
    },
    {
      case: 'unreachable state',
      definition: machine({ A: { Type: 'Succeed' }, B: { Type: 'Succeed' } }),
      says: 'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
    },
    {
      case: 'Next and End',
      definition: pass({ Next: 'A' }),
      says: "Exactly one of the fields 'Next' and 'End' is required at /States/A",
    },
    {
      case: 'neither Next nor End',
      definition: machine({ A: { Type: 'Pass' } }),
      says: "Exactly one of the fields 'Next' and 'End'",
    },
    {
      case: 'a name twice',
      definition: only({
        Type: 'Parallel',
        Branches: [flow({ I: { Type: 'Succeed' } }), flow({ I: { Type: 'Succeed' } })],
      }),
      says: 'DUPLICATE_STATE_NAME',
    },
    {
      case: 'empty Branches',
      definition: only({ Type: 'Parallel', Branches: [] }),
      says: 'Value cannot be empty at /States/A/Branches',
    },
    {
      case: 'unreachable state inside',
      definition: only({ Type: 'Map', ItemProcessor: flow({ I: { Type: 'Succeed' }, J: { Type: 'Succeed' } }) }),
      says: 'State "J" is not reachable. at /States/A/ItemProcessor/States/J',
    },
    {
      case: 'distributed Map',
      definition: only({
        Type: 'Map',
        ItemProcessor: { ...flow({ I: { Type: 'Succeed' } }), ProcessorConfig: { Mode: 'DISTRIBUTED' } },
      }),
      says: 'Not simulated: a Map of mode DISTRIBUTED',
    },
    {
      case: 'tolerated failures',
      definition: only({ Type: 'Map', ToleratedFailureCount: 1, ItemProcessor: flow({ I: { Type: 'Succeed' } }) }),
      says: 'Not simulated: ToleratedFailureCount at /States/A',
    },
    {
      case: 'unknown resource',
      definition: only({ Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage' }),
      says: 'unknown resource at /States/A/Resource',
    },
    {
      case: 'syntax error',
      definition: pass({ Output: '{% 1 + %}' }),
      says: "The JSONata expression '1 +' is not valid. S0207: Unexpected end of expression at /States/A/Output",
    },
    {
      case: 'nested syntax error',
      definition: task({ Arguments: { a: [{ b: '{% ( %}' }] } }),
      says: 'at /States/A/Arguments/a/0/b',
    },
    { case: 'open expression', definition: pass({ Output: '{% 1' }), says: "A JSONata expression must end with '%}'" },
    { case: '$$', definition: pass({ Output: '{% $$.a %}' }), says: '$$ cannot be used at /States/A/Output' },
    { case: '$ at the top level', definition: pass({ Output: '{% $ %}' }), says: '$ cannot be used at the top level' },
    {
      case: '$. at the top level',
      definition: pass({ Output: '{% $.a %}' }),
      says: '$ cannot be used at the top level',
    },
    {
      case: 'unqualified name',
      definition: pass({ Output: '{% name %}' }),
      says: 'unqualified field names cannot be used at the top level: name',
    },
    {
      case: 'unqualified name in a call',
      definition: pass({ Output: '{% $sum(prices) %}' }),
      says: 'unqualified field names cannot be used at the top level: prices',
    },
    { case: '$eval', definition: pass({ Output: '{% $eval("1") %}' }), says: '$eval cannot be used' },
    {
      case: 'result in Arguments',
      definition: task({ Arguments: '{% $states.result %}' }),
      says: '$states.result cannot be used in this field at /States/A/Arguments',
    },
    {
      case: 'result in Catch',
      definition: task({ Catch: [{ ErrorEquals: ['E'], Next: 'A', Output: '{% $states.result %}' }] }),
      says: '$states.result cannot be used',
    },
    {
      case: 'errorOutput in Output',
      definition: task({ Output: '{% $states.errorOutput %}' }),
      says: '$states.errorOutput cannot be used',
    },
    {
      case: 'result in Pass',
      definition: pass({ Output: '{% $states.result %}' }),
      says: '$states.result cannot be used',
    },
    {
      case: 'reserved variable',
      definition: pass({ Assign: { states: 1 } }),
      says: "The variable name 'states' is reserved",
    },
    {
      case: 'bad variable name',
      definition: pass({ Assign: { 'a-b': 1 } }),
      says: "'a-b' is not a valid variable name",
    },
    {
      case: 'Assign in Succeed',
      definition: machine({ A: { Type: 'Succeed', Assign: { a: 1 } } }),
      says: '[Assign] at /States/A',
    },
    {
      case: 'outer variable assigned inside',
      definition: only({
        Type: 'Parallel',
        Assign: { x: 1 },
        Branches: [flow({ I: { Type: 'Pass', End: true, Assign: { x: 2 } } })],
      }),
      says: "The variable 'x' is assigned in an outer scope",
    },
    {
      case: 'States.ALL with others',
      definition: task({ Retry: [{ ErrorEquals: ['States.ALL', 'E'] }] }),
      says: "'States.ALL' must appear alone and in the last entry",
    },
    {
      case: 'States.ALL first',
      definition: task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] }),
      says: "'States.ALL' must appear alone",
    },
    {
      case: 'unknown States error',
      definition: task({ Retry: [{ ErrorEquals: ['States.Timeuot'] }] }),
      says: "'States.Timeuot' is not an error name",
    },
    {
      case: 'empty ErrorEquals',
      definition: task({ Retry: [{ ErrorEquals: [] }] }),
      says: 'at /States/A/Retry/0/ErrorEquals',
    },
    {
      case: 'BackoffRate below 1',
      definition: task({ Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] }),
      says: 'at /States/A/Retry/0/BackoffRate',
    },
    {
      case: 'MaxDelay not above interval',
      definition: task({ Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] }),
      says: "'MaxDelaySeconds' must be greater",
    },
    {
      case: 'unknown jitter',
      definition: task({ Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'HALF' }] }),
      says: '[FULL, NONE]',
    },
    {
      case: 'Wait without time',
      definition: only({ Type: 'Wait' }),
      says: "Exactly one of the fields 'Seconds' and 'Timestamp' is required",
    },
    {
      case: 'Wait with a bad time',
      definition: only({ Type: 'Wait', Timestamp: '2026-06-01 10:00:00Z' }),
      says: 'String does not match RFC3339 timestamp at /States/A/Timestamp',
    },
    {
      case: 'TimeoutSeconds 0',
      definition: task({ TimeoutSeconds: 0 }),
      says: 'Value must be greater than or equal to 1 at /States/A/TimeoutSeconds',
    },
    {
      case: 'machine TimeoutSeconds as text',
      definition: { ...pass({}), TimeoutSeconds: '60' },
      says: 'Expected value of type Integer at /TimeoutSeconds',
    },
    {
      case: 'Choice without Next',
      definition: machine({ A: { Type: 'Choice', Choices: [{ Condition: true }] } }),
      says: 'These fields are required: [Next] at /States/A/Choices/0',
    },
    {
      case: 'End in Choice',
      definition: machine({ A: { Type: 'Choice', End: true, Choices: [{ Condition: true, Next: 'A' }] } }),
      says: '[End] at /States/A',
    },
    {
      case: 'JSONPath inside JSONata',
      definition: pass({ QueryLanguage: 'JSONPath' }),
      says: "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
    },
    {
      case: 'JSONPath task',
      definition: { StartAt: 'A', States: { A: { ...aTask('x'), End: true } } },
      says: 'Not simulated: a JSONPath state that needs JSONPath',
    },
    {
      case: 'JSONPath with a path',
      definition: { StartAt: 'A', States: { A: { Type: 'Pass', InputPath: '$.a', End: true } } },
      says: 'Not simulated: a JSONPath state',
    },
  ])('$case', ({ definition, says }) => {
    const refusal = refusalOf(definition);
    expect(refusal).toMatch(/^Invalid State Machine Definition: '/);
    expect(refusal).toContain(says);
  });

  it('with every problem that it has', () => {
    expect(
      refusalOf(machine({ A: { Type: 'Pass', Next: 'B', Output: '{% ( %}', X: 1 } })).match(/ at \//g),
    ).toHaveLength(3);
  });
});

describe('a definition is accepted', () => {
  it.each([
    {
      case: 'JSONata per state',
      definition: {
        StartAt: 'A',
        States: { A: { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% 1 %}', End: true } },
      },
    },
    {
      case: 'states of JSONPath without paths',
      definition: {
        StartAt: 'A',
        States: { A: { Type: 'Wait', Seconds: 1, Next: 'B' }, B: { Type: 'Fail', Error: 'E' } },
      },
    },
    {
      case: 'names inside a path, filter, sort and group',
      definition: pass({ Output: '{% $states.input.nodes[ready and age > 1]^(name){name: $sum(age)} %}' }),
    },
    { case: '$ inside a filter', definition: pass({ Output: '{% $states.input.list[$ > 1] %}' }) },
    {
      case: 'own functions',
      definition: pass({ Output: '{% $map($states.input.list, function($v, $i) { $v + $i }) ~> $sum %}' }),
    },
    { case: 'text that only looks like an expression', definition: pass({ Output: ' {% name %}' }) },
    {
      case: 'result and errorOutput where they are',
      definition: machine({
        A: aTask('x', {
          Next: 'A',
          Output: '{% $states.result %}',
          Catch: [{ ErrorEquals: ['E'], Next: 'A', Assign: { e: '{% $states.errorOutput.Error %}' } }],
        }),
      }),
    },
    {
      case: 'the same variable in two branches',
      definition: only({
        Type: 'Parallel',
        Branches: ['I', 'J'].map((name) => flow({ [name]: { Type: 'Pass', End: true, Assign: { x: 1 } } }, name)),
      }),
    },
    { case: 'one state', definition: oneState({ Type: 'Pass' }) },
  ])('$case', ({ definition }) => {
    expect(refusalOf(definition)).toBe('accepted');
  });
});
