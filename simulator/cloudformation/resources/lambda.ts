import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { recordOf, strictObject } from '../../schema/shapes.ts';
import type { Account } from '../account.ts';
import { compact, resourceType, tagMap, tags, text, whole } from '../resource-type.ts';
import { TemplateError } from '../template-error.ts';

/** SHA-256 of the zip of each function, as CloudFormation's `CodeSha256` has it, per account. */
const codeDigests = new WeakMap<Account['lambda'], Map<string, string>>();

function digestsOf({ lambda }: Account): Map<string, string> {
  const known = codeDigests.get(lambda) ?? new Map<string, string>();
  codeDigests.set(lambda, known);
  return known;
}

/** An account is deployed many times from the same zips, which are not hashed again. */
const digestsOfZips = new WeakMap<Buffer, string>();

function sha256(zip: Buffer): string {
  const digest = digestsOfZips.get(zip) ?? createHash('sha256').update(zip).digest('base64');
  digestsOfZips.set(zip, digest);
  return digest;
}

/** The name in what CloudFormation takes for a function: a name, or an ARN with or without a qualifier. */
function functionNameIn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? nameOrArn) : (nameOrArn.split(':')[0] as string);
}

export const lambdaFunction = resourceType(
  strictObject({
    FunctionName: v.optional(text),
    Description: v.optional(text),
    Code: strictObject({ S3Bucket: text, S3Key: text }),
    PackageType: v.optional(v.literal('Zip')),
    Runtime: text,
    Handler: text,
    Role: text,
    MemorySize: v.optional(whole),
    Timeout: v.optional(whole),
    Architectures: v.optional(v.strictTuple([v.picklist(['arm64', 'x86_64'])])),
    Environment: v.optional(strictObject({ Variables: v.optional(recordOf(v.string(), text)) })),
    TracingConfig: v.optional(strictObject({ Mode: v.picklist(['Active', 'PassThrough']) })),
    LoggingConfig: v.optional(strictObject({ LogGroup: v.optional(text), LogFormat: v.optional(v.literal('Text')) })),
    ReservedConcurrentExecutions: v.optional(whole),
    Tags: v.optional(tags),
  }),
  async (properties, { account, artifact, generatedName }) => {
    const functionName = properties.FunctionName ?? generatedName(64);
    const code = artifact(properties.Code.S3Key);
    const { arn } = await account.lambda.createFunction(
      compact({
        functionName,
        description: properties.Description,
        runtime: properties.Runtime,
        handler: properties.Handler,
        role: properties.Role,
        architecture: properties.Architectures?.[0],
        memoryMegabytes: properties.MemorySize,
        timeoutSeconds: properties.Timeout,
        environment: properties.Environment?.Variables,
        zip: code,
        tracing: properties.TracingConfig?.Mode,
        logGroupName: properties.LoggingConfig?.LogGroup,
        reservedConcurrency: properties.ReservedConcurrentExecutions,
        tags: tagMap(properties.Tags),
      }),
    );
    digestsOf(account).set(functionName, sha256(code));
    return { ref: functionName, attributes: { Arn: arn }, delete: () => account.lambda.deleteFunction(functionName) };
  },
);

export const lambdaVersion = resourceType(
  strictObject({ FunctionName: text, CodeSha256: v.optional(text), Description: v.optional(text) }),
  ({ FunctionName, CodeSha256 }, { account, logicalId }) => {
    const functionName = functionNameIn(FunctionName);
    const digest = digestsOf(account).get(functionName);
    if (CodeSha256 !== undefined && CodeSha256 !== digest) {
      const problem = `the code of ${functionName} has the hash ${digest ?? 'of a function that does not exist'}, not ${CodeSha256}`;
      throw new TemplateError(`Resources.${logicalId}.Properties.CodeSha256`, problem);
    }
    const { arn, version } = account.lambda.publishVersion(functionName);
    // A version goes with its function; deleting one alone is not simulated, and deployments keep them.
    return { ref: arn, attributes: { Version: version, FunctionArn: arn }, delete: () => {} };
  },
);

export const lambdaPermission = resourceType(
  strictObject({
    Action: text,
    FunctionName: text,
    Principal: text,
    SourceArn: v.optional(text),
    SourceAccount: v.optional(text),
  }),
  (properties, { account, generatedName }) => {
    const { accountId, region, partition } = account.kernel.identity;
    const { FunctionName } = properties;
    const functionArn = FunctionName.startsWith('arn:')
      ? FunctionName
      : `arn:${partition}:lambda:${region}:${accountId}:function:${FunctionName}`;
    const statementId = generatedName(100);
    account.lambda.addPermission(
      functionArn,
      compact({
        statementId,
        action: properties.Action,
        principal: properties.Principal,
        sourceArn: properties.SourceArn,
        sourceAccount: properties.SourceAccount,
      }),
    );
    const remove = () => account.lambda.removePermission(functionArn, statementId);
    return { ref: statementId, attributes: { Id: statementId }, delete: remove };
  },
);

export const eventInvokeConfig = resourceType(
  strictObject({
    FunctionName: text,
    Qualifier: text,
    MaximumRetryAttempts: v.optional(whole),
    MaximumEventAgeInSeconds: v.optional(whole),
    DestinationConfig: v.optional(strictObject({ OnFailure: v.optional(strictObject({ Destination: text })) })),
  }),
  (properties, { account, generatedName }) => {
    const { accountId, region, partition } = account.kernel.identity;
    const functionArn = `arn:${partition}:lambda:${region}:${accountId}:function:${functionNameIn(properties.FunctionName)}`;
    const target = properties.Qualifier === '$LATEST' ? functionArn : `${functionArn}:${properties.Qualifier}`;
    account.lambda.setEventInvokeConfig(
      target,
      compact({
        maximumRetryAttempts: properties.MaximumRetryAttempts,
        maximumEventAgeSeconds: properties.MaximumEventAgeInSeconds,
        onFailure: properties.DestinationConfig?.OnFailure?.Destination,
      }),
    );
    return { ref: generatedName(64), attributes: {}, delete: () => account.lambda.setEventInvokeConfig(target, {}) };
  },
);
