import type { AwsEvent } from '../../kernel/service.ts';
import { ServiceError } from '../../kernel/service.ts';
import { isRecord } from './event-pattern.ts';

/** What a target gets instead of the whole event; at most one of the three. */
export type TargetInput = {
  readonly input?: string;
  readonly inputPath?: string;
  readonly inputTransformer?: InputTransformer;
};

export type InputTransformer = {
  readonly inputPathsMap?: Readonly<Record<string, string>>;
  readonly inputTemplate: string;
};

type Rule = { readonly name: string; readonly arn: string };
type Variables = Readonly<Record<string, unknown>>;

/** The transformed event is no JSON: EventBridge gives up on it without a retry. */
export class InvalidTargetInput extends Error {
  override readonly name = 'InvalidTargetInput';
}

/**
 * Checks what PutTargets checks. Source: EventBridge User Guide, "Amazon EventBridge input transformation".
 *
 * @throws {ServiceError} `ValidationException`
 */
export function checkTargetInput({ input, inputPath, inputTransformer }: TargetInput): void {
  if ([input, inputPath, inputTransformer].filter((given) => given !== undefined).length > 1) {
    throw refused('Only one of Input, InputPath, or InputTransformer must be provided for a target');
  }
  if (input !== undefined && !isJson(input)) throw refused('JSON syntax error in input for target');
  if (inputPath !== undefined) parsePath(inputPath);
  if (inputTransformer !== undefined) checkTransformer(inputTransformer);
}

function checkTransformer({ inputPathsMap = {}, inputTemplate }: InputTransformer): void {
  const names = Object.keys(inputPathsMap);
  if (names.length > 100) throw refused('InputPathsMap takes at most 100 keys');
  const badName = names.find((name) => !/^[A-Za-z0-9_-]+$/.test(name) || /^aws/i.test(name));
  if (badName !== undefined) throw refused(`Invalid InputPathsMap key ${badName}`);
  for (const path of Object.values(inputPathsMap)) parsePath(path);
  if (inputTemplate.length < 1 || inputTemplate.length > 8192)
    throw refused('InputTemplate takes 1 to 8192 characters');
  const used = [...inputTemplate.matchAll(placeholder)].map(([, name = '']) => name);
  const unknown = used.find((name) => !names.includes(name) && !predefined.includes(name));
  if (unknown !== undefined) throw refused(`Invalid InputTemplate: <${unknown}> is not defined`);
}

/** @throws {InvalidTargetInput} */
export function targetInput(target: TargetInput, event: AwsEvent, rule: Rule, receivedAt: number): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(follow(event, parsePath(target.inputPath)) ?? null);
  if (target.inputTransformer === undefined) return JSON.stringify(event);
  return transform(target.inputTransformer, event, rule, receivedAt);
}

const placeholder = /<([^<>]*)>/g;
const predefined = [
  'aws.events.rule-arn',
  'aws.events.rule-name',
  'aws.events.event.ingestion-time',
  'aws.events.event',
  'aws.events.event.json',
];

function transform(
  { inputPathsMap = {}, inputTemplate }: InputTransformer,
  event: AwsEvent,
  rule: Rule,
  receivedAt: number,
): string {
  const { detail: _, ...withoutDetail } = event;
  const variables: Variables = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': new Date(receivedAt).toISOString(),
    'aws.events.event': withoutDetail,
    'aws.events.event.json': event,
    ...Object.fromEntries(Object.entries(inputPathsMap).map(([name, path]) => [name, follow(event, parsePath(path))])),
  };
  const filled = fill(inputTemplate, variables);
  // Templates of several quoted lines, which EventBridge knows for targets that take text, are not simulated.
  if (!isJson(filled)) throw new InvalidTargetInput(`The transformed event is not JSON: ${filled}`);
  return filled;
}

/**
 * Within quotes a placeholder is replaced by text, elsewhere by a JSON value. A path that the event does not have
 * gives an empty text, or nothing where a value should be, which leaves a template that is not JSON.
 */
function fill(template: string, variables: Variables): string {
  let filled = '';
  let end = 0;
  let quoted = false;
  for (const match of template.matchAll(placeholder)) {
    const before = template.slice(end, match.index);
    quoted = closesQuotes(before, quoted);
    filled += before + replacement(variables[match[1] as string], quoted);
    end = match.index + match[0].length;
  }
  return filled + template.slice(end);
}

function replacement(value: unknown, quoted: boolean): string {
  if (value === undefined) return '';
  if (!quoted) return JSON.stringify(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}

function closesQuotes(text: string, quoted: boolean): boolean {
  const quotes = text.replaceAll(/\\./g, '').split('"').length - 1;
  return quotes % 2 === 0 ? quoted : !quoted;
}

/** Dot notation with array indices. Wildcards exist in EventBridge; here they are refused. */
function parsePath(path: string): readonly string[] {
  if (!/^\$(\.[\w/-]+(\[\d+\])*)*$/.test(path)) throw refused(`Invalid or unsupported JSON path ${path}`);
  return [...path.matchAll(/\.([\w/-]+)|\[(\d+)\]/g)].map(([, field, index]) => (field ?? index) as string);
}

function follow(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const step of path) {
    if (Array.isArray(found)) found = found[Number(step)];
    else found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function refused(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
