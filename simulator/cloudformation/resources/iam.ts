import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
import type { Account } from '../account.ts';
import { compact, policyDocument, resourceType, tagMap, tags, text, whole } from '../resource-type.ts';
import { TemplateError } from '../template-error.ts';

type Documents = Map<string, Readonly<Record<string, unknown>>>;

/** Customer managed policies by ARN, per account. */
const managedPolicies = new WeakMap<Account['iam'], Documents>();

function customerPolicies({ iam }: Account): Documents {
  const known = managedPolicies.get(iam) ?? new Map();
  managedPolicies.set(iam, known);
  return known;
}

const allow = (...Action: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
});

/** Policies of AWS that are simulated. Source: AWS Managed Policy Reference Guide. */
const awsPolicies: Readonly<Record<string, ReturnType<typeof allow>>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': allow(
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ),
  'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess': allow(
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ),
};

const inlinePolicy = strictObject({ PolicyName: text, PolicyDocument: policyDocument });

export const role = resourceType(
  strictObject({
    RoleName: v.optional(text),
    Path: v.optional(text),
    Description: v.optional(text),
    AssumeRolePolicyDocument: policyDocument,
    Policies: v.optional(v.array(inlinePolicy)),
    ManagedPolicyArns: v.optional(v.array(text)),
    MaxSessionDuration: v.optional(whole),
    Tags: v.optional(tags),
  }),
  (properties, { account, logicalId, generatedName }) => {
    const { iam } = account;
    const attached = (properties.ManagedPolicyArns ?? []).map((arn) => {
      const document = customerPolicies(account).get(arn) ?? awsPolicies[arn];
      if (document === undefined) {
        throw new TemplateError(
          `Resources.${logicalId}.Properties.ManagedPolicyArns`,
          `${arn} does not exist or is not simulated`,
        );
      }
      return { name: arn, document };
    });
    const inline = (properties.Policies ?? []).map(({ PolicyName, PolicyDocument }) => ({
      name: PolicyName,
      document: PolicyDocument,
    }));
    const created = iam.createRole(
      compact({
        roleName: properties.RoleName ?? generatedName(64),
        path: properties.Path,
        trustPolicy: properties.AssumeRolePolicyDocument,
        policies: [...inline, ...attached],
        tags: tagMap(properties.Tags),
        maxSessionSeconds: properties.MaxSessionDuration,
      }),
    );
    const { arn, roleId, roleName } = created;
    return { ref: roleName, attributes: { Arn: arn, RoleId: roleId }, delete: () => iam.deleteRole(arn) };
  },
);

export const managedPolicy = resourceType(
  strictObject({
    ManagedPolicyName: v.optional(text),
    Path: v.optional(text),
    Description: v.optional(text),
    PolicyDocument: policyDocument,
    Roles: v.optional(v.array(text)),
  }),
  (properties, { account, logicalId, generatedName }) => {
    const { iam, kernel } = account;
    const { accountId, partition } = kernel.identity;
    const name = properties.ManagedPolicyName ?? generatedName(128);
    const arn = `arn:${partition}:iam::${accountId}:policy${properties.Path ?? '/'}${name}`;
    const roleArns = (properties.Roles ?? []).map((roleName) => {
      const found = iam.roles().find((candidate) => candidate.roleName === roleName);
      if (found === undefined)
        throw new TemplateError(`Resources.${logicalId}.Properties.Roles`, `the role ${roleName} does not exist`);
      return found.arn;
    });
    for (const roleArn of roleArns) iam.putRolePolicy(roleArn, arn, properties.PolicyDocument);
    customerPolicies(account).set(arn, properties.PolicyDocument);
    return {
      ref: arn,
      attributes: { PolicyArn: arn },
      delete: () => {
        customerPolicies(account).delete(arn);
        for (const roleArn of roleArns) iam.deleteRolePolicy(roleArn, arn);
      },
    };
  },
);
