import { z } from 'zod';
import { TemplateError } from './template-error.ts';

const policies = ['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot'] as const;

const parameter = z.strictObject({
  Type: z.string(),
  Default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  AllowedValues: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
  AllowedPattern: z.string().optional(),
  ConstraintDescription: z.string().optional(),
  Description: z.string().optional(),
  MinLength: z.coerce.number().optional(),
  MaxLength: z.coerce.number().optional(),
  MinValue: z.coerce.number().optional(),
  MaxValue: z.coerce.number().optional(),
  NoEcho: z.union([z.boolean(), z.string()]).optional(),
});

const resource = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
  DeletionPolicy: z.enum(policies).optional(),
  UpdateReplacePolicy: z.enum(policies).optional(),
  Metadata: z.unknown().optional(),
});

const output = z.strictObject({
  Value: z.unknown(),
  Description: z.string().optional(),
  Export: z.strictObject({ Name: z.unknown() }).optional(),
  Condition: z.string().optional(),
});

// Transform, Rules and Hooks are not simulated and therefore unknown here.
const template = z.strictObject({
  AWSTemplateFormatVersion: z.literal('2010-09-09').optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  Parameters: z.record(z.string(), parameter).optional(),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).optional(),
  Conditions: z.record(z.string(), z.unknown()).optional(),
  Resources: z.record(z.string().regex(/^[A-Za-z0-9]{1,255}$/, 'logical ids are letters and digits'), resource),
  Outputs: z.record(z.string(), output).optional(),
});

export type Template = z.infer<typeof template>;
export type ParameterDeclaration = z.infer<typeof parameter>;
export type ResourceDeclaration = z.infer<typeof resource>;

/** @throws {TemplateError} naming every place that is not CloudFormation's, or not simulated. */
export function parseTemplate(document: unknown): Template {
  const parsed = template.safeParse(document);
  if (!parsed.success) throw new TemplateError('Template', describeIssues(parsed.error.issues));
  return parsed.data;
}

type Issue = z.core.$ZodIssue;

/** One sentence per problem, with its path. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.map(describeIssue).join('; ');
}

function describeIssue(issue: Issue): string {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path === '' ? '' : `${path}.`}${key} is unknown or not simulated`).join('; ');
  }
  return `${path === '' ? 'the value' : path} is not valid (${issue.message})`;
}
