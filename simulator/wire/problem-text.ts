import type { Path, Problem } from './problems.ts';

/** The sentence in which most AWS services list what is wrong with a request. */
export function validationSentence(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  return `${count} detected: ${problems.map(describe).join('; ')}`;
}

function describe(problem: Problem): string {
  const at = writtenPath(problem.path);
  switch (problem.kind) {
    case 'missing':
      return `Value null at '${at}' failed to satisfy constraint: Member must not be null`;
    case 'constraint':
      return `Value '${problem.value}' at '${at}' failed to satisfy constraint: ${problem.constraint}`;
    case 'type':
      return `Value '${problem.value}' at '${at}' failed to satisfy constraint: Member must be of type ${problem.expected}`;
    case 'unknown':
      return `Unknown parameter '${problem.written}' at '${at}'`;
  }
}

/** `tags.1.member.key`: names begin in lower case, positions in lists are followed by `member`. */
export function writtenPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `${part}.member` : part.charAt(0).toLowerCase() + part.slice(1)))
    .join('.');
}
