import { type Flow, innerFlows, type Machine, type State, targetsOf } from './definition.ts';
import { createPlace, InvalidDefinition, type Place, type Problem } from './invalid-definition.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { parseState, type ResourceCheck } from './parse-state.ts';
import { readText, readWhole, refuseOtherFields, requireFields } from './read-field.ts';

const MACHINE_FIELDS = ['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version'];
const MAX_SECONDS = 99_999_999;

/**
 * Reads a definition as Step Functions does when a machine is created, and refuses all that this engine
 * would not run as Step Functions does.
 *
 * @throws {InvalidDefinition} Naming every problem with its place.
 */
export function parseMachine(definition: unknown, checkResource: ResourceCheck): Machine {
  const problems: Problem[] = [];
  const root = createPlace(problems);
  if (!isJsonObject(definition)) {
    root.refuse('Definition must be a valid JSON object');
    throw new InvalidDefinition(problems);
  }
  const machine = readMachine(definition, createPlace(problems, '', readLanguage(definition, root)), checkResource);
  checkNames(machine, root);
  if (problems.length > 0) throw new InvalidDefinition(problems);
  return machine;
}

function readLanguage(definition: JsonObject, root: Place): 'JSONata' | 'JSONPath' {
  const language = definition.QueryLanguage ?? 'JSONPath';
  if (language === 'JSONata' || language === 'JSONPath') return language;
  root.into('QueryLanguage').refuse("The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]");
  return 'JSONata';
}

function readMachine(definition: JsonObject, root: Place, checkResource: ResourceCheck): Machine {
  refuseOtherFields(definition, MACHINE_FIELDS, root);
  if (definition.Version !== undefined && definition.Version !== '1.0') {
    root.into('Version').refuse("The field 'Version' should have one of these values: [1.0]");
  }
  const timeoutSeconds = readWhole(definition, 'TimeoutSeconds', root, { least: 1, most: MAX_SECONDS });
  const comment = readText(definition, 'Comment', root);
  return {
    ...readFlow(definition, root, checkResource),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(comment === undefined ? {} : { comment }),
  };
}

function readFlow(fields: JsonObject, place: Place, checkResource: ResourceCheck): Flow {
  requireFields(fields, ['States', 'StartAt'], place);
  const startAt = readText(fields, 'StartAt', place) ?? '';
  const inner = place.into('States');
  const states: Record<string, State> = {};
  if (!isJsonObject(fields.States)) {
    if (fields.States !== undefined) inner.refuse('Expected value of type Object');
    return { startAt, states };
  }
  for (const [name, state] of Object.entries(fields.States)) {
    if (!isJsonObject(state)) {
      inner.into(name).refuse('Expected value of type Object');
      continue;
    }
    const parseFlow = (flow: JsonObject, at: Place) => readFlow(flow, at, checkResource);
    const parsed = parseState(name, state, inner, { checkResource, parseFlow });
    if (parsed !== undefined) states[name] = parsed;
  }
  checkTargets({ startAt, states }, Object.keys(fields.States), place);
  return { startAt, states };
}

function checkTargets(flow: Flow, names: readonly string[], place: Place): void {
  const inner = place.into('States');
  if (flow.startAt !== '' && !names.includes(flow.startAt)) {
    place.into('StartAt').refuse(`Missing 'StartAt' target: ${flow.startAt}`, 'MISSING_TRANSITION_TARGET');
  }
  for (const state of Object.values(flow.states)) {
    for (const target of targetsOf(state).filter((name) => name !== '' && !names.includes(name))) {
      inner.into(state.name).refuse(`Missing 'Next' target: ${target}`, 'MISSING_TRANSITION_TARGET');
    }
  }
  const reached = reachableNames(flow);
  const couldReadAll = Object.keys(flow.states).length === names.length;
  for (const name of couldReadAll ? names.filter((candidate) => !reached.has(candidate)) : []) {
    inner.into(name).refuse(`State "${name}" is not reachable.`, 'MISSING_TRANSITION_TARGET');
  }
}

function reachableNames({ startAt, states }: Flow): ReadonlySet<string> {
  const reached = new Set([startAt]);
  for (const name of reached) {
    const state = states[name];
    for (const target of state === undefined ? [] : targetsOf(state)) reached.add(target);
  }
  return reached;
}

/** State names are unique in the whole machine, and no inner flow assigns a variable of an outer one. */
function checkNames(machine: Machine, root: Place): void {
  const seen = new Set<string>();
  visit(machine, new Set());

  function visit(flow: Flow, outer: ReadonlySet<string>): void {
    const states = Object.values(flow.states);
    const visible = new Set([...outer, ...states.flatMap(assignedNames)]);
    for (const state of states) {
      checkState(state, outer);
      for (const inner of innerFlows(state)) visit(inner, visible);
    }
  }

  function checkState(state: State, outer: ReadonlySet<string>): void {
    const place = root.into('States').into(state.name);
    if (seen.has(state.name)) place.refuse(`Duplicate state name: ${state.name}`, 'DUPLICATE_STATE_NAME');
    seen.add(state.name);
    for (const name of assignedNames(state).filter((assigned) => outer.has(assigned))) {
      place.refuse(`The variable '${name}' is assigned in an outer scope and cannot be assigned here`);
    }
  }
}

function assignedNames(state: State): readonly string[] {
  const rules = state.type === 'Choice' ? state.choices : 'catch' in state ? state.catch : [];
  return [state.assign, ...rules.map((rule) => rule.assign)].flatMap((assign) => assign.map(([name]) => name));
}
