import type { RequestInfo, ResourceRequest } from './request-info.ts';

/** A rule of a role. */
export type PolicyRule = {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
};

/** Whether one rule allows one request. */
export function ruleAllows(rule: PolicyRule, request: RequestInfo): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(request.verb)) return false;
  if (request.type === 'path') return (rule.nonResourceURLs ?? []).some((url) => matchesPath(url, request.path));
  return includesOrAll(rule.apiGroups, request.group) && matchesResource(rule, request) && matchesName(rule, request);
}

function matchesResource({ resources = [] }: PolicyRule, { plural, subresource }: ResourceRequest): boolean {
  if (resources.includes('*')) return true;
  if (subresource === undefined) return resources.includes(plural);
  return resources.includes(`${plural}/${subresource}`) || resources.includes(`*/${subresource}`);
}

/** A rule with names never allows requests that carry none: creation, and lists without `metadata.name`. */
function matchesName({ resourceNames = [] }: PolicyRule, { name }: ResourceRequest): boolean {
  return resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));
}

const includesOrAll = (list: readonly string[] = [], value: string) => list.includes('*') || list.includes(value);

const matchesPath = (pattern: string, path: string) =>
  pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
