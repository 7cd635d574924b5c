import { isJsonObject, type JsonObject } from './merge-patch.ts';
import type { KubernetesObject } from './objects.ts';
import { ApiError, badRequest } from './status.ts';
import { type IncludeObject, metadataOf, tableOf } from './tables/tables.ts';

/** In which form a client takes objects: as they are, as rows for kubectl, or only who they are. */
export type Representation =
  | { readonly form: 'object' }
  | { readonly form: 'metadata' }
  | { readonly form: 'table'; readonly includeObject: IncludeObject };

const served = ['application/json', 'application/json;as=Table;g=meta.k8s.io;v=v1'];

/**
 * The first of the forms that a client accepts that this server has. JSON is its only encoding.
 *
 * @throws {ApiError} 400 for an unknown `includeObject`, 406 when the client takes no JSON.
 */
export function negotiate(accept: string | undefined, query: URLSearchParams): Representation {
  const wanted = accept === undefined || accept.trim() === '' ? '*/*' : accept;
  for (const part of wanted.split(',')) {
    const form = formOf(part);
    if (form === 'table') return { form, includeObject: includeObjectIn(query) };
    if (form !== undefined) return { form };
  }
  throw new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${served.join(', ')}`);
}

function formOf(range: string): Representation['form'] | undefined {
  const [type = '', ...pairs] = range.split(';').map((piece) => piece.trim());
  if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') return undefined;
  const parameters = Object.fromEntries(pairs.map((pair) => pair.split('=')));
  if (parameters.as === undefined) return 'object';
  if (parameters.g !== 'meta.k8s.io' || parameters.v !== 'v1') return undefined;
  if (parameters.as === 'Table') return 'table';
  return /^PartialObjectMetadata(List)?$/.test(parameters.as) ? 'metadata' : undefined;
}

function includeObjectIn(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject') ?? 'Metadata';
  if (asked === 'None' || asked === 'Metadata' || asked === 'Object') return asked;
  throw badRequest(`unrecognized includeObject value: "${asked}"`);
}

/** What an answer of one kind becomes for a client. A `Status` stays what it is. */
export type Represent = (body: unknown) => unknown;

export type RepresentOptions = {
  readonly kind: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** How objects and lists of a kind are written. For a watch use one of these for all events: only the first table has headers. */
export function representer(representation: Representation, { kind, now }: RepresentOptions): Represent {
  let withHeaders = true;
  if (representation.form === 'object') return (body) => body;
  return (body) => {
    if (!isJsonObject(body) || body.kind === 'Status') return body;
    if (representation.form === 'metadata')
      return body.items === undefined ? metadataOf(asObject(body)) : metadataList(body);
    const { includeObject } = representation;
    const table = tableOf(itemsOf(body), listMetadataOf(body), { kind, includeObject, now: now(), withHeaders });
    withHeaders = false;
    return table;
  };
}

const asObject = (body: JsonObject) => body as unknown as KubernetesObject;
const isList = (body: JsonObject) => Array.isArray(body.items);
const itemsOf = (body: JsonObject) => (isList(body) ? (body.items as readonly KubernetesObject[]) : [asObject(body)]);

function listMetadataOf(body: JsonObject): JsonObject {
  const metadata = isJsonObject(body.metadata) ? body.metadata : {};
  return isList(body) ? metadata : { resourceVersion: metadata.resourceVersion };
}

const metadataList = (body: JsonObject) => ({
  kind: 'PartialObjectMetadataList',
  apiVersion: 'meta.k8s.io/v1',
  metadata: listMetadataOf(body),
  items: itemsOf(body).map(metadataOf),
});
