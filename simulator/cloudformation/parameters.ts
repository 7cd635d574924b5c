import type { ParameterDeclaration } from './template.ts';
import { TemplateError } from './template-error.ts';

/** A string, or the items of a list type. */
export type ParameterValue = string | readonly string[];

const listTypes = ['CommaDelimitedList', 'List<Number>'];
const scalarTypes = ['String', 'Number'];

/**
 * The values of a template's parameters: given ones before defaults, checked as CreateStack checks them.
 *
 * @throws {TemplateError} also for parameters that the template does not have, and for types that look something up
 * in the account, which are not simulated.
 */
export function resolveParameters(
  declarations: Readonly<Record<string, ParameterDeclaration>>,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, ParameterValue> {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(declarations, name));
  if (unknown.length > 0) throw new TemplateError('Parameters', `[${unknown.join(', ')}] do not exist in the template`);
  return new Map(
    Object.entries(declarations).map(([name, declaration]) => [name, resolve(name, declaration, given[name])]),
  );
}

function resolve(name: string, declaration: ParameterDeclaration, given: string | undefined): ParameterValue {
  const place = `Parameters.${name}`;
  const { Type, Default } = declaration;
  if (![...scalarTypes, ...listTypes].includes(Type))
    throw new TemplateError(place, `the type ${Type} is not simulated`);
  const value = given ?? (Default === undefined ? undefined : String(Default));
  if (value === undefined) throw new TemplateError(place, 'must have a value');
  const items = listTypes.includes(Type) ? value.split(',').map((item) => item.trim()) : [value];
  for (const item of items) {
    const problem = problemOf(item, declaration);
    if (problem !== undefined) throw new TemplateError(place, declaration.ConstraintDescription ?? problem);
  }
  return listTypes.includes(Type) ? items : value;
}

function problemOf(value: string, declaration: ParameterDeclaration): string | undefined {
  const { Type, AllowedValues, AllowedPattern } = declaration;
  if (AllowedValues !== undefined && !AllowedValues.map(String).includes(value)) {
    return `${value} is not one of the allowed values [${AllowedValues.join(', ')}]`;
  }
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(value)) {
    return `${value} does not match the pattern ${AllowedPattern}`;
  }
  return Type.includes('Number') ? problemOfNumber(value, declaration) : problemOfText(value, declaration);
}

function problemOfNumber(value: string, { MinValue, MaxValue }: ParameterDeclaration): string | undefined {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isNaN(number)) return `${value} is not a number`;
  if (MinValue !== undefined && number < MinValue) return `${value} is less than ${MinValue}`;
  return MaxValue !== undefined && number > MaxValue ? `${value} is greater than ${MaxValue}` : undefined;
}

function problemOfText(value: string, { MinLength, MaxLength }: ParameterDeclaration): string | undefined {
  if (MinLength !== undefined && value.length < MinLength) return `it must have at least ${MinLength} characters`;
  return MaxLength !== undefined && value.length > MaxLength
    ? `it must have at most ${MaxLength} characters`
    : undefined;
}
