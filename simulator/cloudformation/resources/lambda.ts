import { createHash } from 'node:crypto';
import { z } from 'zod';
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
  z.strictObject({
    FunctionName: text.optional(),
    Description: text.optional(),
    Code: z.strictObject({ S3Bucket: text, S3Key: text }),
    PackageType: z.literal('Zip').optional(),
    Runtime: text,
    Handler: text,
    Role: text,
    MemorySize: whole.optional(),
    Timeout: whole.optional(),
    Architectures: z.tuple([z.enum(['arm64', 'x86_64'])]).optional(),
    Environment: z.strictObject({ Variables: z.record(z.string(), text).optional() }).optional(),
    TracingConfig: z.strictObject({ Mode: z.enum(['Active', 'PassThrough']) }).optional(),
    LoggingConfig: z.strictObject({ LogGroup: text.optional(), LogFormat: z.literal('Text').optional() }).optional(),
    ReservedConcurrentExecutions: whole.optional(),
    Tags: tags.optional(),
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
  z.strictObject({ FunctionName: text, CodeSha256: text.optional(), Description: text.optional() }),
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
  z.strictObject({
    Action: text,
    FunctionName: text,
    Principal: text,
    SourceArn: text.optional(),
    SourceAccount: text.optional(),
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
  z.strictObject({
    FunctionName: text,
    Qualifier: text,
    MaximumRetryAttempts: whole.optional(),
    MaximumEventAgeInSeconds: whole.optional(),
    DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: text }).optional() }).optional(),
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
