import type { Kernel } from '../kernel/kernel.ts';
import type { Caller, Permission } from '../kernel/service.ts';
import { type Decision, decide, isAssumption, policyHolder, type Subject } from './authorization.ts';
import {
  type AccessKey,
  base32,
  createCredentialStore,
  type Identified,
  type SessionCredentials,
} from './credentials.ts';
import { type Policy, parsePolicy } from './policy-document.ts';
import { PolicyError } from './policy-error.ts';
import { type PresignedAnswer, type PresignedRequest, verifyPresigned } from './presigned.ts';

export type RoleSpec = {
  readonly roleName: string;
  /** Default `/`. */
  readonly path?: string;
  readonly trustPolicy: unknown;
  readonly policies: readonly { readonly name: string; readonly document: unknown }[];
  readonly tags?: Readonly<Record<string, string>>;
  /** Longest session that AssumeRole gives; 3600 unless told. */
  readonly maxSessionSeconds?: number;
};

export type Role = {
  readonly arn: string;
  readonly path: string;
  readonly createdAt: Date;
  /** As it was given. */
  readonly trustPolicy: unknown;
  readonly roleId: string;
  readonly roleName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly maxSessionSeconds: number;
};

export type Session = {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  /** The function whose environment gets the credentials, so that its calls are counted as its own. */
  readonly functionName?: string;
};

/** Roles, policies, credentials and every decision about rights in the account. */
export type Iam = {
  readonly createRole: (spec: RoleSpec) => Role;
  readonly deleteRole: (roleArn: string) => void;
  readonly role: (roleArn: string) => Role | undefined;
  readonly roles: () => readonly Role[];
  /** Adds or replaces one policy of a role. */
  readonly putRolePolicy: (roleArn: string, name: string, document: unknown) => void;
  readonly deleteRolePolicy: (roleArn: string, name: string) => void;
  /** The documents of a role's policies by name, as they were given. */
  readonly rolePolicies: (roleArn: string) => Readonly<Record<string, unknown>>;
  readonly createInstanceProfile: (profile: { readonly name: string; readonly roleArn: string }) => {
    readonly arn: string;
  };
  readonly deleteInstanceProfile: (arnOrName: string) => void;
  readonly roleOfInstanceProfile: (arnOrName: string) => string | undefined;
  /** The policy of a bucket, topic, queue, key or function; undefined removes it. */
  readonly setResourcePolicy: (resourceArn: string, document: unknown) => void;
  readonly credentialsFor: (session: Session) => SessionCredentials;
  /** Static keys of the account's administrator. */
  readonly operatorCredentials: () => AccessKey;
  /** The user to whom those keys belong. */
  readonly operatorArn: string;
  /** The id of a role, or of the administrator: unlike an ARN it is never given again. Undefined for nobody. */
  readonly principalId: (arn: string) => string | undefined;
  /** Undefined for keys that this account never gave out, and for sessions of roles that are gone. */
  readonly identify: (key: {
    readonly accessKeyId: string;
    readonly sessionToken?: string | undefined;
  }) => Identified | undefined;
  readonly authorize: (caller: Caller, permission: Permission) => Decision;
  readonly mayAssume: (caller: Caller, roleArn: string, context?: Permission['context']) => boolean;
  /** Asks STS, as the control plane of a cluster does, who signed a GetCallerIdentity URL. */
  readonly verifyPresigned: (request: PresignedRequest) => PresignedAnswer;
};

type StoredRole = Role & {
  readonly trust: Policy;
  readonly policies: Map<string, Policy>;
  readonly documents: Map<string, unknown>;
};

export function createIam({ kernel }: { readonly kernel: Pick<Kernel, 'identity' | 'clock' | 'random'> }): Iam {
  const { identity, random } = kernel;
  const roles = new Map<string, StoredRole>();
  const profiles = new Map<string, { readonly arn: string; readonly roleArn: string }>();
  const resourcePolicies = new Map<string, Policy>();
  const credentials = createCredentialStore(kernel);
  let rolesMade = 0;

  const iam: Iam = {
    createRole(spec) {
      const arn = `arn:${identity.partition}:iam::${identity.accountId}:role${spec.path ?? '/'}${spec.roleName}`;
      if (!/^[\w+=,.@-]{1,64}$/.test(spec.roleName)) throw new PolicyError(`${spec.roleName} is no name for a role.`);
      if ([...roles.values()].some(({ roleName }) => roleName === spec.roleName)) {
        throw new PolicyError(`Role with name ${spec.roleName} already exists.`);
      }
      const trust = parsePolicy(spec.trustPolicy, 'trust');
      checkTrusted(trust, spec.roleName);
      const role: StoredRole = {
        ...{ arn, path: spec.path ?? '/', createdAt: new Date(kernel.clock.now()), trustPolicy: spec.trustPolicy },
        documents: new Map(spec.policies.map(({ name, document }) => [name, document])),
        roleId: `AROA${base32(random.hex(20, 'role', arn, rolesMade++))}`,
        roleName: spec.roleName,
        tags: spec.tags ?? {},
        maxSessionSeconds: spec.maxSessionSeconds ?? 3600,
        trust,
        policies: new Map(spec.policies.map(({ name, document }) => [name, parsePolicy(document, 'identity')])),
      };
      roles.set(arn, role);
      return role;
    },
    deleteRole: (roleArn) => {
      roles.delete(roleArn);
    },
    role: (roleArn) => roles.get(roleArn),
    roles: () => [...roles.values()],
    putRolePolicy: (roleArn, name, document) => {
      const { policies, documents } = existing(roleArn);
      policies.set(name, parsePolicy(document, 'identity'));
      documents.set(name, document);
    },
    deleteRolePolicy: (roleArn, name) => {
      const { policies, documents } = existing(roleArn);
      policies.delete(name);
      documents.delete(name);
    },
    rolePolicies: (roleArn) => Object.fromEntries(existing(roleArn).documents),
    createInstanceProfile({ name, roleArn }) {
      existing(roleArn);
      const arn = `arn:${identity.partition}:iam::${identity.accountId}:instance-profile/${name}`;
      profiles.set(name, { arn, roleArn });
      return { arn };
    },
    deleteInstanceProfile: (arnOrName) => {
      profiles.delete(profileName(arnOrName));
    },
    roleOfInstanceProfile: (arnOrName) => profiles.get(profileName(arnOrName))?.roleArn,
    setResourcePolicy(resourceArn, document) {
      if (document === undefined) resourcePolicies.delete(resourceArn);
      else resourcePolicies.set(resourceArn, parsePolicy(document, 'resource'));
    },
    credentialsFor({ roleArn, sessionName, durationSeconds, functionName }) {
      const { roleName } = existing(roleArn);
      const arn = `arn:${identity.partition}:sts::${identity.accountId}:assumed-role/${roleName}/${sessionName}`;
      const caller: Caller = { arn, roleArn, ...(functionName === undefined ? {} : { functionName }) };
      return credentials.issue(caller, durationSeconds);
    },
    operatorCredentials: () => credentials.operatorKey,
    operatorArn: credentials.operatorArn,
    principalId: (arn) => (arn === credentials.operatorArn ? credentials.operatorId : roles.get(arn)?.roleId),
    identify({ accessKeyId, sessionToken }) {
      const found = credentials.find(accessKeyId, sessionToken);
      const roleArn = found?.caller.roleArn;
      return roleArn !== undefined && !roles.has(roleArn) ? undefined : found;
    },
    authorize: (caller, permission) =>
      decide({ identity, caller, permission, subject: subjectOf(caller), resourcePolicy: policyAt(permission) }),
    mayAssume: (caller, roleArn, context = {}) =>
      roles.has(roleArn) && iam.authorize(caller, { action: 'sts:AssumeRole', resource: roleArn, context }).allowed,
    verifyPresigned: (request) => verifyPresigned(request, iam.identify),
  };
  return iam;

  function existing(roleArn: string): StoredRole {
    const role = roles.get(roleArn);
    if (role === undefined) throw new PolicyError(`The role ${roleArn} cannot be found.`);
    return role;
  }

  /** The operator has no role; a role that is gone has no rights left. */
  function subjectOf({ roleArn, service }: Caller): Subject {
    if (roleArn === undefined) return { identityPolicies: service === undefined ? undefined : [], principalTags: {} };
    const role = roles.get(roleArn);
    return { identityPolicies: [...(role?.policies.values() ?? [])], principalTags: role?.tags ?? {} };
  }

  function policyAt({ action, resource }: Permission): Policy | undefined {
    return isAssumption(action) ? roles.get(resource)?.trust : resourcePolicies.get(policyHolder(resource));
  }

  /** IAM turns trusted roles into their ids, so they must exist. */
  function checkTrusted({ statements }: Policy, roleName: string): void {
    const trusted = statements.flatMap(({ principals }) => principals?.aws ?? []);
    const own = `:iam::${identity.accountId}:role/`;
    const missing = trusted.filter((name) => name.includes(own) && !roles.has(name));
    if (missing.length > 0)
      throw new PolicyError(`Invalid principal in the trust policy of ${roleName}: ${missing[0]}`);
  }
}

const profileName = (arnOrName: string) => arnOrName.split(':instance-profile/').at(-1) ?? arnOrName;
