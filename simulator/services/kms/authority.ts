import type { Iam } from '../../iam/iam.ts';
import type { Caller } from '../../kernel/service.ts';

/** What the services here ask IAM. */
export type Authority = Pick<Iam, 'authorize' | 'setResourcePolicy' | 'mayAssume'>;

/** A policy as JSON has it; IAM reads it. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

/** Keys that a policy's conditions can ask about. */
export type PolicyContext = Readonly<Record<string, string | readonly string[]>>;

/** An AWS service that acts by itself. */
export function servicePrincipal(service: string): Caller {
  return { arn: service, service };
}

/** An AWS service that acts as a role. */
export function roleSession(roleArn: string, sessionName: string): Caller {
  const [, partition, , , account, resource = ''] = roleArn.split(':');
  const roleName = resource.split('/').at(-1);
  return { arn: `arn:${partition}:sts::${account}:assumed-role/${roleName}/${sessionName}`, roleArn };
}
