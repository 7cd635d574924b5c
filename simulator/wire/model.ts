import { readFileSync } from 'node:fs';

/** A service model of AWS as it stands in `simulator/models`; only what the codec reads is typed. */
export type Model = {
  readonly metadata: {
    readonly apiVersion: string;
    readonly endpointPrefix: string;
    readonly signingName?: string;
    readonly protocol: string;
    readonly protocols: readonly string[];
    readonly jsonVersion?: string;
    readonly targetPrefix?: string;
    readonly xmlNamespace?: string;
    readonly serviceId: string;
  };
  readonly operations: Readonly<Record<string, ModelOperation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
};

export type ModelOperation = {
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string; readonly resultWrapper?: string };
  readonly errors?: readonly { readonly shape: string }[];
};

export type Member = {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
  readonly queryName?: string;
  readonly flattened?: boolean;
};

export type Shape = {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, Member>>;
  readonly member?: Member;
  readonly key?: Member;
  readonly value?: Member;
  readonly flattened?: boolean;
  readonly payload?: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly timestampFormat?: TimestampFormat;
  readonly union?: boolean;
  readonly document?: boolean;
  readonly exception?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number; readonly senderFault?: boolean };
};

export type TimestampFormat = 'iso8601' | 'rfc822' | 'unixTimestamp';

const loaded = new Map<string, Model>();

/** The model in `simulator/models/<name>.json`; read once. */
export function loadModel(name: string): Model {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const model = JSON.parse(readFileSync(new URL(`../models/${name}.json`, import.meta.url), 'utf8')) as Model;
  loaded.set(name, model);
  return model;
}

/** The shape that a member or a reference points to. Throws if the trimmed model lacks it. */
export function shapeOf(model: Model, reference: { readonly shape: string }): Shape {
  const shape = model.shapes[reference.shape];
  if (shape === undefined) throw new Error(`The model of ${model.metadata.serviceId} has no shape ${reference.shape}.`);
  return shape;
}

const memberLists = new WeakMap<Shape, readonly (readonly [string, Member])[]>();

/** The members of a structure with their names, in the order of the model. */
export function membersOf(shape: Shape): readonly (readonly [string, Member])[] {
  const known = memberLists.get(shape);
  if (known !== undefined) return known;
  const members = Object.entries(shape.members ?? {});
  memberLists.set(shape, members);
  return members;
}
