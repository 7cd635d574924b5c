import { type Condition, parseConditions } from './conditions.ts';
import { PolicyError } from './policy-error.ts';
import { checkVariables } from './policy-variables.ts';
import { type Principals, parsePrincipals } from './principals.ts';

/** Patterns, or everything but them (NotAction, NotResource). */
export type Selection = { readonly patterns: readonly string[]; readonly excluded: boolean };

export type Statement = {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Selection;
  /** Missing in trust policies, which speak of their own role. */
  readonly resources: Selection | undefined;
  /** Missing in identity policies, which speak of their own role. */
  readonly principals: Principals | undefined;
  readonly conditions: readonly Condition[];
};

export type Policy = { readonly statements: readonly Statement[] };

/** Where a policy stands: at a role, at a resource, or as the trust policy of a role. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

const documentKeys = new Set(['Version', 'Id', 'Statement']);
const statementKeys = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'Condition',
]);

/**
 * Reads a policy document, given as an object or as JSON text.
 *
 * @throws {PolicyError} What AWS refuses as malformed, and whatever this account cannot judge.
 */
export function parsePolicy(document: unknown, kind: PolicyKind): Policy {
  const read = asObject(typeof document === 'string' ? parseJson(document) : document, 'A policy');
  refuseUnknown(read, documentKeys, 'policy');
  const version = read.Version ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') {
    throw new PolicyError(`Policy version ${String(version)} does not exist.`);
  }
  if (version !== '2012-10-17' && JSON.stringify(read).includes('${')) {
    throw new PolicyError('Policy variables need Version 2012-10-17.');
  }
  const statements = asList(read.Statement).map((statement) => parseStatement(asObject(statement, 'Statement'), kind));
  if (statements.length === 0) throw new PolicyError('A policy needs at least one statement.');
  return { statements };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PolicyError('A policy must be valid JSON.', { cause: error });
  }
}

function parseStatement(statement: Record<string, unknown>, kind: PolicyKind): Statement {
  refuseUnknown(statement, statementKeys, 'statement');
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw new PolicyError(`Effect must be Allow or Deny, not ${String(statement.Effect)}.`);
  }
  const actions = parseSelection(statement, 'Action');
  if (actions === undefined) throw new PolicyError('A statement needs Action or NotAction.');
  actions.patterns.forEach(checkAction);
  const resources = parseSelection(statement, 'Resource');
  resources?.patterns.forEach(checkResource);
  if (kind === 'trust' && resources !== undefined) throw new PolicyError('A trust policy has no Resource.');
  if (kind === 'identity' && statement.Principal !== undefined) {
    throw new PolicyError('An identity-based policy has no Principal.');
  }
  if (kind !== 'trust' && resources === undefined) throw new PolicyError('A statement needs Resource or NotResource.');
  return {
    effect: statement.Effect,
    actions,
    resources,
    principals: kind === 'identity' ? undefined : parsePrincipals(statement.Principal),
    conditions: parseConditions(statement.Condition),
  };
}

function parseSelection(statement: Record<string, unknown>, name: 'Action' | 'Resource'): Selection | undefined {
  const [included, excluded] = [statement[name], statement[`Not${name}`]];
  if (included !== undefined && excluded !== undefined)
    throw new PolicyError(`${name} and Not${name} exclude another.`);
  const given = included ?? excluded;
  if (given === undefined) return undefined;
  const patterns = asList(given).map((pattern) => {
    if (typeof pattern !== 'string' || pattern === '')
      throw new PolicyError(`${name} must be text or a list of texts.`);
    return pattern;
  });
  if (patterns.length === 0) throw new PolicyError(`${name} must not be empty.`);
  return { patterns, excluded: excluded !== undefined };
}

function checkAction(pattern: string): void {
  if (pattern !== '*' && !/^[a-z0-9-]+:[\w*?]+$/i.test(pattern)) {
    throw new PolicyError(`Action ${pattern} must be written as service:Action.`);
  }
}

function checkResource(pattern: string): void {
  checkVariables(pattern);
  if (pattern !== '*' && pattern.split(':').length < 6) {
    throw new PolicyError(`Resource ${pattern} must be in ARN format or "*".`);
  }
}

function refuseUnknown(value: Record<string, unknown>, known: ReadonlySet<string>, name: string): void {
  const unknown = Object.keys(value).filter((key) => !known.has(key));
  if (unknown.length > 0) throw new PolicyError(`${unknown.join(', ')} in a ${name} is not simulated.`);
}

function asObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyError(`${name} must be an object.`);
  }
  return value as Record<string, unknown>;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
