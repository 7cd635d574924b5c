import { parseArgs } from 'node:util';
import { CreateAccessEntryCommand, DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const usage = `Usage: npm run grant -- --cluster NAME [--region REGION] [--stage STAGE]

Lets the deployed stack read and drain the nodes of one EKS cluster: makes an access entry for each of its two roles,
the reader and the mover, and prints the kubectl commands that give the entries' groups their rights. Safe to run twice.`;

/** The principals that a cluster knows; each has a role, a group and a manifest of its name. */
const principals = ['reader', 'mover'] as const;
type Principal = (typeof principals)[number];

const groupOf = (principal: Principal): string => `reglaze-${principal}`;

/**
 * Puts both roles of the stack into the groups that the manifests in `infrastructure/kubernetes/` give rights to.
 *
 * @returns What was done, and what is left to do by kubectl.
 */
export async function grantAccess(cluster: string, stage: string, region: string | undefined): Promise<string[]> {
  const options = region === undefined ? {} : { region };
  const eks = new EKSClient(options);
  const { Account: accountId, Arn: callerArn = '' } = await new STSClient(options).send(
    new GetCallerIdentityCommand({}),
  );
  const partition = callerArn.split(':')[1];
  const regionName = await eks.config.region();
  const { cluster: found } = await eks.send(new DescribeClusterCommand({ name: cluster }));
  const takesEntries = found?.accessConfig?.authenticationMode !== 'CONFIG_MAP';
  const lines: string[] = [];
  for (const principal of principals) {
    const principalArn = `arn:${partition}:iam::${accountId}:role/reglaze-${stage}-${principal}-${regionName}`;
    const entry = takesEntries ? await createEntry(eks, cluster, principal, principalArn) : 'not-taken';
    lines.push(...describeGrant({ cluster, principal, principalArn, entry }));
  }
  return [...lines, ...rights];
}

const rights = [
  'Give the groups their rights with:',
  ...principals.map((principal) => `  kubectl apply -f infrastructure/kubernetes/${principal}.yml`),
];

type Grant = {
  readonly cluster: string;
  readonly principal: Principal;
  readonly principalArn: string;
  /** Clusters that know their principals from the ConfigMap aws-auth alone take no entries. */
  readonly entry: 'made' | 'found' | 'not-taken';
};

/** What was done in the cluster's access entries for one of the roles. */
export function describeGrant({ cluster, principal, principalArn, entry }: Grant): string[] {
  const group = groupOf(principal);
  switch (entry) {
    case 'made':
      return [`${principalArn} is now in the group ${group} of cluster ${cluster}.`];
    case 'found':
      return [
        `${principalArn} was already in the group ${group} of cluster ${cluster}.`,
        'If the stack was removed and deployed again since, the entry is that of the old role. Then delete it and run this again:',
        `  aws eks delete-access-entry --cluster-name ${cluster} --principal-arn ${principalArn}`,
      ];
    case 'not-taken':
      return [
        `Cluster ${cluster} takes no access entries. Nothing was changed. Add this under mapRoles in its ConfigMap aws-auth:`,
        `  - {rolearn: ${principalArn}, username: ${group}, groups: [${group}]}`,
      ];
  }
}

/** An entry for the role that is there already is left as it is. */
async function createEntry(
  eks: EKSClient,
  clusterName: string,
  principal: Principal,
  principalArn: string,
): Promise<'made' | 'found'> {
  const kubernetesGroups = [groupOf(principal)];
  try {
    await eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, kubernetesGroups }));
    return 'made';
  } catch (error) {
    if ((error as Error).name === 'ResourceInUseException') return 'found';
    throw error;
  }
}

/** What the command line asks for: the usage, on purpose or not, or a cluster to grant access to. */
export function readGrantArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { cluster: text, region: text, stage: text, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { cluster, region, stage = 'live', help } = parseArgs({ args: [...args], options }).values;
    if (help) return { usage, exitCode: 0 };
    if (cluster !== undefined) return { cluster, region, stage };
    return { usage: `--cluster is missing.\n\n${usage}`, exitCode: 2 };
  } catch (error) {
    return { usage: `${(error as Error).message}\n\n${usage}`, exitCode: 2 };
  }
}

if (import.meta.main) {
  const asked = readGrantArguments(process.argv.slice(2));
  if ('usage' in asked) {
    (asked.exitCode === 0 ? console.log : console.error)(asked.usage);
    process.exitCode = asked.exitCode;
  } else {
    for (const line of await grantAccess(asked.cluster, asked.stage, asked.region)) console.log(line);
  }
}
