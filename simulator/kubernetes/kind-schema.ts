import { readFileSync } from 'node:fs';

/** Scalars, and the few types whose form in JSON is not that of their message. */
export type ScalarType =
  | 'boolean'
  | 'bytes'
  | 'duration'
  | 'fields'
  | 'int-or-string'
  | 'integer'
  | 'microtime'
  | 'number'
  | 'quantity'
  | 'raw'
  | 'string'
  | 'time';

/** One member of a type, with what the tags of its Go struct say. */
export type Field = {
  /** Field number in protobuf. */
  readonly n: number;
  /** A scalar, or the name of a type such as `core.v1.PodSpec`. */
  readonly type: string;
  readonly list?: true;
  /** Keys are strings; with `items` the values are lists. */
  readonly map?: true;
  readonly items?: true;
  /** The zero value differs from the missing one. */
  readonly pointer?: true;
  /** Written even when it has the zero value. */
  readonly always?: true;
  /** In JSON its members stand beside those of its parent. */
  readonly inline?: true;
  /** A strategic merge patch merges the list by this member; empty for lists of plain values. */
  readonly merge?: string;
  readonly retainKeys?: true;
};

export type Fields = Readonly<Record<string, Field>>;

type Document = { readonly kinds: Readonly<Record<string, string>>; readonly types: Readonly<Record<string, Fields>> };

let loaded: Document | undefined;
const flattened = new Map<string, Fields>();

/** `simulator/models/kubernetes/kinds.json`, read when it is first needed. */
function schema(): Document {
  loaded ??= JSON.parse(readFileSync(new URL('../models/kubernetes/kinds.json', import.meta.url), 'utf8')) as Document;
  return loaded;
}

/** The name of a kind's type, such as `core.v1.Pod`; undefined for kinds that are not built in. */
export function typeOfKind(apiVersion: string, kind: string): string | undefined {
  return schema().kinds[`${apiVersion}/${kind}`];
}

/** Members of a type as protobuf has them: those of inlined types in a message of their own. */
export function messageFields(type: string): Fields {
  return schema().types[type] ?? {};
}

/** Members of a type as JSON has them. Every kind also has `apiVersion` and `kind`. */
export function jsonFields(type: string): Fields {
  const known = flattened.get(type);
  if (known !== undefined) return known;
  const fields = Object.entries(messageFields(type)).flatMap(([name, field]) =>
    field.inline ? Object.entries(jsonFields(field.type)) : [[name, field] as const],
  );
  const result = Object.fromEntries(fields);
  flattened.set(type, result);
  return result;
}

/** Whether a field's type is a type of its own and not a scalar. */
export const isMessage = ({ type }: Pick<Field, 'type'>) => type.includes('.');
