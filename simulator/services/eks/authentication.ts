import type { Iam } from '../../iam/iam.ts';
import type { Caller } from '../../kernel/service.ts';
import type { Authenticate } from '../../kubernetes/api-server.ts';
import type { AccessEntries, AccessEntry } from './access-entries.ts';
import { readClusterToken } from './cluster-token.ts';

type Options = {
  readonly clusterName: string;
  readonly iam: Pick<Iam, 'verifyPresigned'>;
  /** Undefined as long as EKS does not know the cluster. */
  readonly entries: () => AccessEntries | undefined;
  readonly privateDnsNameOf: (instanceId: string) => string | undefined;
};

/** Proves a bearer token as EKS does: the signature by STS, then the role by the cluster's access entries. */
export function createAuthenticate({ clusterName, iam, entries, privateDnsNameOf }: Options): Authenticate {
  return (token, now) => {
    const read = readClusterToken(token, clusterName, now);
    if (typeof read === 'string') return undefined;
    const answer = iam.verifyPresigned({ method: 'GET', ...read, now });
    if ('error' in answer) return undefined;
    const entry = entries()?.active(answer.caller.roleArn ?? answer.caller.arn);
    if (entry === undefined) return undefined;
    const username = fillIn(entry, answer.caller, privateDnsNameOf);
    return { username, groups: entry.kubernetesGroups, policies: entry.policies };
  };
}

function fillIn({ username }: AccessEntry, { arn }: Caller, privateDnsNameOf: Options['privateDnsNameOf']): string {
  const session = arn.split('/').at(-1) ?? '';
  return username
    .replaceAll('{{SessionName}}', session.replaceAll('@', '-'))
    .replaceAll('{{SessionNameRaw}}', session)
    .replaceAll('{{AccountID}}', arn.split(':')[4] ?? '')
    .replaceAll('{{EC2PrivateDNSName}}', () => privateDnsNameOf(session) ?? session);
}
