import type { Caller } from '../kernel/service.ts';
import { PolicyError } from './policy-error.ts';

/** Whom a statement of a resource or trust policy speaks of. */
export type Principals = {
  readonly everyone: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
};

/** Reads a Principal element. Federated and canonical users do not exist in this account and are refused. */
export function parsePrincipals(principal: unknown): Principals {
  if (principal === '*') return { everyone: true, aws: [], services: [] };
  if (typeof principal !== 'object' || principal === null || Array.isArray(principal)) {
    throw new PolicyError('A statement needs a Principal: "*" or an object.');
  }
  const { AWS, Service, ...others } = principal as Record<string, unknown>;
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new PolicyError(`Principals of type ${unknown.join(', ')} are not simulated.`);
  const aws = texts(AWS, 'AWS');
  const services = texts(Service, 'Service');
  if (aws.length + services.length === 0) throw new PolicyError('A Principal must name somebody.');
  aws.forEach(checkAwsPrincipal);
  services.forEach(checkServicePrincipal);
  return { everyone: aws.includes('*'), aws: aws.filter((name) => name !== '*'), services };
}

function texts(value: unknown, name: string): string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.map((item) => {
    if (typeof item !== 'string' && typeof item !== 'number') throw new PolicyError(`Principal ${name} must be text.`);
    return String(item);
  });
}

function checkAwsPrincipal(name: string): void {
  const isKnown = name === '*' || /^\d{12}$/.test(name) || /^arn:aws[\w-]*:(iam|sts)::\d{12}:\S+$/.test(name);
  if (!isKnown || /^arn:.*\*/.test(name)) throw new PolicyError(`Invalid principal in policy: AWS ${name}`);
}

function checkServicePrincipal(name: string): void {
  if (!/^[a-z0-9.-]+\.amazonaws\.com$/.test(name))
    throw new PolicyError(`Invalid principal in policy: Service ${name}`);
}

/**
 * How a Principal speaks of a caller: `direct` when it names the caller, `account` when it names the whole account,
 * which only leaves the decision to the caller's own policies.
 */
export function speaksOf(principals: Principals, caller: Caller, accountId: string): 'direct' | 'account' | 'no' {
  if (principals.everyone) return 'direct';
  if (caller.service !== undefined) return principals.services.includes(caller.service) ? 'direct' : 'no';
  const names = [caller.arn, caller.roleArn].filter((name) => name !== undefined);
  if (names.some((name) => principals.aws.includes(name))) return 'direct';
  const isOwnAccount = (name: string) => name === accountId || name.endsWith(`:iam::${accountId}:root`);
  return principals.aws.some(isOwnAccount) ? 'account' : 'no';
}
