import type { KubernetesObject, LabelSelector, Labels } from './objects.ts';
import type { Resource } from './resources.ts';
import { badRequest } from './status.ts';

export type Matcher = (object: KubernetesObject) => boolean;

type LabelRule = (labels: Labels) => boolean;

const setRule = /^([^\s!=]+)\s+(in|notin)\s+\(([^)]*)\)$/;
const equalityRule = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const existenceRule = /^(!?)\s*([^\s!=,()]+)$/;

/** Reads `labelSelector` of a request, such as `app=web,tier in (a,b),!legacy`. */
export function parseLabelSelector(text: string | undefined): Matcher {
  const rules = splitOutsideParentheses(text ?? '').map((part) => {
    const rule = parseLabelRule(part);
    if (rule === undefined)
      throw badRequest(`unable to parse requirement: found '${part}', expected: a label selector`);
    return rule;
  });
  return ({ metadata }) => rules.every((rule) => rule(metadata.labels ?? {}));
}

function parseLabelRule(text: string): LabelRule | undefined {
  const [, setKey = '', setOperator, list = ''] = setRule.exec(text) ?? [];
  if (setOperator !== undefined) {
    const values = list.split(',').map((value) => value.trim());
    if (setOperator === 'in') return (labels) => isOneOf(labels[setKey], values);
    return (labels) => !isOneOf(labels[setKey], values);
  }
  const [, key = '', operator, value = ''] = equalityRule.exec(text) ?? [];
  if (operator === '!=') return (labels) => labels[key] !== value;
  if (operator !== undefined) return (labels) => labels[key] === value;
  const [, negated, name] = existenceRule.exec(text) ?? [];
  if (name === undefined) return undefined;
  return (labels) => Object.hasOwn(labels, name) === (negated === '');
}

const isOneOf = (value: string | undefined, values: readonly string[]) => value !== undefined && values.includes(value);

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      part += character;
    }
  }
  return [...parts, part].map((piece) => piece.trim()).filter((piece) => piece !== '');
}

export type FieldSelector = { readonly matches: Matcher; readonly fields: Readonly<Record<string, string>> };

/** Reads `fieldSelector` of a request. Only the fields that the kind declares can be selected by. */
export function parseFieldSelector(text: string | undefined, resource: Resource): FieldSelector {
  const readers: Record<string, (object: KubernetesObject) => string> = {
    'metadata.name': ({ metadata }) => metadata.name,
    ...(resource.namespaced ? { 'metadata.namespace': ({ metadata }) => metadata.namespace ?? '' } : {}),
    ...resource.selectableFields,
  };
  const fields: Record<string, string> = {};
  const rules = (text ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part): Matcher => {
      const [, field = '', operator, value = ''] = /^([^!=]+)(==|=|!=)(.*)$/.exec(part) ?? [];
      if (operator === undefined) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
      const read = Object.hasOwn(readers, field) ? readers[field] : undefined;
      if (read === undefined) throw badRequest(unknownField(resource, part, field));
      if (operator !== '!=') fields[field] = value;
      return (object) => (read(object) === value) === (operator !== '!=');
    });
  return { matches: (object) => rules.every((rule) => rule(object)), fields };
}

function unknownField(resource: Resource, part: string, field: string): string {
  const group = resource.group === '' ? '' : `${resource.group}/`;
  return `Unable to find "${group}${resource.version}, Resource=${resource.plural}" that match label selector "", field selector "${part}": field label not supported: ${field}`;
}

/** Evaluates a selector of an object's spec. An empty selector matches everything, a missing one nothing. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return Object.hasOwn(labels, key);
      if (operator === 'DoesNotExist') return !Object.hasOwn(labels, key);
      return isOneOf(labels[key], values) === (operator === 'In');
    })
  );
}
