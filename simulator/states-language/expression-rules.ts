/** A node of JSONata's syntax tree; what a node holds depends on its type. */
type Node = { readonly type: string; readonly value?: unknown; readonly [part: string]: unknown };

/** Parts that JSONata evaluates against items that it has selected, so `$` and plain names mean something there. */
const SELECTING = ['predicate', 'stages', 'group', 'terms', 'pattern', 'update', 'delete'] as const;
const PASSING = [
  'lhs',
  'rhs',
  'expr',
  'expression',
  'expressions',
  'arguments',
  'procedure',
  'condition',
  'then',
  'else',
  'body',
] as const;
const NEEDS_CONTEXT: ReadonlySet<string> = new Set(['name', 'wildcard', 'descendant', 'parent']);

/**
 * What Step Functions does not let an expression use, as a sentence: `$$` and `$eval` anywhere; `$` and
 * unqualified names at the top level, where no document is the context; members of `$states` that the field
 * does not have, such as `$states.result` in Arguments.
 */
export function findForbidden(root: unknown, reachable: ReadonlySet<string>): string | undefined {
  return visit(root, false);

  function visit(part: unknown, hasContext: boolean): string | undefined {
    if (Array.isArray(part)) return first(part, (item) => visit(item, hasContext));
    if (!isNode(part)) return isGroup(part) ? visit(part.lhs, true) : undefined;
    return visitNode(part, hasContext);
  }

  function visitNode(node: Node, hasContext: boolean): string | undefined {
    const own = node.type === 'path' ? visitPath(node, hasContext) : forbiddenHere(node, hasContext);
    return (
      own ??
      first(PASSING, (name) => visit(node[name], hasContext)) ??
      first(SELECTING, (name) => visit(node[name], true))
    );
  }

  function visitPath(node: Node, hasContext: boolean): string | undefined {
    const steps = node.steps as readonly Node[];
    const [start, member] = steps;
    const isStates = start?.type === 'variable' && start.value === 'states' && member?.type === 'name';
    if (isStates && isOutOfReach(member.value)) return `$states.${member.value} cannot be used in this field`;
    return first(steps, (step, index) => visit(step, hasContext || index > 0));
  }

  function isOutOfReach(member: unknown): boolean {
    return (member === 'result' || member === 'errorOutput') && !reachable.has(member);
  }
}

function forbiddenHere(node: Node, hasContext: boolean): string | undefined {
  if (node.type === 'variable' && node.value === '$') return '$$ cannot be used';
  if (node.type === 'variable' && node.value === 'eval') return '$eval cannot be used; $parse reads JSON text';
  if (hasContext) return undefined;
  if (node.type === 'variable' && node.value === '') return '$ cannot be used at the top level';
  if (!NEEDS_CONTEXT.has(node.type)) return undefined;
  return `unqualified field names cannot be used at the top level: ${String(node.value ?? node.type)}`;
}

const isNode = (part: unknown): part is Node =>
  typeof part === 'object' && part !== null && typeof (part as Node).type === 'string';

/** The `{...}` after a path step has members but no type. */
const isGroup = (part: unknown): part is { readonly lhs: unknown } =>
  typeof part === 'object' && part !== null && 'lhs' in part;

function first<T>(items: readonly T[], find: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
