import { type Branch, currentItem, visibleVariables } from './branch.ts';
import type { Assignments, Template } from './definition.ts';
import { evaluateAssign, evaluateTemplate, evaluateTyped, type FieldEvaluation, QueryFailure } from './evaluate.ts';
import type { Json, JsonObject, typeName } from './json.ts';
import type { Extras, Frame } from './run.ts';
import { StatesError } from './states-error.ts';

type MapItem = NonNullable<Branch['item']>;

/** What the expressions of a state see beyond its input. */
export type Sight = Extras & { readonly token?: string | undefined; readonly item?: MapItem };

/** Evaluates the fields of a state; a failure is written to the history. @throws {StatesError} */
export type Query = {
  readonly value: (template: Template) => Promise<Json>;
  readonly typed: <T extends Json>(template: Template, type: ReturnType<typeof typeName>, field: string) => Promise<T>;
  readonly assign: (assign: Assignments) => Promise<JsonObject>;
  readonly failure: (field: string, message: string) => StatesError;
};

export function createQuery(frame: Frame, sight: Sight = {}): Query {
  const scope = fieldsOf(frame, sight);
  const attempt = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const value = await frame.run.engine.clock.busy(work);
      frame.scope.check();
      return value;
    } catch (error) {
      frame.scope.check();
      if (error instanceof QueryFailure) throw failQuery(frame, error.field, error.message);
      throw error;
    }
  };
  return {
    value: (template) => attempt(evaluateTemplate(template, scope)),
    typed: (template, type, field) => attempt(evaluateTyped(template, scope, { type, field })),
    assign: (assign) => attempt(evaluateAssign(assign, scope)),
    failure: (field, message) => failQuery(frame, field, message),
  };
}

/** The cause with which AWS introduces what went wrong in a state. */
export function inState({ branch, state }: Frame, message: string): string {
  return `An error occurred while executing the state '${state.name}' (entered at the event id #${branch.entered?.eventId}). ${message}`;
}

/**
 * Recordings of the service show that the event follows the one *before* the entry when nothing came between,
 * because entry and evaluation are one step.
 */
function failQuery(frame: Frame, field: string, message: string): StatesError {
  const { branch, run, state } = frame;
  const cause = inState(frame, message);
  const error = 'States.QueryEvaluationError';
  const isFresh = branch.entered?.eventId === branch.lastEventId;
  const previous = isFresh ? (branch.entered?.previousEventId ?? 0) : branch.lastEventId;
  const evaluationFailedEventDetails = { cause, error, location: field, state: state.name };
  branch.lastEventId = run.history.write('EvaluationFailed', previous, { evaluationFailedEventDetails });
  return new StatesError(error, cause);
}

function fieldsOf(frame: Frame, { token, item, ...extras }: Sight): FieldEvaluation {
  const { branch, run } = frame;
  const { clock, random } = run.engine;
  const own = item === undefined ? [] : [item.Index];
  const purpose = [run.identity.arn, run.redrives().count, branch.key, branch.step, branch.retryCount, ...own];
  return {
    variables: visibleVariables(branch),
    states: { input: branch.input, context: contextOf(frame, token, item), ...extras } as JsonObject,
    now: clock.now(),
    drawsOf: (field) => ({
      fraction: (nth) => random.fraction('jsonata.random', ...purpose, field, nth),
      uuid: (nth) => random.uuid('jsonata.uuid', ...purpose, field, nth),
    }),
  };
}

const GUARDED: ReadonlySet<string> = new Set(['Task', 'Parallel', 'Map']);
const time = (at: number) => new Date(at).toISOString();

/** The context object, as the developer guide's "Accessing execution data from the Context object" lists it. */
function contextOf({ branch, run, state }: Frame, token: string | undefined, item: MapItem | undefined): JsonObject {
  const { identity } = run;
  const redrives = run.redrives();
  const mapItem = item ?? currentItem(branch);
  return {
    Execution: {
      Id: identity.arn,
      Input: identity.input,
      Name: identity.name,
      RoleArn: identity.roleArn,
      StartTime: time(identity.startedAt),
      RedriveCount: redrives.count,
      ...(redrives.at === undefined ? {} : { RedriveTime: time(redrives.at) }),
    },
    State: {
      Name: state.name,
      EnteredTime: time(branch.entered?.at ?? 0),
      ...(GUARDED.has(state.type) ? { RetryCount: branch.retryCount } : {}),
    },
    StateMachine: { Id: identity.machine.arn, Name: identity.machine.name },
    ...(token === undefined ? {} : { Task: { Token: token } }),
    ...(mapItem === undefined ? {} : { Map: { Item: mapItem } }),
  };
}
