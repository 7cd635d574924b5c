import type { Identity } from '../kernel/kernel.ts';
import type { Caller, Permission } from '../kernel/service.ts';
import { applicable, contextLookup } from './evaluation.ts';
import { arnParts } from './patterns.ts';
import type { Policy, Statement } from './policy-document.ts';
import { speaksOf } from './principals.ts';

/** `reason` ends the sentence of an AWS refusal: "because no identity-based policy allows the … action". */
export type Decision = { readonly allowed: boolean; readonly reason: string };

/** What the account knows about the two sides of a call. */
export type Subject = {
  /** Policies of the caller's role; undefined for the operator, who may do everything that no policy denies. */
  readonly identityPolicies: readonly Policy[] | undefined;
  readonly principalTags: Readonly<Record<string, string>>;
};

/** One caller, what it wants, and the policies that have a say. */
export type Case = {
  readonly identity: Identity;
  readonly caller: Caller;
  readonly permission: Permission;
  readonly subject: Subject;
  readonly resourcePolicy: Policy | undefined;
};

/**
 * Decides as IAM does within one account: an explicit deny wins; then an allow by the caller's own policies or by
 * the resource's policy is enough, except that KMS keys and roles (being assumed) must themselves agree.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide({ identity, caller, permission, subject, resourcePolicy }: Case): Decision {
  const { action, resource } = permission;
  const { identityPolicies, principalTags } = subject;
  const lookup = contextLookup(() => [
    requestContext(identity, caller, resource),
    tagContext(principalTags),
    permission.context,
  ]);
  const question = { action: action.toLowerCase(), resource, lookup };
  const own = applicable(identityPolicies ?? [], question);
  const grants = grantsOf(applicable(listOf(resourcePolicy), question), caller, identity.accountId);

  if (own.some(denies)) return refused('with an explicit deny in an identity-based policy');
  if (grants.denied) return refused('with an explicit deny in a resource-based policy');
  if (grants.direct) return { allowed: true, reason: 'allowed by a resource-based policy' };
  if (identityPolicies === undefined) return { allowed: true, reason: 'allowed to the operator of the account' };

  const isUpToResource = caller.service !== undefined || (needsResourcePolicy(action, resource) && !grants.account);
  if (isUpToResource) return refused(`because no resource-based policy allows the ${action} action`);
  if (own.some(allows)) return { allowed: true, reason: 'allowed by an identity-based policy' };
  return refused(`because no identity-based policy allows the ${action} action`);
}

const listOf = (policy: Policy | undefined) => (policy === undefined ? [] : [policy]);
const refused = (reason: string): Decision => ({ allowed: false, reason });
const denies = ({ effect }: Statement) => effect === 'Deny';
const allows = ({ effect }: Statement) => effect === 'Allow';

function grantsOf(statements: readonly Statement[], caller: Caller, accountId: string) {
  const spoken = statements.map((statement) => ({
    effect: statement.effect,
    how: statement.principals === undefined ? 'no' : speaksOf(statement.principals, caller, accountId),
  }));
  return {
    denied: spoken.some(({ effect, how }) => effect === 'Deny' && how !== 'no'),
    direct: spoken.some(({ effect, how }) => effect === 'Allow' && how === 'direct'),
    account: spoken.some(({ effect, how }) => effect === 'Allow' && how === 'account'),
  };
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html: IAM policies count only where the key says so. */
const needsResourcePolicy = (action: string, resource: string) =>
  isAssumption(action) || arnParts(resource)?.[2] === 'kms';

/** Assuming a role is decided by the role's trust policy; nothing else about a role has a policy of its own. */
export const isAssumption = (action: string): boolean => action.toLowerCase() === 'sts:assumerole';

/** The resource whose policy covers an ARN: an S3 object falls under its bucket. */
export function policyHolder(resource: string): string {
  const [, , service, , , name = ''] = arnParts(resource) ?? [];
  return service === 's3' && name.includes('/') ? resource.slice(0, resource.indexOf('/')) : resource;
}

/** The account's port speaks for endpoints that are reached by TLS only, so every request counts as secure. */
function requestContext(identity: Identity, caller: Caller, resource: string): NonNullable<Permission['context']> {
  const isService = caller.service !== undefined;
  return {
    'aws:RequestedRegion': identity.region,
    'aws:SecureTransport': 'true',
    'aws:ResourceAccount': arnParts(resource)?.[4] || identity.accountId,
    'aws:PrincipalIsAWSService': String(isService),
    ...(isService ? { 'aws:PrincipalServiceName': caller.service } : principalContext(identity, caller)),
  };
}

const principalContext = ({ accountId }: Identity, caller: Caller) => ({
  'aws:PrincipalArn': caller.roleArn ?? caller.arn,
  'aws:PrincipalAccount': accountId,
  'aws:PrincipalType': caller.roleArn === undefined ? 'User' : 'AssumedRole',
});

const tagContext = (tags: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]));

/** The sentence with which AWS refuses a call. */
export function denialMessage(caller: Caller, { action, resource }: Permission, { reason }: Decision): string {
  const who = caller.service === undefined ? `User: ${caller.arn}` : `Service: ${caller.service}`;
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  return `${who} is not authorized to perform: ${action}${on} ${reason}`;
}
