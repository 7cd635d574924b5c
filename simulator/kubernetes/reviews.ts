import type { ApiContext, ApiReply, ApiRequest } from './api-request.ts';
import { createAuthorizer, type User } from './authorizer.ts';
import { isJsonObject, type JsonObject } from './merge-patch.ts';
import type { RequestInfo } from './request-info.ts';
import { findResource, type Verb } from './resources.ts';
import { badRequest, invalid } from './status.ts';
import { readBody } from './validation.ts';

/** POST of a review of oneself: it is answered and never stored. */
export function createReview(context: ApiContext, request: ApiRequest): ApiReply {
  const { resource } = request.info;
  const body = readBody(request.body, resource);
  const status = reviews[resource.kind]?.(context, request.user, isJsonObject(body.spec) ? body.spec : {});
  const { apiVersion, kind } = { apiVersion: `${resource.group}/${resource.version}`, kind: resource.kind };
  return { status: 201, body: { ...body, kind, apiVersion, metadata: { creationTimestamp: null }, status } };
}

type Review = (context: ApiContext, user: User, spec: JsonObject) => JsonObject;

const reviews: Readonly<Record<string, Review>> = {
  SelfSubjectReview: (_, { username, groups }) => ({ userInfo: { username, groups } }),
  SelfSubjectAccessReview: ({ storage }, user, spec) => ({
    allowed: createAuthorizer(storage).allows(user, requestIn(spec)),
  }),
  SelfSubjectRulesReview({ storage }, user, { namespace }) {
    if (typeof namespace !== 'string' || namespace === '') throw badRequest('no namespace on request');
    const rules = createAuthorizer(storage).rulesIn(user, namespace);
    return {
      resourceRules: rules
        .filter(({ resources }) => resources !== undefined)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          ...{ verbs, apiGroups, resources },
          ...(resourceNames === undefined ? {} : { resourceNames }),
        })),
      nonResourceRules: rules
        .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: false,
    };
  },
};

/** The request that a review asks about. @throws {ApiError} 422 unless it asks about exactly one. */
function requestIn({ resourceAttributes: asked, nonResourceAttributes: path }: JsonObject): RequestInfo {
  if (isJsonObject(asked) === isJsonObject(path)) throw needsOne();
  const query = new URLSearchParams();
  if (isJsonObject(path)) return { type: 'path', verb: textOf(path.verb), path: textOf(path.path), query };
  const { verb, group, version, resource: plural, subresource, namespace, name } = asked as JsonObject;
  return {
    ...{ type: 'resource', verb: textOf(verb) as Verb, group: textOf(group), version: textOf(version), query },
    ...{ plural: textOf(plural), subresource: given(subresource), namespace: given(namespace), name: given(name) },
    resource: findResource(textOf(group), textOf(version) || 'v1', textOf(plural)),
  };
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const given = (value: unknown) => textOf(value) || undefined;

const needsOne = () =>
  invalid({ kind: 'SelfSubjectAccessReview', group: 'authorization.k8s.io' }, '', [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.resourceAttributes',
      message: 'Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
    },
  ]);
