import { admit } from './admission.ts';
import { type ApiContext, type ApiReply, type ApiRequest, namespaceOf } from './api-request.ts';
import { deleteObject } from './deletion.ts';
import { checkImmutable } from './immutable-fields.ts';
import { isJsonObject, type JsonObject } from './merge-patch.ts';
import { decodeObject, fieldValidationIn } from './object-decoding.ts';
import type { KubernetesObject } from './objects.ts';
import { applyPatch, demandPatchType } from './patching.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { alreadyExists, badRequest, conflict, invalid, notFound, optimisticLock } from './status.ts';
import type { NewObject } from './storage.ts';
import { readBody, validate } from './validation.ts';
import { withDeploymentDefaults } from './workloads/deployment-defaults.ts';

/** POST to a collection. */
export function createObject({ storage, kernel, cluster }: ApiContext, request: ApiRequest): ApiReply {
  const { info } = request;
  const { resource } = info;
  const { object: body, headers } = readObject(request, request.body);
  const given = (body.metadata ?? {}) as Partial<KubernetesObject['metadata']>;
  const namespace = namespaceForCreate(info, given.namespace);
  const suffix = () => kernel.random.hex(5, 'generated name', cluster, resource.plural, storage.revision());
  const name = given.name ?? (given.generateName === undefined ? '' : `${given.generateName}${suffix()}`);
  const { labels, annotations, ownerReferences, finalizers, generateName } = given;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...definedOnly({ generateName, labels, annotations, ownerReferences, finalizers }),
  };
  // Status of a new object is the system's to write, except for nodes, which register with theirs.
  const { status, apiVersion: _, kind: __, ...content } = body;
  const draft = { ...content, ...(resource.kind === 'Node' && status ? { status } : {}), metadata } as NewObject;
  validate(resource, draft as unknown as KubernetesObject);
  if (storage.get(resource, namespace ?? '', name) !== undefined) throw alreadyExists(resource, name);
  const admitted = admit(storage, resource, draft);
  if (isDryRun(request)) return { status: 201, body: { ...body, ...admitted }, headers };
  return { status: 201, body: storage.create(resource, admitted), headers };
}

function namespaceForCreate(
  { resource, namespace }: ApiRequest['info'],
  inBody: string | undefined,
): string | undefined {
  if (!resource.namespaced) return undefined;
  if (namespace === undefined) throw badRequest('an empty namespace may not be set during creation');
  if (inBody !== undefined && inBody !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return namespace;
}

/** PUT of an object or of its status. With a resourceVersion only the state that the caller has seen is replaced. */
export function updateObject(context: ApiContext, request: ApiRequest): ApiReply {
  const name =
    isJsonObject(request.body) && isJsonObject(request.body.metadata) ? request.body.metadata.name : undefined;
  if (name !== undefined && name !== request.info.name) {
    throw badRequest(
      `the name of the object (${String(name)}) does not match the name on the URL (${String(request.info.name)})`,
    );
  }
  return replace(context, request, request.body);
}

/** PATCH of an object or of its status. A resourceVersion in the patch makes it conditional. */
export function patchObject(context: ApiContext, request: ApiRequest): ApiReply {
  demandPatchType(request.contentType);
  const current = existing(context, request);
  return replace(context, request, applyPatch(current, request.body, request.contentType));
}

function existing({ storage }: ApiContext, { info }: ApiRequest): KubernetesObject {
  const object = storage.get(info.resource, namespaceOf(info), info.name as string);
  if (object === undefined) throw notFound(info.resource, info.name as string);
  return object;
}

function replace(context: ApiContext, request: ApiRequest, body: unknown): ApiReply {
  const { storage } = context;
  const { object: wanted, headers } = readObject(request, body);
  const { resource, subresource } = request.info;
  const current = existing(context, request);
  const metadata = isJsonObject(wanted.metadata) ? wanted.metadata : {};
  const expected = metadata.resourceVersion;
  if (expected !== undefined && expected !== '' && expected !== current.metadata.resourceVersion) {
    throw conflict(resource, current.metadata.name, optimisticLock);
  }
  if (metadata.uid !== undefined && metadata.uid !== current.metadata.uid) {
    throw conflict(
      resource,
      current.metadata.name,
      'the UID in the request does not match the UID of the stored object',
    );
  }
  const next =
    subresource === 'status' ? withStatus(current, wanted) : withContent(resource, current, wanted, metadata);
  validate(resource, next);
  checkImmutable(resource, current, next);
  if (isDryRun(request)) return { status: 200, body: next, headers };
  const stored = storage.update(resource, next);
  if (isReleased(stored)) storage.remove(resource, namespaceOf(request.info), stored.metadata.name);
  return { status: 200, body: stored, headers };
}

/** The body as an object of the requested kind, and the warnings that the answer carries. @throws {ApiError} 400 */
function readObject({ info }: ApiRequest, body: unknown) {
  const { resource, query } = info;
  const read = readBody(body, resource);
  const { object, warnings } = decodeObject(read, apiVersionOf(resource), resource.kind, fieldValidationIn(query));
  const headers =
    warnings.length === 0 ? {} : { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ') };
  return { object, headers };
}

/** The status subresource changes the status and, as for nodes, labels and annotations; never the spec. */
function withStatus(current: KubernetesObject, wanted: JsonObject): KubernetesObject {
  return wanted.status === undefined ? current : { ...current, status: wanted.status };
}

function withContent(
  resource: Resource,
  current: KubernetesObject,
  wanted: JsonObject,
  metadata: JsonObject,
): KubernetesObject {
  const { labels, annotations, finalizers, ownerReferences, ...kept } = current.metadata as JsonObject;
  const { status: _, ...given } = wanted;
  const isDeployment = resource.kind === 'Deployment' && isJsonObject(given.spec);
  const content = isDeployment ? { ...given, spec: withDeploymentDefaults(given.spec as JsonObject) } : given;
  const own = definedOnly({
    labels: metadata.labels,
    annotations: metadata.annotations,
    finalizers: metadata.finalizers,
    ownerReferences: metadata.ownerReferences,
  });
  const next = { ...content, metadata: { ...kept, ...own } } as unknown as KubernetesObject;
  const withOldStatus = current.status === undefined ? next : { ...next, status: current.status };
  const specChanged = JSON.stringify(current.spec) !== JSON.stringify(next.spec);
  if (!resource.hasGeneration || !specChanged) return withOldStatus;
  const generation = (current.metadata.generation ?? 0) + 1;
  return { ...withOldStatus, metadata: { ...withOldStatus.metadata, generation } };
}

/** DELETE of a collection: everything that the selectors name, answered with the list. */
export function deleteObjects(
  context: ApiContext,
  request: ApiRequest,
  selected: readonly KubernetesObject[],
): ApiReply {
  for (const object of selected) deleteObject(context, request.info.resource, object, {});
  return {
    status: 200,
    body: { kind: `${request.info.resource.kind}List`, apiVersion: 'v1', metadata: {}, items: selected },
  };
}

const isReleased = ({ metadata }: KubernetesObject) =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).length === 0 &&
  metadata.deletionGracePeriodSeconds === 0;

const optionsOf: Readonly<Record<string, string>> = {
  ...{ create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' },
};

/** @throws {ApiError} 422 for a dry run of another kind than `All`. */
export function isDryRun({ info: { query, verb } }: ApiRequest): boolean {
  const asked = query.getAll('dryRun');
  if (asked.every((value) => value === 'All')) return asked.length > 0;
  const kind = optionsOf[verb] ?? 'DeleteOptions';
  const message = `Unsupported value: ${JSON.stringify(asked)}: supported values: "All"`;
  throw invalid({ kind, group: 'meta.k8s.io' }, '', [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }]);
}

function definedOnly(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null));
}
