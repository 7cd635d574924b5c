import { type AutoScalingGroup, DescribeLifecycleHooksCommand } from '@aws-sdk/client-auto-scaling';
import type { Nodegroup } from '@aws-sdk/client-eks';
import { autoScaling } from '../../functions/adapters/auto-scaling-client.ts';
import {
  clusterOf,
  findGroupsByName,
  instancesOf,
  listAllGroups,
  tagsOf,
} from '../../functions/adapters/auto-scaling-groups.ts';
import { awsCall } from '../../functions/adapters/aws-call.ts';
import { listAllNodegroups } from '../../functions/adapters/eks-nodegroups.ts';
import type { RunFiles, StoredState } from '../../functions/adapters/run-files.ts';
import { admitHookName } from '../../functions/domain/admission.ts';
import { drainHookName } from '../../functions/domain/drain-hook.ts';
import type { GroupInstance, NodeGroupKind } from '../../functions/domain/node-group.ts';
import { isOurTag } from '../../functions/domain/tags.ts';

/** A node group in which reglaze has been, or may have been. */
export type AttachedGroup = {
  readonly kind: NodeGroupKind;
  readonly cluster: string | undefined;
  readonly name: string;
  readonly autoScalingGroupName: string;
  /** False for one that is only remembered. */
  readonly exists: boolean;
  /** Of a managed node group. */
  readonly nodegroupArn: string | undefined;
  /** Our tags of the Auto Scaling group, and those of the managed node group. */
  readonly autoScalingTags: Readonly<Record<string, string>>;
  readonly nodegroupTags: Readonly<Record<string, string>>;
  /** The names of our hooks that it has. */
  readonly hooks: readonly string[];
  readonly instances: readonly GroupInstance[];
  readonly stored: StoredState | undefined;
};

export type Scope = { readonly cluster: string | undefined; readonly nodeGroup: string | undefined };

const ours = (tags: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => isOurTag(key)));

async function findHooks(AutoScalingGroupName: string): Promise<string[]> {
  const { LifecycleHooks = [] } = await awsCall('autoscaling:DescribeLifecycleHooks', AutoScalingGroupName, () =>
    autoScaling().send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName })),
  );
  const names = LifecycleHooks.map(({ LifecycleHookName = '' }) => LifecycleHookName);
  return names.filter((name) => name === admitHookName || name === drainHookName);
}

type Key = { readonly cluster: string | undefined; readonly name: string };
const isSame = (a: Key, b: Key): boolean => a.cluster === b.cluster && a.name === b.name;

/** The name that the group has in reglaze: that of the managed node group, if it belongs to one. */
function keyOf(group: AutoScalingGroup): Key {
  const tags = tagsOf(group);
  const managed = tags['eks:nodegroup-name'];
  return managed === undefined
    ? { cluster: clusterOf(tags), name: group.AutoScalingGroupName ?? '' }
    : { cluster: tags['eks:cluster-name'], name: managed };
}

type Found = { readonly states: readonly StoredState[]; readonly nodegroups: readonly Nodegroup[] };

async function translate(group: AutoScalingGroup, { states, nodegroups }: Found): Promise<AttachedGroup> {
  const key = keyOf(group);
  const nodegroup = nodegroups.find(({ clusterName, nodegroupName = '' }) =>
    isSame({ cluster: clusterName, name: nodegroupName }, key),
  );
  const isManaged = tagsOf(group)['eks:nodegroup-name'] !== undefined;
  const autoScalingGroupName = group.AutoScalingGroupName ?? '';
  return {
    ...key,
    kind: isManaged ? 'managed' : 'self-managed',
    autoScalingGroupName,
    exists: true,
    nodegroupArn: nodegroup?.nodegroupArn,
    autoScalingTags: ours(tagsOf(group)),
    nodegroupTags: ours(nodegroup?.tags),
    // Reglaze puts none into groups that EKS manages.
    hooks: isManaged ? [] : await findHooks(autoScalingGroupName),
    instances: instancesOf(group),
    stored: states.find(({ state }) => isSame({ cluster: state.cluster, name: state.nodeGroup }, key)),
  };
}

/** A group that is remembered and does not exist any more. */
const gone = (stored: StoredState): AttachedGroup => ({
  kind: stored.state.kind,
  cluster: stored.state.cluster,
  name: stored.state.nodeGroup,
  autoScalingGroupName: stored.state.autoScalingGroupName,
  exists: false,
  nodegroupArn: undefined,
  ...{ autoScalingTags: {}, nodegroupTags: {}, hooks: [], instances: [] },
  stored,
});

/**
 * The node groups of the Region that are in the scope: every one that belongs to a cluster, has a tag of ours, or is
 * remembered. Hooks are looked for in each of them, since tags may be gone before them.
 */
export async function findAttachedGroups(
  files: Pick<RunFiles, 'listStates'> | undefined,
  scope: Scope,
): Promise<AttachedGroup[]> {
  const isWanted = ({ cluster, name }: Key) =>
    (scope.cluster ?? cluster) === cluster && (scope.nodeGroup ?? name) === name;
  const [all, nodegroups, stored] = await Promise.all([
    listAllGroups(),
    listAllNodegroups(),
    files?.listStates() ?? Promise.resolve([]),
  ]);
  const states = stored.filter(({ state }) => isWanted({ cluster: state.cluster, name: state.nodeGroup }));
  const candidates = all.filter((group) => {
    const key = keyOf(group);
    return isWanted(key) && (key.cluster !== undefined || Object.keys(ours(tagsOf(group))).length > 0);
  });
  const groups = await findGroupsByName(candidates.map(({ AutoScalingGroupName = '' }) => AutoScalingGroupName));
  const attached: AttachedGroup[] = [];
  for (const group of groups) attached.push(await translate(group, { states, nodegroups }));
  const forgotten = states.filter((each) => !attached.some((group) => group.stored === each));
  return [...attached, ...forgotten.map(gone)];
}

/** `shop/web`, for people. */
export const placeOf = ({ cluster, name }: Pick<AttachedGroup, 'cluster' | 'name'>): string =>
  `${cluster ?? 'no cluster'}/${name}`;
