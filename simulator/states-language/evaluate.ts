import type { Assignments, Template } from './definition.ts';
import { type Evaluation, type Expression, ExpressionError } from './expression.ts';
import { byteSize, type Json, type JsonObject, typeName } from './json.ts';
import { StatesError } from './states-error.ts';

/** A field whose expression failed, found nothing, or gave the wrong type. */
export class QueryFailure extends Error {
  override readonly name = 'QueryFailure';
  /** Such as `Arguments/FunctionName`. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Gives each field its own draws, so that no field's chance depends on another's. */
export type FieldEvaluation = Omit<Evaluation, 'draws'> & { readonly drawsOf: (field: string) => Evaluation['draws'] };

/** @throws {QueryFailure} */
export async function evaluateTemplate(template: Template, scope: FieldEvaluation): Promise<Json> {
  if (template.kind === 'literal') return template.value;
  if (template.kind === 'expression') return evaluateExpression(template.expression, template.field, scope);
  if (template.kind === 'list') {
    const items: Json[] = [];
    for (const item of template.items) items.push(await evaluateTemplate(item, scope));
    return items;
  }
  return evaluateMembers(template.members, scope);
}

/** @throws {QueryFailure} Also when the value is of another type. */
export async function evaluateTyped<T extends Json>(
  template: Template,
  scope: FieldEvaluation,
  expected: { readonly type: ReturnType<typeof typeName>; readonly field: string },
): Promise<T> {
  const value = await evaluateTemplate(template, scope);
  const type = typeName(value);
  if (type === expected.type) return value as T;
  const given = template.kind === 'expression' ? `The JSONata expression '${template.expression.source}'` : 'The value';
  throw new QueryFailure(
    expected.field,
    `${given} specified for the field '${expected.field}' returned an unexpected result type. Expected '${expected.type}', but was '${type}' for value: ${JSON.stringify(value)}`,
  );
}

const MAX_ASSIGN = 256 * 1024;

/** The new values of one Assign field, all from what was known before it. @throws {QueryFailure} */
export async function evaluateAssign(assign: Assignments, scope: FieldEvaluation): Promise<JsonObject> {
  const values = await evaluateMembers(assign, scope);
  if (assign.length > 0 && byteSize(values) > MAX_ASSIGN) {
    throw new StatesError('States.DataLimitExceeded', 'The size of the assigned variables exceeds 262144 bytes.');
  }
  return values;
}

async function evaluateMembers(members: Assignments, scope: FieldEvaluation): Promise<JsonObject> {
  const values: Record<string, Json> = {};
  for (const [name, member] of members) values[name] = await evaluateTemplate(member, scope);
  return values;
}

async function evaluateExpression(expression: Expression, field: string, scope: FieldEvaluation): Promise<Json> {
  const about = `The JSONata expression '${expression.source}' specified for the field '${field}'`;
  let value: Json | undefined;
  try {
    value = await expression.evaluate({ ...scope, draws: scope.drawsOf(field) });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new QueryFailure(field, `${about} threw an error during evaluation. ${error.message}`);
  }
  if (value === undefined) throw new QueryFailure(field, `${about} returned nothing (undefined).`);
  return value;
}
