import type { Permission } from '../kernel/service.ts';
import { holds } from './conditions.ts';
import type { Policy, Statement } from './policy-document.ts';
import type { ContextLookup } from './policy-variables.ts';

/** Everything that statements are tested against. `action` is in lower case, as it is in the statements. */
export type Question = { readonly action: string; readonly resource: string; readonly lookup: ContextLookup };

/** The statements of a policy that apply to a question, whatever their effect. Principals are not looked at. */
export function applicable(policies: readonly Policy[], question: Question): readonly Statement[] {
  return policies.flatMap(({ statements }) => statements.filter((statement) => applies(statement, question)));
}

function applies({ actions, resources, conditions }: Statement, { action, resource, lookup }: Question): boolean {
  return (
    actions.tests.some((test) => test(action)) !== actions.excluded &&
    (resources === undefined || resources.tests.some((test) => test(resource, lookup)) !== resources.excluded) &&
    conditions.every((condition) => holds(condition, lookup))
  );
}

/**
 * A lookup over a permission's own condition keys and those of the request, without regard to case.
 *
 * @param contextsOf Called when the first statement asks, which most never do.
 */
export function contextLookup(contextsOf: () => readonly Permission['context'][]): ContextLookup {
  let values: ReadonlyMap<string, readonly string[]> | undefined;
  return (key) => {
    values ??= valuesByKey(contextsOf());
    return values.get(key.toLowerCase());
  };
}

function valuesByKey(contexts: readonly Permission['context'][]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  for (const context of contexts) {
    for (const [key, value] of Object.entries(context ?? {})) {
      values.set(key.toLowerCase(), typeof value === 'string' ? [value] : value);
    }
  }
  return values;
}
