import { resourceTypes } from './resource-types.ts';

/** The resource types that a policy can name for an action: empty for `*` only, undefined for an unlisted action. */
export function resourceTypesOf(action: string): readonly string[] | undefined {
  const [service = '', name = ''] = action.split(':');
  const known = resourceTypes[service.toLowerCase()]?.actions ?? {};
  const listed = Object.keys(known).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return listed === undefined ? undefined : known[listed];
}

/** True where AWS offers nothing narrower than resource `*`. Throws for an action that the table does not list. */
export function acceptsOnlyEverything(action: string): boolean {
  const types = resourceTypesOf(action);
  if (types === undefined) throw new Error(`simulator/iam/resource-types.ts does not list ${action}.`);
  return types.length === 0;
}

/** The page of the Service Authorization Reference that says so. */
export function authorizationReference(action: string): string | undefined {
  const page = resourceTypes[action.split(':')[0]?.toLowerCase() ?? '']?.page;
  return page && `https://docs.aws.amazon.com/service-authorization/latest/reference/list_${page}.html`;
}
