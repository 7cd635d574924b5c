import type { Creation, ResourceType } from '../resource-type.ts';
import type { ProviderResponse } from '../response-inbox.ts';
import { TemplateError } from '../template-error.ts';

type Properties = Readonly<Record<string, unknown>>;
type Answer = Exclude<ProviderResponse, { malformed: string }>;

/** `ServiceTimeout` of a custom resource: an hour unless its properties say less. */
const longestSeconds = 3600;

/**
 * A resource that a function of the stack, or of the account, provides: CloudFormation sends it an event and waits for what
 * is put to the event's `ResponseURL` (CloudFormation User Guide, "Custom resource reference"). Providers behind topics are
 * not simulated.
 */
export const customResource: ResourceType = {
  takesTime: true,
  async create(properties, creation) {
    const { account, logicalId } = creation;
    const given = asTexts(properties) as Properties;
    const serviceToken = given.ServiceToken;
    if (typeof serviceToken !== 'string' || !/^arn:[^:]+:lambda:/.test(serviceToken)) {
      throw new TemplateError(`Resources.${logicalId}.Properties.ServiceToken`, 'has to be the ARN of a function');
    }
    const created = await ask(creation, given, { RequestType: 'Create' });
    if (created.Status === 'FAILED') throw new Error(`the provider says: ${created.Reason ?? 'nothing'}`);
    const { PhysicalResourceId } = created;

    return {
      ref: PhysicalResourceId,
      attributes: created.Data ?? {},
      async delete() {
        const deleted = await ask(creation, given, { RequestType: 'Delete', PhysicalResourceId });
        if (deleted.Status === 'SUCCESS') return;
        account.kernel.log.write('stack.resource-not-deleted', { logicalId, reason: deleted.Reason });
        throw new Error(`${logicalId} could not be deleted: ${deleted.Reason ?? 'no reason given'}`);
      },
    };
  },
};

/** Sends one event to the provider. Settles with its answer, or with a failure when none comes in time. */
function ask(
  { account, stackId, stackName, logicalId }: Creation,
  properties: Properties,
  about: object,
): Promise<Answer> {
  const { clock, random } = account.kernel;
  const { RequestType } = about as { readonly RequestType: string };
  const requestId = random.uuid('custom resource', stackName, logicalId, RequestType);
  return new Promise((resolve) => {
    const fail = (Reason: string) => {
      const PhysicalResourceId = requestId;
      resolve({
        ...{ Status: 'FAILED', Reason, PhysicalResourceId },
        ...{ StackId: stackId, RequestId: requestId, LogicalResourceId: logicalId },
      });
    };
    const seconds = Number(properties.ServiceTimeout ?? longestSeconds);
    const tooLate = clock.after(seconds * 1000, () => fail(`no answer within ${seconds} seconds`));
    const { url } = account.responses.open(requestId, (response) => {
      tooLate.cancel();
      if ('malformed' in response) fail(`the answer is not one of a provider: ${response.malformed}`);
      else if (response.RequestId !== requestId || response.StackId !== stackId)
        fail('the answer is for another request');
      else resolve(response);
    });
    account.lambda.invokeAsync({
      functionArn: String(properties.ServiceToken),
      caller: {
        arn: `arn:${account.kernel.identity.partition}:iam::${account.kernel.identity.accountId}:role/deployer`,
      },
      payload: JSON.stringify({
        ...about,
        ...{ ResponseURL: url, StackId: stackId, RequestId: requestId, LogicalResourceId: logicalId },
        ...{ ResourceType: 'AWS::CloudFormation::CustomResource', ResourceProperties: properties },
      }),
    });
  });
}

/** CloudFormation hands every scalar to a provider as a text. */
function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asTexts(member)]));
}
