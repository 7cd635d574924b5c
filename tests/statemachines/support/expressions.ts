import jsonata from 'jsonata';

const delimited = /^\{%(.*)%\}$/s;

/** The JSONata inside `{% %}`; undefined for plain text. */
export const expressionOf = (text: string): string | undefined => delimited.exec(text)?.[1];

/** Every string in a document that holds an expression, or tries to. */
export function expressionsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes('{%') || value.includes('%}') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(expressionsIn);
}

/** Why a text is no expression; undefined when it parses. */
export function syntaxErrorOf(text: string): string | undefined {
  const expression = expressionOf(text);
  if (expression === undefined) return `"${text}" mixes text and {% %}`;
  try {
    jsonata(expression);
    return undefined;
  } catch (error) {
    return `"${text}": ${(error as Error).message}`;
  }
}

/** The variables that an expression reads, without Step Functions' own. */
export function variablesOf(text: string): string[] {
  const names = [...text.matchAll(/\$([A-Za-z_]\w*)(?!\w*\()/g)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => name !== 'states');
}

/** The strings that an expression compares with. */
export const literalsOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"/g)].map(([, literal = '']) => literal);
