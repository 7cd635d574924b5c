import type {
  ListAccessEntriesCommandInput,
  ListClustersCommandInput,
  ListNodegroupsCommandInput,
  ListUpdatesCommandInput,
} from '@aws-sdk/client-eks';
import { onEverything } from '../../../iam/dependent-actions.ts';
import type { Operation, Service } from '../../../kernel/service.ts';
import { paginate } from '../../ec2/paging.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import { type EksState, findCluster, findNodegroup, invalidParameter } from '../eks-state.ts';
import { onCluster, onNodegroup } from './permissions.ts';

type PageInput = { readonly nextToken?: string | undefined; readonly maxResults?: number | undefined };

/** Pages of EKS hold at most 100 names; the token of the last page is missing. */
function pageOf(names: readonly string[], { nextToken: token, maxResults = 100 }: PageInput) {
  const invalidToken = () => invalidParameter('The nextToken is not valid.');
  const { items, nextToken } = paginate(names, { token, size: maxResults, invalidToken });
  return { items, ...(nextToken === undefined ? {} : { nextToken }) };
}

function _updatesOf(state: EksState, clusterName: string | undefined, nodegroupName: string | undefined) {
  // The updates of a cluster are its own: there are none, because clusters are not updated here.
  return nodegroupName === undefined ? [] : findNodegroup(state, clusterName, nodegroupName).updates;
}

/** The updates of a cluster are its own: there are none, because clusters are not updated here. */
function updatesOf(state: EksState, clusterName: string | undefined, nodegroupName: string | undefined) {
  return nodegroupName === undefined ? [] : findNodegroup(state, clusterName, nodegroupName).updates;
}

export function listOperations(state: EksState): Service['operations'] {
  const listClusters: Operation<ListClustersCommandInput> = {
    needs: () => [onEverything('eks:ListClusters')],
    run(input) {
      if (input.include !== undefined && input.include.length > 0) {
        throw notSimulated('Connected clusters are not simulated: leave ListClusters without include.');
      }
      const { items: clusters, ...page } = pageOf([...state.clusters.keys()].sort(), input);
      return { clusters, ...page };
    },
  };
  const listNodegroups: Operation<ListNodegroupsCommandInput> = {
    needs: ({ clusterName }) => onCluster(state, 'ListNodegroups', clusterName),
    run(input) {
      const names = [...findCluster(state, input.clusterName).nodegroups.keys()].sort();
      const { items: nodegroups, ...page } = pageOf(names, input);
      return { nodegroups, ...page };
    },
  };
  const listUpdates: Operation<ListUpdatesCommandInput> = {
    needs: ({ name, nodegroupName }) => onNodegroup(state, 'ListUpdates', name, nodegroupName),
    run(input) {
      if (input.addonName !== undefined || input.capabilityName !== undefined) {
        throw notSimulated('Add-ons and capabilities are not simulated.');
      }
      findCluster(state, input.name);
      const updates = updatesOf(state, input.name, input.nodegroupName);
      const { items: updateIds, ...page } = pageOf(updates.map(({ id }) => id).toReversed(), input);
      return { updateIds, ...page };
    },
  };
  const listAccessEntries: Operation<ListAccessEntriesCommandInput> = {
    needs: ({ clusterName }) => onCluster(state, 'ListAccessEntries', clusterName),
    run(input) {
      const { associatedPolicyArn: wanted } = input;
      const entries = findCluster(state, input.clusterName).accessEntries.all();
      const arns = entries
        .filter(({ policies }) => wanted === undefined || policies.some(({ policyArn }) => policyArn === wanted))
        .map(({ principalArn }) => principalArn);
      const { items: accessEntries, ...page } = pageOf(arns, input);
      return { accessEntries, ...page };
    },
  };
  return {
    ListClusters: listClusters,
    ListNodegroups: listNodegroups,
    ListUpdates: listUpdates,
    ListAccessEntries: listAccessEntries,
  };
}
