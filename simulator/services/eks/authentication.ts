import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Caller } from '../../kernel/service.ts';
import type { Authenticate } from '../../kubernetes/api-server.ts';
import type { User } from '../../kubernetes/authorizer.ts';
import type { AccessEntries, AccessEntry } from './access-entries.ts';
import { readClusterToken } from './cluster-token.ts';

type Options = {
  readonly kernel: Pick<Kernel, 'log' | 'clientClock'>;
  readonly clusterName: string;
  readonly iam: Pick<Iam, 'verifyPresigned'>;
  /** Undefined as long as EKS does not know the cluster. */
  readonly entries: () => AccessEntries | undefined;
  readonly privateDnsNameOf: (instanceId: string) => string | undefined;
  /** URL of the account, whose STS signs for it as the public one does. */
  readonly endpointUrl?: string | undefined;
};

/**
 * Proves a bearer token as EKS does: the signature by STS, then the principal by the cluster's access entries. Why a
 * token was refused is in the event log only, as on AWS in the log of the authenticator.
 */
export function createAuthenticate(options: Options): Authenticate {
  const { kernel, clusterName } = options;
  return (token, now) => {
    const user = prove(options, token, now);
    if (typeof user !== 'string') return user;
    kernel.log.write('token.refused', { cluster: clusterName, reason: user });
    return undefined;
  };
}

/** The reason, in words, when a token proves nobody. */
function prove(options: Options, token: string, now: number): User | string {
  const { kernel, clusterName, iam, entries, privateDnsNameOf, endpointUrl } = options;
  const read = readClusterToken(token, { clusterName, now, clientNow: kernel.clientClock?.(), endpointUrl });
  if (typeof read === 'string') return read;
  const answer = iam.verifyPresigned({ method: 'GET', ...read, now });
  if ('error' in answer) return `${answer.error.code}: ${answer.error.message}`;
  const principalArn = answer.caller.roleArn ?? answer.caller.arn;
  const entry = entries()?.active(principalArn);
  if (entry === undefined) return `${principalArn} has no access entry in the cluster ${clusterName}`;
  const username = fillIn(entry, answer.caller, privateDnsNameOf);
  return { username, groups: entry.kubernetesGroups, policies: entry.policies };
}

function fillIn({ username }: AccessEntry, { arn }: Caller, privateDnsNameOf: Options['privateDnsNameOf']): string {
  const session = arn.split('/').at(-1) ?? '';
  return username
    .replaceAll('{{SessionName}}', session.replaceAll('@', '-'))
    .replaceAll('{{SessionNameRaw}}', session)
    .replaceAll('{{AccountID}}', arn.split(':')[4] ?? '')
    .replaceAll('{{EC2PrivateDNSName}}', () => privateDnsNameOf(session) ?? session);
}
