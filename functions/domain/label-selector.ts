type Requirement = { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined };

/** A selector as it stands in Kubernetes objects. */
export type LabelSelector = {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly Requirement[] | undefined;
};

function meets(labels: Readonly<Record<string, string>>, { key, operator, values = [] }: Requirement): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/** Whether labels are selected. An empty selector selects everything, a missing one nothing. */
export function selects(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((each) => meets(labels, each))
  );
}

/** The values that a selector allows a label to have; undefined when it leaves that open. */
function allowed(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  key: string,
): readonly string[] | undefined {
  const lists = matchExpressions.flatMap((each) =>
    each.key === key && each.operator === 'In' ? [each.values ?? []] : [],
  );
  const value = matchLabels[key];
  const all = value === undefined ? lists : [[value], ...lists];
  return all.reduce<readonly string[] | undefined>(
    (left, right) => left?.filter((each) => right.includes(each)) ?? right,
    undefined,
  );
}

/**
 * False only when no labels can be selected by both: they want different values of the same label. A missing selector
 * selects nothing.
 */
export function mayShare(a: LabelSelector | undefined, b: LabelSelector | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const keys = [a, b].flatMap(({ matchLabels = {}, matchExpressions = [] }) => [
    ...Object.keys(matchLabels),
    ...matchExpressions.map(({ key }) => key),
  ]);
  return keys.every((key) => {
    const [left, right] = [allowed(a, key), allowed(b, key)];
    return left === undefined || right === undefined || left.some((value) => right.includes(value));
  });
}

function requirementText({ key, operator, values = [] }: Requirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}

/** The selector as a query of the Kubernetes API has it; an empty text selects everything. */
export const selectorText = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string =>
  [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(requirementText),
  ].join(',');
