/** True if `text` fits a pattern in which `*` is any run of characters and `?` any one. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text;
  return compiled(pattern).test(text);
}

/**
 * True if an ARN fits an ARN pattern: the first five parts are compared one by one, the resource as a whole, so
 * that a wildcard never reaches over into another account. The pattern `*` fits everything.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const wanted = arnParts(pattern);
  const given = arnParts(arn);
  if (wanted === undefined || given === undefined) return pattern === arn;
  return wanted.every((part, index) => matchesPattern(part, given[index] ?? ''));
}

/** `arn`, partition, service, Region, account, resource; undefined for what is no ARN. */
export function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.split(':');
  if (parts[0] !== 'arn' || parts.length < 6) return undefined;
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

const expressions = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const source = pattern
    .split(/(\*+|\?)/)
    .map((part) => (part.startsWith('*') ? '[^]*' : part === '?' ? '[^]' : RegExp.escape(part)))
    .join('');
  const expression = new RegExp(`^${source}$`, 'u');
  expressions.set(pattern, expression);
  return expression;
}
