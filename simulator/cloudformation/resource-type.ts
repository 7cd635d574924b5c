import * as v from 'valibot';
import { describeIssues } from '../schema/describe-issues.ts';
import { anyObject, number, strictObject, wholeNumber } from '../schema/shapes.ts';
import type { Account } from './account.ts';
import { TemplateError } from './template-error.ts';

/** What a resource is to the rest of its stack. */
export type CreatedResource = {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives, by name. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Settles when the resource is gone; rejects when it stays. */
  readonly delete: () => void | Promise<void>;
};

export type Creation = {
  readonly account: Account;
  readonly logicalId: string;
  readonly stackName: string;
  readonly stackId: string;
  /** A name for a resource that was given none, the same in every run of one seed. */
  readonly generatedName: (maximumLength?: number) => string;
  readonly artifact: (s3Key: string) => Buffer;
};

export type ResourceType = {
  /** Somebody in the account has to do something before the resource is there, or gone. */
  readonly takesTime?: true;
  /** @throws {TemplateError} for properties that are unknown, of another type, or not simulated */
  readonly create: (properties: unknown, creation: Creation) => CreatedResource | Promise<CreatedResource>;
};

/** A resource type from the schema of its properties and what creates one. */
export function resourceType<Properties>(
  schema: v.GenericSchema<unknown, Properties>,
  create: (properties: Properties, creation: Creation) => CreatedResource | Promise<CreatedResource>,
): ResourceType {
  return {
    create(properties, creation) {
      const parsed = v.safeParse(schema, properties);
      if (!parsed.success) {
        throw new TemplateError(`Resources.${creation.logicalId}.Properties`, describeIssues(parsed.issues).join('; '));
      }
      return create(parsed.output, creation);
    },
  };
}

// CloudFormation turns scalars into the type that the property has.
export const text = v.union(
  [v.string(), v.pipe(number, v.transform(String)), v.pipe(v.boolean(), v.transform(String))],
  'a text',
);
export const whole = v.union(
  [wholeNumber, v.pipe(v.string(), v.regex(/^-?\d+$/), v.transform(Number))],
  'a whole number',
);
export const decimal = v.union(
  [number, v.pipe(v.string(), v.regex(/^-?\d+(\.\d+)?$/), v.transform(Number))],
  'a number',
);
const flagText = v.pipe(
  v.picklist(['true', 'false']),
  v.transform((value) => value === 'true'),
);
export const flag = v.union([v.boolean(), flagText], 'true or false');
export const policyDocument = anyObject;
export const tags = v.array(strictObject({ Key: text, Value: text }));

/** Tags as services here take them. */
export function tagMap(list: v.InferOutput<typeof tags> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key, Value]));
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the members that are undefined. */
export function compact<T extends object>(value: T): Compact<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Compact<T>;
}
