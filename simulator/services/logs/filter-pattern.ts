import { ServiceError } from '../../kernel/service.ts';

export type LogFilter = (message: string) => boolean;

/**
 * A filter pattern of words and quoted phrases: a message has all of them, one of those after `?`, none of those
 * after `-`. Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters", unstructured log events.
 * Patterns for JSON, for columns and regular expressions are refused.
 *
 * @throws {ServiceError} InvalidParameterException
 */
export function parseFilterPattern(pattern: string): LogFilter {
  const text = pattern.trim();
  if (/^[{[%]/.test(text)) throw refusal('filter patterns in {}, [] or %% are not simulated');
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g)].map(([, sign, phrase, word = '']) => ({
    sign,
    term: phrase === undefined ? word : phrase.replaceAll(/\\(.)/g, '$1'),
  }));
  const bare = terms.find(({ term, sign }) => term !== '' && sign === '' && !/^\w|[\w.]/.test(term));
  if (bare !== undefined) throw refusal(`the term ${bare.term} must be enclosed in double quotes`);
  const having = (wanted: string) => terms.filter(({ sign }) => sign === wanted).map(({ term }) => term);
  const [all, any, none] = [having(''), having('?'), having('-')];
  return (message) =>
    all.every((term) => message.includes(term)) &&
    (any.length === 0 || any.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}

const refusal = (why: string) => new ServiceError('InvalidParameterException', `Invalid filter pattern: ${why}`);
