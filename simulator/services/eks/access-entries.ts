import type { AccessEntry as AccessEntryShape } from '@aws-sdk/client-eks';
import type { Kernel } from '../../kernel/kernel.ts';
import type { AccessPolicy } from '../../kubernetes/authorizer.ts';
import { inUse, invalidParameter, type Tags } from './eks-state.ts';

export type AccessEntryType = 'STANDARD' | 'EC2_LINUX' | 'EC2_WINDOWS';

export type AccessEntrySpec = {
  readonly principalArn: string;
  readonly type?: AccessEntryType;
  readonly username?: string;
  readonly kubernetesGroups?: readonly string[];
  readonly policies?: readonly AccessPolicy[];
  readonly tags?: Tags;
};

/** Lets one IAM role or user into one cluster. */
export type AccessEntry = Required<Omit<AccessEntrySpec, 'username'>> & {
  readonly arn: string;
  readonly username: string;
  /** The id that it had: a role or user of the same name that is created later is somebody else. */
  readonly principalId: string;
  readonly createdAt: Date;
  /** From when on the cluster knows it; milliseconds since the epoch. */
  readonly activeFrom: number;
};

export type AccessEntries = {
  /** @throws ServiceError when the entry exists, or breaks a rule of its type. */
  readonly add: (spec: AccessEntrySpec, delayMs: number) => AccessEntry;
  readonly get: (principalArn: string) => AccessEntry | undefined;
  /** False when there is none. */
  readonly remove: (principalArn: string) => boolean;
  /** The entry as the cluster knows it now; undefined for one that was recreated since. */
  readonly active: (principalArn: string) => AccessEntry | undefined;
  readonly all: () => readonly AccessEntry[];
};

type Options = {
  readonly kernel: Kernel;
  readonly clusterName: string;
  readonly idOf: (principalArn: string) => string | undefined;
};

const reservedPrefixes = ['system:', 'eks:', 'aws:', 'amazon:', 'iam:'];
const nodeGroups = ['system:bootstrappers', 'system:nodes'];
const groupsOfType: Readonly<Record<AccessEntryType, readonly string[]>> = {
  STANDARD: [],
  EC2_LINUX: nodeGroups,
  EC2_WINDOWS: [...nodeGroups, 'eks:kube-proxy-windows'],
};

export function createAccessEntries({ kernel, clusterName, idOf }: Options): AccessEntries {
  const { clock, random, identity } = kernel;
  const entries = new Map<string, AccessEntry>();

  return {
    add(spec, delayMs) {
      const { principalArn, type = 'STANDARD', policies = [], tags = {} } = spec;
      const principalId = idOf(principalArn);
      if (principalId === undefined)
        throw invalidParameter('The specified principalArn is invalid: invalid principal.', { clusterName });
      if (entries.has(principalArn)) {
        throw inUse('The specified access entry resource is already in use on this cluster.', { clusterName });
      }
      checkRules(spec, clusterName);
      const name = principalArn.split('/').at(-1) ?? '';
      const uuid = random.uuid('access entry', clusterName, principalArn, clock.now());
      const path = `access-entry/${clusterName}/${kindOf(principalArn)}/${identity.accountId}/${name}/${uuid}`;
      const entry: AccessEntry = {
        ...{ principalArn, type, policies, tags, principalId, createdAt: new Date(clock.now()) },
        arn: `arn:${identity.partition}:eks:${identity.region}:${identity.accountId}:${path}`,
        kubernetesGroups: type === 'STANDARD' ? (spec.kubernetesGroups ?? []) : groupsOfType[type],
        username: spec.username ?? defaultUsername(type, principalArn, name),
        activeFrom: clock.now() + delayMs,
      };
      entries.set(principalArn, entry);
      return entry;
    },
    get: (principalArn) => entries.get(principalArn),
    remove: (principalArn) => entries.delete(principalArn),
    active(principalArn) {
      const entry = entries.get(principalArn);
      return entry !== undefined && entry.activeFrom <= clock.now() && entry.principalId === idOf(principalArn)
        ? entry
        : undefined;
    },
    all: () => [...entries.values()].sort((a, b) => (a.principalArn < b.principalArn ? -1 : 1)),
  };
}

function checkRules(
  { type = 'STANDARD', username, kubernetesGroups = [], policies = [] }: AccessEntrySpec,
  clusterName: string,
): void {
  const refuse = (message: string) => invalidParameter(message, { clusterName });
  if (type !== 'STANDARD') {
    if (username !== undefined || kubernetesGroups.length > 0 || policies.length > 0) {
      throw refuse(`An access entry of type ${type} cannot have a username, kubernetes groups or access policies.`);
    }
    return;
  }
  if (username !== undefined && reservedPrefixes.some((prefix) => username.startsWith(prefix))) {
    throw refuse(`The username ${username} is invalid, it cannot start with any of: ${reservedPrefixes.join(', ')}`);
  }
  const reserved = kubernetesGroups.find((group) => group.startsWith('system:'));
  if (reserved !== undefined) {
    throw refuse(`The kubernetes group name ${reserved} is invalid, it cannot start with system:`);
  }
}

const kindOf = (principalArn: string) => (principalArn.includes(':user/') ? 'user' : 'role');

/** `{{SessionName}}` and `{{EC2PrivateDNSName}}` are filled in at every request. */
function defaultUsername(type: AccessEntryType, principalArn: string, roleName: string): string {
  if (type !== 'STANDARD') return 'system:node:{{EC2PrivateDNSName}}';
  if (kindOf(principalArn) === 'user') return principalArn;
  const account = principalArn.split(':')[4];
  return `arn:aws:sts::${account}:assumed-role/${roleName}/{{SessionName}}`;
}

export function describeAccessEntry(entry: AccessEntry, clusterName: string): AccessEntryShape {
  return {
    clusterName,
    principalArn: entry.principalArn,
    // The groups of a node's entry are EKS's own and are not shown.
    kubernetesGroups: entry.type === 'STANDARD' ? [...entry.kubernetesGroups] : [],
    accessEntryArn: entry.arn,
    createdAt: entry.createdAt,
    modifiedAt: entry.createdAt,
    tags: { ...entry.tags },
    username: entry.username,
    type: entry.type,
  };
}
