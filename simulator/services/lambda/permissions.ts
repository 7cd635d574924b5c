import type { Iam } from '../../iam/iam.ts';
import { ServiceError } from '../../kernel/service.ts';

/** One statement of a function's policy, as AddPermission takes it. */
export type FunctionPermission = {
  readonly statementId: string;
  readonly action: string;
  /** A service, an account or the ARN of a role. */
  readonly principal: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
};

/** The policies of functions, one for each ARN, qualified or not. */
export function createFunctionPolicies(iam: Pick<Iam, 'setResourcePolicy'>) {
  const statements = new Map<string, Map<string, object>>();
  const publish = (functionArn: string, held: ReadonlyMap<string, object>) =>
    iam.setResourcePolicy(
      functionArn,
      held.size === 0 ? undefined : { Version: '2012-10-17', Statement: [...held.values()] },
    );

  return {
    /** @throws {ServiceError} `ResourceConflictException` when the statement id is taken. */
    add(functionArn: string, permission: FunctionPermission): void {
      const held = statements.get(functionArn) ?? new Map<string, object>();
      if (held.has(permission.statementId)) {
        throw new ServiceError(
          'ResourceConflictException',
          `The statement id (${permission.statementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          { status: 409 },
        );
      }
      held.set(permission.statementId, toStatement(functionArn, permission));
      statements.set(functionArn, held);
      publish(functionArn, held);
    },
    remove(functionArn: string, statementId: string): void {
      const held = statements.get(functionArn);
      if (held?.delete(statementId)) publish(functionArn, held);
    },
  };
}

function toStatement(
  functionArn: string,
  { statementId, action, principal, sourceArn, sourceAccount }: FunctionPermission,
): object {
  const conditions = {
    ...(sourceArn !== undefined && { ArnLike: { 'aws:SourceArn': sourceArn } }),
    ...(sourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': sourceAccount } }),
  };
  return {
    Sid: statementId,
    Effect: 'Allow',
    Principal: principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal },
    Action: action,
    Resource: functionArn,
    ...(Object.keys(conditions).length > 0 && { Condition: conditions }),
  };
}
