import {
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  ListClustersCommand,
  ListNodegroupsCommand,
  type Nodegroup,
  type Update,
  UpdateNodegroupVersionCommand,
  type UpdateStatus,
} from '@aws-sdk/client-eks';
import { AwsUnavailable, NodeGroupNotFound, ReleaseNotFound, ReplacementByOthers } from '../domain/errors.ts';
import { type LaunchVersion, versionName } from '../domain/node-group.ts';
import type { Replacement } from '../domain/replacement.ts';
import { awsCall, isAwsError } from './aws-call.ts';
import { eks } from './eks-client.ts';
import { isVersionUnknown } from './launch-templates.ts';

export type ManagedName = { readonly cluster: string; readonly nodeGroup: string };

const subject = ({ cluster, nodeGroup }: ManagedName): string => `${cluster}/${nodeGroup}`;

type Page<Name extends string> = { readonly nextToken?: string | undefined } & {
  readonly [Key in Name]?: string[] | undefined;
};

async function allPages<Name extends string>(name: Name, page: (nextToken?: string) => Promise<Page<Name>>) {
  const all: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await page(nextToken);
    all.push(...(answer[name] ?? []));
    nextToken = answer.nextToken;
  } while (nextToken);
  return all;
}

const listClusters = (): Promise<string[]> =>
  allPages('clusters', (nextToken) =>
    awsCall('eks:ListClusters', 'the account', () =>
      eks().send(new ListClustersCommand({ ...(nextToken && { nextToken }) })),
    ),
  );

const listNodegroups = (clusterName: string): Promise<string[]> =>
  allPages('nodegroups', (nextToken) =>
    awsCall('eks:ListNodegroups', clusterName, () =>
      eks().send(new ListNodegroupsCommand({ clusterName, ...(nextToken && { nextToken }) })),
    ),
  );

async function findNodegroup(name: ManagedName): Promise<Nodegroup | undefined> {
  try {
    const { nodegroup } = await awsCall('eks:DescribeNodegroup', subject(name), () =>
      eks().send(new DescribeNodegroupCommand({ clusterName: name.cluster, nodegroupName: name.nodeGroup })),
    );
    return nodegroup;
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

/** @throws {NodeGroupNotFound} */
export async function getNodegroup(name: ManagedName): Promise<Nodegroup> {
  const nodegroup = await findNodegroup(name);
  if (nodegroup !== undefined) return nodegroup;
  throw new NodeGroupNotFound(`The managed node group ${subject(name)} does not exist (any more).`);
}

/** Every managed node group of the account and Region. EKS tells tags one group at a time only. */
export async function listAllNodegroups(): Promise<Nodegroup[]> {
  const perCluster = (await listClusters()).map(async (cluster) => {
    const names = await listNodegroups(cluster);
    return Promise.all(names.map((nodeGroup) => findNodegroup({ cluster, nodeGroup })));
  });
  return (await Promise.all(perCluster)).flat().filter((found) => found !== undefined);
}

const statuses: Readonly<Record<UpdateStatus, Replacement['status']>> = {
  InProgress: 'active',
  Failed: 'failed',
  Cancelled: 'cancelled',
  Successful: 'succeeded',
};

function translateUpdate({ id = '', status, errors }: Update): Replacement {
  const details = (errors ?? []).map(
    ({ errorCode, errorMessage, resourceIds }) => `${errorCode}: ${errorMessage} (${(resourceIds ?? []).join(', ')})`,
  );
  return {
    id,
    status: statuses[status ?? 'InProgress'],
    detail: details.join('; ') || `EKS says ${status}`,
    errorCodes: (errors ?? []).flatMap(({ errorCode }) => errorCode ?? []),
    launchTemplate: undefined,
  };
}

export async function getUpdate(name: ManagedName, updateId: string): Promise<Replacement> {
  const { update } = await awsCall('eks:DescribeUpdate', `${subject(name)}, update ${updateId}`, () =>
    eks().send(new DescribeUpdateCommand({ name: name.cluster, nodegroupName: name.nodeGroup, updateId })),
  );
  return translateUpdate(update ?? {});
}

/** Of a release EKS keeps the group's launch template, if it has one, at its version; of a template it takes no release. */
const wanted = (target: LaunchVersion) =>
  'release' in target
    ? { releaseVersion: target.release }
    : { launchTemplate: { id: target.id, version: String(target.version) } };

/**
 * Starts the update of a group to a version of its launch template or to a release of Amazon's AMI; answers the update's id.
 *
 * Safe twice: the same `token` gives the same update.
 *
 * @throws {ReplacementByOthers} Another update runs, and an update cannot be cancelled.
 * @throws {AwsUnavailable} The version is too new to be known everywhere.
 * @throws {ReleaseNotFound} EKS does not take the release for this group.
 */
export async function startUpdate(
  name: ManagedName,
  target: LaunchVersion,
  { force, token }: { readonly force: boolean; readonly token: string },
): Promise<string> {
  try {
    const { update } = await awsCall('eks:UpdateNodegroupVersion', subject(name), () =>
      eks().send(
        new UpdateNodegroupVersionCommand({
          clusterName: name.cluster,
          nodegroupName: name.nodeGroup,
          ...wanted(target),
          force,
          clientRequestToken: token,
        }),
      ),
    );
    return update?.id ?? '';
  } catch (error) {
    if (isVersionUnknown(error)) {
      throw new AwsUnavailable(`EKS does not know ${versionName(target)} yet`, {
        cause: error,
      });
    }
    if ('release' in target && isAwsError(error, 'InvalidParameterException')) {
      throw new ReleaseNotFound(`EKS does not take ${versionName(target)} for ${subject(name)}: ${error.message}`, {
        cause: error,
      });
    }
    if (!isAwsError(error, 'ResourceInUseException')) throw error;
    throw new ReplacementByOthers(
      `An update of ${subject(name)} that is not ours is running. Start the run again when it has ended.`,
      { cause: error },
    );
  }
}
