import type {
  Update,
  UpdateNodegroupConfigCommandInput,
  UpdateNodegroupVersionCommandInput,
} from '@aws-sdk/client-eks';
import type { EksState, Nodegroup, UpdateRecord } from './eks-state.ts';
import { invalidRequest } from './eks-state.ts';
import type { ResolvedSource } from './internal-template.ts';

/** The record of an update that begins now. */
export function newUpdate(
  { kernel }: EksState,
  nodegroup: Nodegroup,
  input: UpdateNodegroupVersionCommandInput,
  { source, amazonsAmi }: ResolvedSource,
): UpdateRecord {
  return {
    id: kernel.random.uuid('update', nodegroup.arn, nodegroup.updates.length),
    type: 'VersionUpdate',
    params:
      amazonsAmi === undefined
        ? [
            { type: 'LaunchTemplateName', value: source.name },
            { type: 'LaunchTemplateVersion', value: source.version },
          ]
        : [
            { type: 'Version', value: nodegroup.version },
            { type: 'ReleaseVersion', value: amazonsAmi.releaseVersion },
          ],
    createdAt: new Date(kernel.clock.now()),
    token: input.clientRequestToken,
    request: requestOf(input),
    status: 'InProgress',
    errors: [],
  };
}

/** The record of a change of sizes or pace that begins now. */
export function newConfigUpdate(
  { kernel }: EksState,
  nodegroup: Nodegroup,
  input: UpdateNodegroupConfigCommandInput,
  params: UpdateRecord['params'],
): UpdateRecord {
  return {
    id: kernel.random.uuid('update', nodegroup.arn, nodegroup.updates.length),
    ...{ type: 'ConfigUpdate', params, createdAt: new Date(kernel.clock.now()), token: input.clientRequestToken },
    ...{ request: requestOf(input), status: 'InProgress', errors: [] },
  };
}

type UpdateInput = UpdateNodegroupVersionCommandInput | UpdateNodegroupConfigCommandInput;

/** The update that the same request made before. @throws ServiceError when the token was used for another request. */
export function repeatedUpdate(nodegroup: Nodegroup, input: UpdateInput): UpdateRecord | undefined {
  const { clientRequestToken: token } = input;
  const same = token === undefined ? undefined : nodegroup.updates.find((update) => update.token === token);
  if (same !== undefined && same.request !== requestOf(input)) {
    throw invalidRequest('The request token was used before with other parameters.', {
      clusterName: nodegroup.clusterName,
      nodegroupName: nodegroup.name,
    });
  }
  return same;
}

function requestOf({ clientRequestToken: _, ...input }: UpdateInput): string {
  return JSON.stringify(input);
}

export function describeUpdate({ id, status, type, params, createdAt, errors }: UpdateRecord): Update {
  return { id, status, type, params: [...params], createdAt, errors: [...errors] };
}
