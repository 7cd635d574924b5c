import type { ListTagsForResourceCommandInput, UntagResourceCommandInput } from '@aws-sdk/client-eks';
import { onResource } from '../../../iam/dependent-actions.ts';
import { type Operation, type Service, ServiceError } from '../../../kernel/service.ts';
import type { EksState, Tags } from '../eks-state.ts';

type Tagged = { readonly arn: string; tags: Tags };

/** ListTagsForResource and UntagResource, for clusters and node groups. */
export function tagOperations(state: EksState): Service['operations'] {
  const find = (arn: string | undefined): Tagged => {
    const all: Tagged[] = [...state.clusters.values()].flatMap((cluster) => [cluster, ...cluster.nodegroups.values()]);
    const resource = all.find((candidate) => candidate.arn === arn);
    if (resource === undefined) throw new ServiceError('NotFoundException', `Resource not found: ${arn}`);
    return resource;
  };
  const list: Operation<ListTagsForResourceCommandInput> = {
    needs: ({ resourceArn = '' }) => [onResource('eks:ListTagsForResource', resourceArn)],
    run: ({ resourceArn }) => ({ tags: { ...find(resourceArn).tags } }),
  };
  const untag: Operation<UntagResourceCommandInput> = {
    needs: ({ resourceArn = '', tagKeys = [] }) => [
      onResource('eks:UntagResource', resourceArn, { 'aws:TagKeys': tagKeys }),
    ],
    run({ resourceArn, tagKeys = [] }) {
      const resource = find(resourceArn);
      resource.tags = Object.fromEntries(Object.entries(resource.tags).filter(([key]) => !tagKeys.includes(key)));
      return {};
    },
  };
  return { ListTagsForResource: list, UntagResource: untag };
}
