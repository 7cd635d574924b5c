import { denialMessage } from '../iam/authorization.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Caller, ServiceError } from '../kernel/service.ts';
import type { Authority, PolicyContext, PolicyDocument } from './kms/authority.ts';

export type KeySpec = {
  /** What the id of the key is drawn from; the same name gives the same id in every run. */
  readonly name: string;
  readonly policy: PolicyDocument;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly rotation?: boolean;
};

export type Key = { readonly keyId: string; readonly arn: string; readonly managedBy: 'customer' | 'aws' };

export type KeyUse = {
  readonly caller: Caller;
  /** Key id, key ARN, alias or alias ARN; without one nothing is enciphered with a key that asks for rights. */
  readonly key: string | undefined;
  readonly actions: readonly ('kms:Decrypt' | 'kms:GenerateDataKey' | 'kms:Encrypt')[];
  /** The service that uses the key for the caller, such as `sns`. */
  readonly via: string;
  readonly context?: PolicyContext;
};

export type Kms = {
  readonly createKey: (spec: KeySpec) => Key;
  readonly deleteKey: (keyId: string) => void;
  readonly createAlias: (aliasName: string, target: string) => void;
  readonly deleteAlias: (aliasName: string) => void;
  readonly key: (reference: string) => Key | undefined;
  /** Why the caller may not use the key; undefined when it may. */
  readonly refusal: (use: KeyUse) => string | undefined;
};

type Dependencies = { readonly kernel: Kernel; readonly iam: Pick<Authority, 'authorize' | 'setResourcePolicy'> };

/** The keys of the account. Nothing is enciphered: what is simulated is who may use which key. */
export function createKms({ kernel, iam }: Dependencies): Kms {
  const { accountId, region, partition } = kernel.identity;
  const keys = new Map<string, Key & { readonly enabled: boolean }>();
  const aliases = new Map<string, string>();
  const arnOf = (keyId: string) => `arn:${partition}:kms:${region}:${accountId}:key/${keyId}`;

  /** AWS makes its own keys when a service first needs them. */
  const awsManagedKey = (alias: string) => {
    const keyId = kernel.random.uuid('kms-key', alias);
    return { keyId, arn: arnOf(keyId), managedBy: 'aws', enabled: true } as const;
  };
  const find = (reference: string) => {
    const name = reference.startsWith('arn:') ? reference.split(':').slice(5).join(':') : reference;
    if (name.startsWith('alias/aws/')) return awsManagedKey(name);
    const keyId = name.startsWith('alias/') ? aliases.get(name) : name.replace(/^key\//, '');
    return keyId === undefined ? undefined : keys.get(keyId);
  };

  return {
    createKey({ name, policy, enabled = true }) {
      const keyId = kernel.random.uuid('kms-key', name);
      const key = { keyId, arn: arnOf(keyId), managedBy: 'customer', enabled } as const;
      keys.set(keyId, key);
      iam.setResourcePolicy(key.arn, policy);
      return key;
    },
    deleteKey(keyId) {
      keys.delete(keyId);
      iam.setResourcePolicy(arnOf(keyId), undefined);
    },
    createAlias(aliasName, target) {
      if (!/^alias\/(?!aws\/)[\w/-]+$/.test(aliasName)) {
        throw new ServiceError('InvalidAliasNameException', `Invalid alias name ${aliasName}`);
      }
      if (aliases.has(aliasName))
        throw new ServiceError('AlreadyExistsException', `An alias with the name ${aliasName} already exists`);
      const key = find(target);
      if (key === undefined) throw new ServiceError('NotFoundException', `Key '${target}' does not exist`);
      aliases.set(aliasName, key.keyId);
    },
    deleteAlias: (aliasName) => {
      aliases.delete(aliasName);
    },
    key: find,
    refusal(use) {
      if (use.key === undefined) return undefined;
      const key = find(use.key);
      if (key === undefined) return `Key '${use.key}' does not exist`;
      if (!key.enabled) return `${key.arn} is disabled.`;
      return key.managedBy === 'aws' ? refusalOfAwsKey(key, use.caller) : refusalOfPolicies(key, use);
    },
  };

  function refusalOfPolicies(key: Key, { caller, actions, via, context = {} }: KeyUse): string | undefined {
    const source = hidesItsSource(caller) ? {} : context;
    const known = { 'kms:ViaService': `${via}.${region}.amazonaws.com`, 'kms:CallerAccount': accountId, ...source };
    for (const action of actions) {
      const permission = { action, resource: key.arn, context: known };
      const decision = iam.authorize(caller, permission);
      if (!decision.allowed) return denialMessage(caller, permission, decision);
    }
    return undefined;
  }
}

/**
 * The policy of an AWS managed key names the principals of the account, which no service principal is. Source: SNS
 * Developer Guide, "Enable compatibility between event sources from AWS services and encrypted topics".
 */
function refusalOfAwsKey(key: Key, caller: Caller): string | undefined {
  return caller.service === undefined ? undefined : `${caller.service} cannot use the AWS managed key ${key.arn}`;
}

/** EventBridge sends no source keys with its calls to KMS. Source: SNS Developer Guide, "Managing Amazon SNS encryption keys and costs". */
function hidesItsSource({ service }: Caller): boolean {
  return service === 'events.amazonaws.com';
}
