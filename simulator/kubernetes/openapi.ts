import { type Field, isMessage, jsonFields, typeOfKind } from './kind-schema.ts';
import { apiVersionOf, type Resource, resources } from './resources.ts';

type Json = Readonly<Record<string, unknown>>;

/** Answers `/openapi/v3` and the document of each group; undefined for any other path. */
export function openApiDocument(path: string): Json | undefined {
  if (path === '/openapi/v3') {
    const roots = [...new Set(resources.map(rootOf))];
    return { paths: Object.fromEntries(roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }])) };
  }
  const found = resources.filter((resource) => `/openapi/v3/${rootOf(resource)}` === path);
  return found.length === 0 ? undefined : groupDocument(found);
}

const rootOf = (resource: Resource) => `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;

function groupDocument(found: readonly Resource[]): Json {
  const needed = new Map<string, Json>();
  for (const { kind, ...group } of found) {
    const type = typeOfKind(apiVersionOf(group), kind);
    if (type !== undefined) addSchema(type, needed);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: Object.fromEntries(found.filter(({ stored }) => stored !== false).map(pathOf)),
    components: { schemas: Object.fromEntries([...needed].sort(([a], [b]) => (a < b ? -1 : 1))) },
  };
}

/** Clients look here whether a kind can be patched, and whether the server checks fields. */
function pathOf(resource: Resource): readonly [string, Json] {
  const { plural, namespaced, group, version, kind } = resource;
  const place = namespaced ? '/namespaces/{namespace}' : '';
  const inQuery = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
  const patch = {
    parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map(inQuery),
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
  return [`/${rootOf(resource)}${place}/${plural}/{name}`, { patch }];
}

function addSchema(type: string, needed: Map<string, Json>): void {
  const name = schemaName(type);
  if (needed.has(name)) return;
  const fields = Object.entries(jsonFields(type));
  needed.set(name, {});
  for (const [, field] of fields) if (isMessage(field)) addSchema(field.type, needed);
  const kinds = kindsOf(type);
  const own = kinds.length === 0 ? {} : { apiVersion: { type: 'string' }, kind: { type: 'string' } };
  needed.set(name, {
    type: 'object',
    properties: { ...own, ...Object.fromEntries(fields.map(([member, field]) => [member, propertyOf(field)])) },
    ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
  });
}

const kindsOf = (type: string) =>
  resources
    .filter(({ kind, ...group }) => typeOfKind(apiVersionOf(group), kind) === type)
    .map(({ group, version, kind }) => ({ group, version, kind }));

function propertyOf(field: Field): Json {
  const value = isMessage(field)
    ? { allOf: [{ $ref: `#/components/schemas/${schemaName(field.type)}` }] }
    : scalar(field);
  const values = field.items ? { type: 'array', items: value } : value;
  if (field.map) return { type: 'object', additionalProperties: values };
  if (!field.list) return value;
  const key = field.merge === undefined || field.merge === '' ? {} : { 'x-kubernetes-patch-merge-key': field.merge };
  const how = [...(field.merge === undefined ? [] : ['merge']), ...(field.retainKeys ? ['retainKeys'] : [])];
  const strategy = how.length === 0 ? {} : { 'x-kubernetes-patch-strategy': how.join(',') };
  return { type: 'array', items: value, ...key, ...strategy };
}

const scalars: Readonly<Record<string, Json>> = {
  boolean: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  fields: { type: 'object' },
  'int-or-string': { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  raw: { type: 'object' },
  time: { type: 'string', format: 'date-time' },
  microtime: { type: 'string', format: 'date-time' },
};
const scalar = ({ type }: Field): Json => scalars[type] ?? { type: 'string' };

/** `core.v1.Pod` is `io.k8s.api.core.v1.Pod` in the documents. */
const schemaName = (type: string) =>
  type.startsWith('meta.') ? `io.k8s.apimachinery.pkg.apis.${type}` : `io.k8s.api.${type}`;
