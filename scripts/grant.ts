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

if (import.meta.main) {
  const {
    cluster,
    region,
    stage = 'live',
  } = parseArgs({
    options: { cluster: { type: 'string' }, region: { type: 'string' }, stage: { type: 'string' } },
  }).values;
  if (cluster === undefined) {
    console.error(usage);
    process.exitCode = 2;
  } else {
    for (const line of await grantAccess(cluster, stage, region)) console.log(line);
  }
}
