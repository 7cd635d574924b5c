import type { Permission } from '../kernel/service.ts';
import { holds } from './conditions.ts';
import { matchesArn, matchesPattern } from './patterns.ts';
import type { Policy, Selection, Statement } from './policy-document.ts';
import { type ContextLookup, fillVariables } from './policy-variables.ts';

/** Everything that statements are tested against. */
export type Question = { readonly action: string; readonly resource: string; readonly lookup: ContextLookup };

/** The statements of a policy that apply to a question, whatever their effect. Principals are not looked at. */
export function applicable(policies: readonly Policy[], question: Question): readonly Statement[] {
  return policies.flatMap(({ statements }) => statements.filter((statement) => applies(statement, question)));
}

function applies({ actions, resources, conditions }: Statement, { action, resource, lookup }: Question): boolean {
  return (
    selects(actions, (pattern) => matchesPattern(pattern.toLowerCase(), action.toLowerCase())) &&
    (resources === undefined || selects(resources, (pattern) => namesResource(pattern, resource, lookup))) &&
    conditions.every((condition) => holds(condition, lookup))
  );
}

const selects = ({ patterns, excluded }: Selection, matches: (pattern: string) => boolean) =>
  patterns.some(matches) !== excluded;

/** An action without resources is asked for `*`, which only the pattern `*` grants. */
function namesResource(pattern: string, resource: string, lookup: ContextLookup): boolean {
  const filled = fillVariables(pattern, lookup);
  return filled !== undefined && matchesArn(filled, resource);
}

/** A lookup over a permission's own condition keys and those of the request, without regard to case. */
export function contextLookup(...contexts: readonly Permission['context'][]): ContextLookup {
  const values = new Map<string, readonly string[]>();
  for (const context of contexts) {
    for (const [key, value] of Object.entries(context ?? {})) {
      values.set(key.toLowerCase(), typeof value === 'string' ? [value] : value);
    }
  }
  return (key) => values.get(key.toLowerCase());
}
