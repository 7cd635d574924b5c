import { PolicyError } from './policy-error.ts';

/** Looks up a condition key for the request at hand; case does not matter. */
export type ContextLookup = (key: string) => readonly string[] | undefined;

const variable = /\$\{([^}]*)\}/g;

export const hasVariables = (text: string): boolean => text.includes('${');

/** Refuses every variable but `${aws:PrincipalTag/key}` and the escape `${$}`. */
export function checkVariables(text: string): void {
  for (const [whole, name = ''] of text.matchAll(variable)) {
    const isKnown = name === '$' || /^aws:PrincipalTag\/[^,]+$/i.test(name);
    if (!isKnown) throw new PolicyError(`The policy variable ${whole} is not simulated.`);
  }
}

/** The text with its variables filled in; undefined when one has no value, so that the statement does not apply. */
export function fillVariables(text: string, lookup: ContextLookup): string | undefined {
  if (!hasVariables(text)) return text;
  const names = [...text.matchAll(variable)].map(([, name = '']) => name);
  const values = names.map((name) => (name === '$' ? '$' : lookup(name)?.[0]));
  if (values.includes(undefined)) return undefined;
  let next = 0;
  return text.replace(variable, () => values[next++] ?? '');
}
