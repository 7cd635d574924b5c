import { type Condition, parseConditions } from './conditions.ts';
import { arnMatcher, type Matcher, patternMatcher } from './patterns.ts';
import { PolicyError } from './policy-error.ts';
import { type ContextLookup, checkVariables, fillVariables, hasVariables } from './policy-variables.ts';
import { type Principals, parsePrincipals } from './principals.ts';

/** What one of the tests accepts, or everything but that (NotAction, NotResource). */
export type Selection<Test> = { readonly tests: readonly Test[]; readonly excluded: boolean };

/** Accepts an action in lower case: the case of actions does not matter. */
export type ActionTest = Matcher;
/** Accepts a resource; its pattern may hold variables. */
export type ResourceTest = (resource: string, lookup: ContextLookup) => boolean;

export type Statement = {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Selection<ActionTest>;
  /** Missing in trust policies, which speak of their own role. */
  readonly resources: Selection<ResourceTest> | undefined;
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
  const actions = parseSelection(statement, 'Action', actionTest);
  if (actions === undefined) throw new PolicyError('A statement needs Action or NotAction.');
  const resources = parseSelection(statement, 'Resource', resourceTest);
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

function parseSelection<Test>(
  statement: Record<string, unknown>,
  name: 'Action' | 'Resource',
  testOf: (pattern: string) => Test,
): Selection<Test> | undefined {
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
  return { tests: patterns.map(testOf), excluded: excluded !== undefined };
}

function actionTest(pattern: string): ActionTest {
  if (pattern !== '*' && !/^[a-z0-9-]+:[\w*?]+$/i.test(pattern)) {
    throw new PolicyError(`Action ${pattern} must be written as service:Action.`);
  }
  return patternMatcher(pattern.toLowerCase());
}

/** An action without resources is asked for `*`, which only the pattern `*` grants. */
function resourceTest(pattern: string): ResourceTest {
  checkVariables(pattern);
  if (pattern !== '*' && pattern.split(':').length < 6) {
    throw new PolicyError(`Resource ${pattern} must be in ARN format or "*".`);
  }
  if (!hasVariables(pattern)) return arnMatcher(pattern);
  return (resource, lookup) => {
    const filled = fillVariables(pattern, lookup);
    return filled !== undefined && arnMatcher(filled)(resource);
  };
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
