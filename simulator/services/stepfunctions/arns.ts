import type { Identity } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';

export type MachineRef = { readonly name: string; readonly version: number | undefined };

export const machineArn = ({ partition, region, accountId }: Identity, name: string) =>
  `arn:${partition}:states:${region}:${accountId}:stateMachine:${name}`;

export const executionArn = ({ partition, region, accountId }: Identity, machineName: string, name: string) =>
  `arn:${partition}:states:${region}:${accountId}:execution:${machineName}:${name}`;

/** @throws {ServiceError} InvalidArn */
export function parseMachineArn(arn: string): MachineRef {
  const [name, qualifier, ...rest] = resourceOf(arn, 'stateMachine');
  if (name === undefined || rest.length > 0) throw invalidArn(arn);
  if (qualifier === undefined) return { name, version: undefined };
  if (!/^[1-9]\d*$/.test(qualifier)) throw new ServiceError('StateMachineDoesNotExist', machineMissing(arn));
  return { name, version: Number(qualifier) };
}

/** @throws {ServiceError} InvalidArn */
export function checkExecutionArn(arn: string): void {
  if (resourceOf(arn, 'execution').length !== 2) throw invalidArn(arn);
}

export const machineMissing = (arn: string) => `State Machine Does Not Exist: '${arn}'`;

function resourceOf(arn: string, type: string): readonly string[] {
  const [prefix, partition, service, region, account, found, ...rest] = arn.split(':');
  const isArn = prefix === 'arn' && partition !== '' && region !== '' && account !== '' && !rest.includes('');
  if (!isArn || service !== 'states' || rest.length === 0) throw invalidArn(arn);
  if (found !== type) {
    throw new ServiceError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${found}'`);
  }
  return rest;
}

const invalidArn = (arn: string) => new ServiceError('InvalidArn', `Invalid Arn: '${arn}'`);

const FORBIDDEN = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}\p{Cs}\uFFFE\uFFFF]/u;

/** The rule for names of machines and executions. @throws {ServiceError} InvalidName */
export function checkName(name: string): void {
  if (name.length === 0 || name.length > 80 || FORBIDDEN.test(name)) {
    throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
  }
}
