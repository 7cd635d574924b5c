/** One thing that a schema found wrong; `path` leads to the field. */
export type InputIssue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
  /** Of a choice between shapes: what each of them found wrong. */
  readonly errors?: readonly (readonly InputIssue[])[];
};

/** Of a choice between shapes only the one that was nearly met says what to correct. */
function flatten(issue: InputIssue): readonly InputIssue[] {
  const [nearest] = (issue.errors ?? []).toSorted((a, b) => a.length - b.length);
  if (nearest === undefined || nearest.length === 0) return [issue];
  return nearest.flatMap((each) => flatten({ ...each, path: [...(issue.path ?? []), ...(each.path ?? [])] }));
}

const fieldName = ({ path }: InputIssue): string =>
  (path ?? []).reduce<string>((name, part) => {
    const key = typeof part === 'object' ? part.key : part;
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, '');

/**
 * One sentence that names every field that is wrong and says what is expected of it.
 *
 * Schemas word their messages so that they read after a colon ("expected ...", "unrecognized key ...").
 */
export function inputSentence(issues: readonly InputIssue[]): string {
  const findings = issues.flatMap(flatten).map((issue) => {
    const field = fieldName(issue);
    return field === '' ? `the input: ${issue.message}` : `"${field}": ${issue.message}`;
  });
  return `The input was refused and nothing was changed. Correct ${findings.join('; ')}.`;
}
