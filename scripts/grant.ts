import { parseArgs } from 'node:util';
import { CreateAccessEntryCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const usage = `Usage: npm run grant -- --cluster NAME [--region REGION] [--stage STAGE]

Lets the deployed stack read the nodes of one EKS cluster: makes an access entry for its reader role, and prints the
kubectl command that gives the entry's group its rights. Safe to run twice.`;

const group = 'reglaze-reader';

/**
 * Puts the reader role of the stack into the group that `infrastructure/kubernetes/reader.yml` gives rights to.
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
  const principalArn = `arn:${partition}:iam::${accountId}:role/reglaze-${stage}-reader-${await eks.config.region()}`;
  const isNew = await createEntry(eks, cluster, principalArn);
  return [
    `${principalArn} ${isNew ? 'is now' : 'was already'} in the group ${group} of cluster ${cluster}.`,
    'Give the group its rights with:',
    '  kubectl apply -f infrastructure/kubernetes/reader.yml',
    'A cluster that still uses the ConfigMap aws-auth takes this under mapRoles instead of the access entry:',
    `  - {rolearn: ${principalArn}, username: ${group}, groups: [${group}]}`,
  ];
}

/** False when the cluster has an entry for the role already. */
async function createEntry(eks: EKSClient, clusterName: string, principalArn: string): Promise<boolean> {
  try {
    await eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, kubernetesGroups: [group] }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'ResourceInUseException') return false;
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
