/** Tells whether a text fits a pattern. */
export type Matcher = (text: string) => boolean;

/** Fits texts to a pattern in which `*` is any run of characters and `?` any one. */
export const patternMatcher = remembering((pattern) => {
  if (!hasWildcard(pattern)) return (text) => text === pattern;
  const expression = new RegExp(`^${sourceOf(pattern, '[^]')}$`, 'u');
  return (text) => expression.test(text);
});

/**
 * Fits ARNs to an ARN pattern: the first five parts are compared one by one, the resource as a whole, so that a
 * wildcard never reaches over into another account. The pattern `*` fits everything.
 */
export const arnMatcher = remembering((pattern) => {
  if (pattern === '*') return () => true;
  const parts = arnParts(pattern);
  if (parts === undefined || !hasWildcard(pattern)) return (arn) => arn === pattern;
  const sources = parts.map((part, index) => sourceOf(part, index < 5 ? '[^:]' : '[^]'));
  const expression = new RegExp(`^${sources.join(':')}$`, 'u');
  return (arn) => expression.test(arn);
});

/** `arn`, partition, service, Region, account, resource; undefined for what is no ARN. */
export function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.split(':');
  if (parts[0] !== 'arn' || parts.length < 6) return undefined;
  return parts.length === 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

const hasWildcard = (pattern: string) => /[*?]/.test(pattern);

/** @param character What a wildcard stands for. */
function sourceOf(pattern: string, character: '[^]' | '[^:]'): string {
  return pattern
    .split(/(\*+|\?)/)
    .map((part) => (part.startsWith('*') ? `${character}*` : part === '?' ? character : RegExp.escape(part)))
    .join('');
}

/** Makes the matcher of a pattern once; few patterns are ever in use. */
function remembering(make: (pattern: string) => Matcher): (pattern: string) => Matcher {
  const made = new Map<string, Matcher>();
  return (pattern) => {
    const known = made.get(pattern);
    if (known !== undefined) return known;
    if (made.size >= 10_000) made.clear();
    const matcher = make(pattern);
    made.set(pattern, matcher);
    return matcher;
  };
}
