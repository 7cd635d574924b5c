import * as v from 'valibot';
import { describeIssues } from '../schema/describe-issues.ts';
import { anyObject, number, recordOf, strictObject } from '../schema/shapes.ts';
import { TemplateError } from './template-error.ts';

const policies = ['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot'] as const;

const scalar = v.union([v.string(), number, v.boolean()]);
/** A number, or a text that can be read as one. */
const numeric = v.pipe(v.unknown(), v.transform(Number), number);

const parameter = strictObject({
  Type: v.string(),
  Default: v.optional(scalar),
  AllowedValues: v.optional(v.array(scalar)),
  AllowedPattern: v.optional(v.string()),
  ConstraintDescription: v.optional(v.string()),
  Description: v.optional(v.string()),
  MinLength: v.optional(numeric),
  MaxLength: v.optional(numeric),
  MinValue: v.optional(numeric),
  MaxValue: v.optional(numeric),
  NoEcho: v.optional(v.union([v.boolean(), v.string()])),
});

const resource = strictObject({
  Type: v.string(),
  Properties: v.optional(anyObject),
  DependsOn: v.optional(v.union([v.string(), v.array(v.string())])),
  Condition: v.optional(v.string()),
  DeletionPolicy: v.optional(v.picklist(policies)),
  UpdateReplacePolicy: v.optional(v.picklist(policies)),
  Metadata: v.optional(v.unknown()),
});

const output = strictObject({
  Value: v.unknown(),
  Description: v.optional(v.string()),
  Export: v.optional(strictObject({ Name: v.unknown() })),
  Condition: v.optional(v.string()),
});

// Transform, Rules and Hooks are not simulated and therefore unknown here.
const template = strictObject({
  AWSTemplateFormatVersion: v.optional(v.literal('2010-09-09')),
  Description: v.optional(v.string()),
  Metadata: v.optional(v.unknown()),
  Parameters: v.optional(recordOf(v.string(), parameter)),
  Mappings: v.optional(recordOf(v.string(), recordOf(v.string(), anyObject))),
  Conditions: v.optional(anyObject),
  Resources: recordOf(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{1,255}$/, 'a logical id of letters and digits')),
    resource,
  ),
  Outputs: v.optional(recordOf(v.string(), output)),
});

export type Template = v.InferOutput<typeof template>;
export type ParameterDeclaration = v.InferOutput<typeof parameter>;
export type ResourceDeclaration = v.InferOutput<typeof resource>;

/** @throws {TemplateError} naming every place that is not CloudFormation's, or not simulated. */
export function parseTemplate(document: unknown): Template {
  const parsed = v.safeParse(template, document);
  if (!parsed.success) throw new TemplateError('Template', describeIssues(parsed.issues).join('; '));
  return parsed.output;
}
