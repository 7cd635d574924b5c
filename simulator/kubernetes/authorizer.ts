import { accessPolicies, type Subject } from './bootstrap-policy.ts';
import type { KubernetesObject } from './objects.ts';
import { type PolicyRule, ruleAllows } from './policy-rules.ts';
import type { RequestInfo } from './request-info.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './resources.ts';
import { ApiError, forbidden } from './status.ts';
import type { Storage } from './storage.ts';

/** An access policy of EKS that is associated with a principal, for the cluster or some of its namespaces. */
export type AccessPolicy = { readonly policyArn: string; readonly namespaces?: readonly string[] };

/** Who makes a request, once the token is proved. */
export type User = {
  readonly username: string;
  readonly groups: readonly string[];
  readonly policies: readonly AccessPolicy[];
};

export type Authorizer = {
  readonly allows: (user: User, request: RequestInfo) => boolean;
  /** Every rule that applies to the user in a namespace, those of the whole cluster included. */
  readonly rulesIn: (user: User, namespace: string) => readonly PolicyRule[];
  /** @throws {ApiError} 403, worded as the API server does. */
  readonly demand: (user: User, request: RequestInfo) => void;
};

type Binding = KubernetesObject & {
  readonly roleRef: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string };
  readonly subjects?: readonly Subject[];
};

/** RBAC over the roles and bindings that the cluster holds at the moment, and the access policies of EKS. */
export function createAuthorizer(storage: Storage): Authorizer {
  const rulesOf = ({ roleRef, metadata }: Binding): readonly PolicyRule[] => {
    const role =
      roleRef.kind === 'ClusterRole'
        ? storage.get(clusterRoles, '', roleRef.name)
        : storage.get(roles, metadata.namespace ?? '', roleRef.name);
    return (role?.rules as readonly PolicyRule[] | undefined) ?? [];
  };

  const rulesByRbac = (user: User, namespace: string | undefined): readonly PolicyRule[] => {
    const bindings = [
      ...storage.list(clusterRoleBindings),
      ...(namespace === undefined ? [] : storage.list(roleBindings, namespace)),
    ] as readonly unknown[] as readonly Binding[];
    return bindings
      .filter(({ subjects }) => subjects?.some((subject) => isSubject(user, subject)))
      .flatMap((binding) => rulesOf(binding));
  };

  const rulesFor = (user: User, namespace: string | undefined) => [
    ...rulesByPolicy(user, namespace),
    ...rulesByRbac(user, namespace),
  ];

  const authorizer: Authorizer = {
    allows: (user, request) =>
      rulesFor(user, request.type === 'resource' ? request.namespace : undefined).some((rule) =>
        ruleAllows(rule, request),
      ),
    rulesIn: rulesFor,
    demand(user, request) {
      if (!authorizer.allows(user, request)) throw refusal(user, request);
    },
  };
  return authorizer;
}

function rulesByPolicy({ policies }: User, namespace = ''): readonly PolicyRule[] {
  return policies
    .filter(({ namespaces }) => namespaces === undefined || namespaces.includes(namespace))
    .flatMap(({ policyArn }) => accessPolicies[policyArn.split('/').at(-1) ?? ''] ?? []);
}

function isSubject({ username, groups }: User, { kind, name, namespace }: Subject): boolean {
  if (kind === 'User') return username === name;
  if (kind === 'Group') return groups.includes(name);
  return username === `system:serviceaccount:${namespace}:${name}`;
}

function refusal({ username }: User, request: RequestInfo): ApiError {
  if (request.type === 'path') {
    const message = `forbidden: User "${username}" cannot ${request.verb} path "${request.path}"`;
    return new ApiError(403, 'Forbidden', message, {});
  }
  const { verb, plural, subresource, group, namespace, name } = request;
  const what = subresource === undefined ? plural : `${plural}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "${username}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return forbidden({ group, plural }, name, why);
}
