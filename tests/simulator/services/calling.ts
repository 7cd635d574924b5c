import { denialMessage } from '../../../simulator/iam/authorization.ts';
import type { Iam } from '../../../simulator/iam/iam.ts';
import { type Caller, type Operation, type Service, ServiceError } from '../../../simulator/kernel/service.ts';

/** The administrator of the account. */
export const operator: Caller = { arn: 'arn:aws:iam::111122223333:user/operator' };

/** A role with these statements and a caller that acts as it. */
export function aRole(
  iam: Iam,
  roleName: string,
  statements: readonly object[],
  trusted = 'lambda.amazonaws.com',
): Caller & { readonly roleArn: string } {
  const { arn } = iam.createRole({
    roleName,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: trusted }, Action: 'sts:AssumeRole' }],
    },
    policies:
      statements.length === 0 ? [] : [{ name: 'rights', document: { Version: '2012-10-17', Statement: statements } }],
  });
  return { arn: `arn:aws:sts::111122223333:assumed-role/${roleName}/session`, roleArn: arn };
}

export const allowing = (action: string | readonly string[], resource: string | readonly string[]) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
});

/** Calls an operation as the wire layer does: rights first, then the work. */
export async function call<Reply = Record<string, unknown>>(
  iam: Pick<Iam, 'authorize'>,
  service: Service,
  name: string,
  input: object,
  caller: Caller = operator,
): Promise<Reply> {
  const operation = service.operations[name] as unknown as Operation<object, Reply>;
  const context = { caller, requestId: 'request' };
  for (const permission of operation.needs(input, context)) {
    const decision = iam.authorize(caller, permission);
    if (!decision.allowed)
      throw new ServiceError('AccessDenied', denialMessage(caller, permission, decision), { status: 403 });
  }
  return operation.run(input, context);
}
