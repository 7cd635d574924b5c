import type * as v from 'valibot';

type Issue = v.BaseIssue<unknown>;

/** What is wrong, one phrase per problem, each with its place: `Rules.0.Status is not valid (expected ..., found ...)`. */
export const describeIssues = (issues: readonly Issue[]): string[] => issues.map(describeIssue);

function describeIssue(issue: Issue): string {
  const place = (issue.path ?? []).map(({ key }) => String(key)).join('.') || 'the value';
  if (issue.path?.at(-1)?.origin === 'key' && issue.type === 'strict_object') {
    return issue.expected === 'never' ? `${place} is ${issue.message}` : `${place} is missing`;
  }
  return `${place} is not valid (expected ${expectation(issue)}, found ${issue.received})`;
}

/** Schemas that have no words of their own get a sentence from valibot. */
function expectation({ message, expected }: Issue): string {
  return message.startsWith('Invalid ') ? (expected ?? 'something else') : message;
}
