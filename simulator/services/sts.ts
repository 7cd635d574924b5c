import type {
  AssumeRoleCommandInput,
  AssumeRoleCommandOutput,
  GetCallerIdentityCommandOutput,
} from '@aws-sdk/client-sts';
import { denialMessage } from '../iam/authorization.ts';
import type { Iam, Role } from '../iam/iam.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type CallContext, type Caller, type Permission, type Service, ServiceError } from '../kernel/service.ts';

type Output<T> = Omit<T, '$metadata'>;
type AssumeRoleInput = AssumeRoleCommandInput & { readonly RoleArn: string; readonly RoleSessionName: string };

/** Input members of AssumeRole that change what the session may do; silently dropping one would widen its rights. */
const notSimulated = [
  'Policy',
  'PolicyArns',
  'Tags',
  'TransitiveTagKeys',
  'SerialNumber',
  'TokenCode',
  'SourceIdentity',
  'ProvidedContexts',
] as const;

/** A role that was itself reached through a role gives sessions of an hour at most. */
const chainedLimitSeconds = 3600;

/** The Security Token Service: sessions of roles, and who somebody is. */
export function createSts({ kernel, iam }: { readonly kernel: Kernel; readonly iam: Iam }): {
  readonly service: Service;
} {
  const { identity } = kernel;

  return {
    service: {
      model: 'sts',
      name: 'Sts',
      operations: {
        AssumeRole: { needs: () => [], run: assumeRole },
        GetCallerIdentity: { needs: () => [], run: (_: object, { caller }: CallContext) => identityOf(caller) },
      },
    },
  };

  /** Asked here and not in `needs`, so that a role that does not exist is refused like one that may not be assumed. */
  function assumeRole(input: AssumeRoleInput, { caller }: CallContext): Output<AssumeRoleCommandOutput> {
    const unknown = notSimulated.filter((name) => input[name] !== undefined);
    if (unknown.length > 0) {
      kernel.log.write('refused', { operation: 'Sts.AssumeRole', reason: 'Unknown parameters.', unknown });
      throw new ServiceError('ValidationError', `${unknown.join(', ')} of AssumeRole is not simulated.`);
    }
    const role = assumable(caller, input);
    const durationSeconds = durationOf(caller, role, input.DurationSeconds ?? 3600);
    const session = { roleArn: role.arn, sessionName: input.RoleSessionName, durationSeconds };
    const { functionName } = caller;
    const keys = iam.credentialsFor({ ...session, ...(functionName === undefined ? {} : { functionName }) });
    return {
      Credentials: {
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        SessionToken: keys.sessionToken,
        Expiration: keys.expiration,
      },
      AssumedRoleUser: {
        AssumedRoleId: `${role.roleId}:${input.RoleSessionName}`,
        Arn: sessionArn(role, input.RoleSessionName),
      },
    };
  }

  function assumable(caller: Caller, input: AssumeRoleInput): Role {
    const context = {
      'sts:RoleSessionName': input.RoleSessionName,
      ...(input.ExternalId === undefined ? {} : { 'sts:ExternalId': input.ExternalId }),
    };
    const permission: Permission = { action: 'sts:AssumeRole', resource: input.RoleArn, context };
    const role = iam.role(input.RoleArn);
    const decision = iam.authorize(caller, permission);
    if (role !== undefined && decision.allowed) return role;
    const reason =
      role === undefined ? 'because no resource-based policy allows the sts:AssumeRole action' : decision.reason;
    throw new ServiceError('AccessDenied', denialMessage(caller, permission, { allowed: false, reason }), {
      status: 403,
    });
  }

  function durationOf(caller: Caller, role: Role, seconds: number): number {
    if (seconds > role.maxSessionSeconds) {
      throw new ServiceError(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    }
    if (caller.roleArn !== undefined && seconds > chainedLimitSeconds) {
      throw new ServiceError(
        'ValidationError',
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      );
    }
    return seconds;
  }

  function identityOf(caller: Caller): Output<GetCallerIdentityCommandOutput> {
    const principalId = iam.principalId(caller.roleArn ?? caller.arn) ?? '';
    const session = caller.roleArn === undefined ? '' : `:${caller.arn.split('/').at(-1)}`;
    return { Account: identity.accountId, Arn: caller.arn, UserId: `${principalId}${session}` };
  }

  function sessionArn({ roleName }: Role, sessionName: string): string {
    return `arn:${identity.partition}:sts::${identity.accountId}:assumed-role/${roleName}/${sessionName}`;
  }
}
