import type { Assignments, Flow, State, Template } from './definition.ts';
import type { Place, QueryLanguage } from './invalid-definition.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { parseCatch, parseRetry } from './parse-guards.ts';
import {
  NOTHING_MORE,
  type Reach,
  readAssign,
  readList,
  readTemplate,
  readText,
  readTextTemplate,
  readWholeTemplate,
  refuseOtherFields,
  requireFields,
  THE_RESULT,
} from './read-field.ts';
import { FIELDS, isStateType, JSON_PATH_FIELDS, NOT_SIMULATED, type StateType, TYPES } from './state-fields.ts';
import { TIMESTAMP } from './timestamp.ts';

/** What the parser asks about the Resource of a Task: an answer is what is wrong with it. */
export type ResourceCheck = (resource: string, argumentNames: readonly string[] | undefined) => string | undefined;

export type StateParser = {
  readonly checkResource: ResourceCheck;
  /** Reads the states inside a Parallel or Map. */
  readonly parseFlow: (fields: JsonObject, place: Place) => Flow;
};

type Draft = { readonly name: string; readonly fields: JsonObject; readonly place: Place; readonly tools: StateParser };
type Going = { readonly next?: string };

const MAX_SECONDS = 99_999_999;

/** One state, or undefined where it is too broken to read; what is wrong goes to the place. */
export function parseState(name: string, fields: JsonObject, outer: Place, tools: StateParser): State | undefined {
  const place = outer.into(name, readLanguage(fields, outer.into(name)));
  const type = fields.Type;
  if (!isStateType(type)) {
    return place.into('Type').refuse(`The field 'Type' should have one of these values: [${TYPES.join(', ')}]`);
  }
  if (name.length > 80) place.refuse('A state name must have at most 80 characters');
  if (!checkFields(type, fields, place)) return undefined;
  return PARSERS[type]({ name, fields, place, tools });
}

function readLanguage(fields: JsonObject, place: Place): QueryLanguage {
  const language = fields.QueryLanguage;
  if (language === undefined) return place.language;
  if (language !== 'JSONata' && language !== 'JSONPath') {
    place
      .into('QueryLanguage')
      .refuse("The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]");
    return place.language;
  }
  if (language === 'JSONPath' && place.language === 'JSONata') {
    place.refuse("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
  }
  return language;
}

function checkFields(type: StateType, fields: JsonObject, place: Place): boolean {
  const beyond = NOT_SIMULATED.filter((name) => name in fields);
  if (beyond.length > 0) place.refuse(`Not simulated: ${beyond.join(', ')}`);
  const known = Object.fromEntries(Object.entries(fields).filter(([name]) => !beyond.includes(name)));
  if (place.language === 'JSONata') {
    refuseOtherFields(known, FIELDS[type], place);
    return true;
  }
  const allowed = JSON_PATH_FIELDS[type];
  if (allowed !== undefined && Object.keys(fields).every((name) => allowed.includes(name))) return true;
  place.refuse("Not simulated: a JSONPath state that needs JSONPath; set 'QueryLanguage' to 'JSONata'");
  return false;
}

const PARSERS: Readonly<Record<StateType, (draft: Draft) => State>> = {
  Task: parseTask,
  Parallel: parseParallel,
  Map: parseMap,
  Pass: parsePass,
  Wait: parseWait,
  Choice: parseChoice,
  Succeed: (draft) => ({ type: 'Succeed', name: draft.name, assign: [], ...outputOf(draft) }),
  Fail: ({ name, fields, place }) => ({
    type: 'Fail',
    name,
    assign: [],
    ...present('error', readTextTemplate(fields, 'Error', place)),
    ...present('cause', readTextTemplate(fields, 'Cause', place)),
  }),
};

function parseTask(draft: Draft): State {
  const { fields, place, tools } = draft;
  requireFields(fields, ['Resource'], place);
  const resource = readText(fields, 'Resource', place) ?? '';
  const given = readTemplate(fields, 'Arguments', place);
  if (resource !== '') {
    const problem = tools.checkResource(resource, argumentNames(given));
    if (problem !== undefined) place.into('Resource').refuse(problem);
  }
  return {
    type: 'Task',
    ...commonOf(draft, THE_RESULT),
    ...guardsOf(draft),
    resource,
    ...present('arguments', given),
    ...present('timeoutSeconds', readWholeTemplate(fields, 'TimeoutSeconds', place, { least: 1, most: MAX_SECONDS })),
    ...present(
      'heartbeatSeconds',
      readWholeTemplate(fields, 'HeartbeatSeconds', place, { least: 1, most: MAX_SECONDS }),
    ),
  };
}

function argumentNames(given: Template | undefined): readonly string[] | undefined {
  if (given === undefined) return [];
  if (given.kind === 'object') return given.members.map(([name]) => name);
  return given.kind === 'literal' && isJsonObject(given.value) ? Object.keys(given.value) : undefined;
}

function parseParallel(draft: Draft): State {
  const { fields, place, tools } = draft;
  requireFields(fields, ['Branches'], place);
  const branches = readList(fields, 'Branches', place);
  if (Array.isArray(fields.Branches) && branches.length === 0) place.into('Branches').refuse('Value cannot be empty');
  return {
    type: 'Parallel',
    ...commonOf(draft, THE_RESULT),
    ...guardsOf(draft),
    ...present('arguments', readTemplate(fields, 'Arguments', place)),
    branches: branches.map(([branch, inner]) => {
      refuseOtherFields(branch, ['Comment', 'StartAt', 'States'], inner);
      return tools.parseFlow(branch, inner);
    }),
  };
}

function parseMap(draft: Draft): State {
  const { fields, place } = draft;
  requireFields(fields, ['ItemProcessor'], place);
  const items = fields.Items;
  if (items !== undefined && typeof items !== 'string' && !Array.isArray(items)) {
    place.into('Items').refuse('Expected an array or a JSONata expression');
  }
  return {
    type: 'Map',
    ...commonOf(draft, THE_RESULT),
    ...guardsOf(draft),
    ...present('items', readTemplate(fields, 'Items', place)),
    ...present('itemSelector', readTemplate(fields, 'ItemSelector', place)),
    maxConcurrency: readWholeTemplate(fields, 'MaxConcurrency', place, { least: 0 }) ?? { kind: 'literal', value: 0 },
    processor: parseProcessor(draft),
  };
}

function parseProcessor({ fields, place, tools }: Draft): Flow {
  const processor = fields.ItemProcessor;
  const inner = place.into('ItemProcessor');
  if (!isJsonObject(processor)) {
    if (processor !== undefined) inner.refuse('Expected value of type Object');
    return { startAt: '', states: {} };
  }
  refuseOtherFields(processor, ['Comment', 'ProcessorConfig', 'StartAt', 'States'], inner);
  const config = processor.ProcessorConfig;
  const mode = isJsonObject(config) ? (config.Mode ?? 'INLINE') : 'INLINE';
  if (mode !== 'INLINE') inner.into('ProcessorConfig').refuse(`Not simulated: a Map of mode ${String(mode)}`);
  if (isJsonObject(config)) refuseOtherFields(config, ['Mode', 'ExecutionType'], inner.into('ProcessorConfig'));
  return tools.parseFlow(processor, inner);
}

function parsePass(draft: Draft): State {
  const { fields, place } = draft;
  const result = place.language === 'JSONPath' ? readTemplate(fields, 'Result', place) : undefined;
  return { type: 'Pass', ...commonOf(draft, NOTHING_MORE), ...present('output', result) };
}

function parseWait(draft: Draft): State {
  const { fields, place } = draft;
  if ((fields.Seconds === undefined) === (fields.Timestamp === undefined)) {
    place.refuse("Exactly one of the fields 'Seconds' and 'Timestamp' is required");
  }
  const timestamp = readTextTemplate(fields, 'Timestamp', place);
  if (timestamp?.kind === 'literal' && !TIMESTAMP.test(String(timestamp.value))) {
    place.into('Timestamp').refuse('String does not match RFC3339 timestamp');
  }
  return {
    type: 'Wait',
    ...commonOf(draft, NOTHING_MORE),
    ...present('seconds', readWholeTemplate(fields, 'Seconds', place, { least: 0, most: MAX_SECONDS })),
    ...present('timestamp', timestamp),
  };
}

function parseChoice(draft: Draft): State {
  const { name, fields, place } = draft;
  requireFields(fields, ['Choices'], place);
  const rules = readList(fields, 'Choices', place);
  if (Array.isArray(fields.Choices) && rules.length === 0) place.into('Choices').refuse('Value cannot be empty');
  return {
    type: 'Choice',
    name,
    assign: readAssign(fields, place),
    ...outputOf(draft),
    choices: rules.map(([rule, inner], index) => {
      refuseOtherFields(rule, ['Condition', 'Next', 'Assign', 'Output', 'Comment'], inner);
      requireFields(rule, ['Condition', 'Next'], inner);
      const given = rule.Condition;
      if (given !== undefined && typeof given !== 'string' && typeof given !== 'boolean') {
        inner.into('Condition').refuse('Expected a boolean or a JSONata expression');
      }
      const field = `Choices[${index}]`;
      return {
        condition: readTemplate(rule, 'Condition', inner, NOTHING_MORE, `${field}/Condition`) ?? FALSE,
        next: readText(rule, 'Next', inner) ?? '',
        assign: readAssign(rule, inner, NOTHING_MORE, `${field}/Assign`),
        ...present('output', readTemplate(rule, 'Output', inner, NOTHING_MORE, `${field}/Output`)),
      };
    }),
    ...present('default', readText(fields, 'Default', place)),
  };
}

const FALSE: Template = { kind: 'literal', value: false };

function commonOf(draft: Draft, reach: Reach): { name: string; assign: Assignments; output?: Template } & Going {
  const { name, fields, place } = draft;
  return { name, assign: readAssign(fields, place, reach), ...outputOf(draft, reach), ...goingOf(fields, place) };
}

function goingOf(fields: JsonObject, place: Place): Going {
  const next = readText(fields, 'Next', place);
  if (fields.End !== undefined && typeof fields.End !== 'boolean') {
    place.into('End').refuse('Expected value of type Boolean');
  }
  if ((next !== undefined) === (fields.End === true)) {
    place.refuse("Exactly one of the fields 'Next' and 'End' is required");
  }
  return present('next', next);
}

const guardsOf = ({ fields, place }: Draft) => ({ retry: parseRetry(fields, place), catch: parseCatch(fields, place) });

const outputOf = ({ fields, place }: Draft, reach = NOTHING_MORE): { output?: Template } =>
  present('output', readTemplate(fields, 'Output', place, reach));

/** An object with the member, or without it where there is no value. */
function present<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}
