import { z } from 'zod';
import type { Account } from './account.ts';
import { describeIssues } from './template.ts';
import { TemplateError } from './template-error.ts';

/** What a resource is to the rest of its stack. */
export type CreatedResource = {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives, by name. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly delete: () => void;
};

export type Creation = {
  readonly account: Account;
  readonly logicalId: string;
  readonly stackName: string;
  /** A name for a resource that was given none, the same in every run of one seed. */
  readonly generatedName: (maximumLength?: number) => string;
  readonly artifact: (s3Key: string) => Buffer;
};

export type ResourceType = {
  /** @throws {TemplateError} for properties that are unknown, of another type, or not simulated */
  readonly create: (properties: unknown, creation: Creation) => CreatedResource | Promise<CreatedResource>;
};

/** A resource type from the schema of its properties and what creates one. */
export function resourceType<Properties>(
  schema: z.ZodType<Properties>,
  create: (properties: Properties, creation: Creation) => CreatedResource | Promise<CreatedResource>,
): ResourceType {
  return {
    create(properties, creation) {
      const parsed = schema.safeParse(properties);
      if (!parsed.success) {
        throw new TemplateError(`Resources.${creation.logicalId}.Properties`, describeIssues(parsed.error.issues));
      }
      return create(parsed.data, creation);
    },
  };
}

// CloudFormation turns scalars into the type that the property has.
export const text = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);
export const whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
export const decimal = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);
export const policyDocument = z.record(z.string(), z.unknown());
export const tags = z.array(z.strictObject({ Key: text, Value: text }));

/** Tags as services here take them. */
export function tagMap(list: z.infer<typeof tags> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key, Value]));
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the members that are undefined. */
export function compact<T extends object>(value: T): Compact<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Compact<T>;
}
