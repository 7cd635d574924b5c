import { type Reason, reason } from './errors.ts';
import { comparePatchLevels, type WindowsNode, whyNotWorking } from './node.ts';
import { type GroupInstance, isInService, isLeftAlone, isStandby } from './node-group.ts';

export type VerificationView = {
  readonly instances: readonly GroupInstance[];
  /** Those in the group's warm pool, and on their way into it or from there to their end. */
  readonly pool?: readonly GroupInstance[];
  readonly nodes: readonly WindowsNode[];
  readonly amiId: string;
  /** The lowest patch level before the rollout, if it was known. */
  readonly patchLevelBefore: string | undefined;
  /** Another group has proved the AMI, so that a group without nodes is fine. */
  readonly provedElsewhere?: boolean | undefined;
};

export type Verification =
  | { readonly verification: 'verified'; readonly patchLevel?: string; readonly leftAlone: readonly string[] }
  | { readonly verification: 'pending' | 'wrong'; readonly reason: Reason };

const pending = (cause: string): Verification => ({
  verification: 'pending',
  reason: reason('NodesNotVerified', cause),
});
const wrong = (cause: string): Verification => ({ verification: 'wrong', reason: reason('NodesNotVerified', cause) });

/** What keeps an instance of the group from counting as patched, or undefined when nothing does. */
function findFault(instance: GroupInstance, nodes: readonly WindowsNode[], amiId: string): Verification | undefined {
  const { instanceId, imageId, lifecycleState } = instance;
  if (!isInService(instance)) return pending(`Instance ${instanceId} is still ${lifecycleState}.`);
  if (imageId !== amiId) return wrong(`Instance ${instanceId} runs ${imageId}, not ${amiId}.`);
  const node = nodes.find((each) => each.instanceId === instanceId);
  if (node === undefined) return pending(`Instance ${instanceId} has no node.`);
  const why = whyNotWorking(node);
  return why === undefined ? undefined : pending(`Of instance ${instanceId}, ${why}.`);
}

function judgePatchLevels(levels: readonly string[], before: string | undefined): Verification | undefined {
  const [lowest, highest] = [levels[0], levels.at(-1)];
  if (lowest === undefined || highest === undefined) return wrong('The group has no node on the new AMI.');
  if (lowest !== highest) {
    return wrong(`Nodes of one AMI differ: the lowest patch level is ${lowest}, the highest ${highest}.`);
  }
  if (before !== undefined && comparePatchLevels(lowest, before) < 0) {
    return wrong(`The new AMI has patch level ${lowest}, which is below ${before} from before.`);
  }
  return undefined;
}

/**
 * Those of the pool that will come back. One on another AMI was put there by a scale-in that the refresh did not see: it
 * serves nobody, so it is named like those that a replacement leaves alone, and is no reason to go back.
 */
function judgePool(pool: readonly GroupInstance[], amiId: string) {
  const staying = pool.filter(({ lifecycleState }) => !/^Warmed:Terminat/.test(lifecycleState));
  const coming = staying.find(({ imageId, lifecycleState }) => imageId === amiId && /:Pending/.test(lifecycleState));
  return {
    outdated: staying.filter(({ imageId }) => imageId !== amiId).map(({ instanceId }) => instanceId),
    fault: coming && pending(`Instance ${coming.instanceId} is still ${coming.lifecycleState}.`),
  };
}

/**
 * Whether every node of the group is a working node of the target AMI. Instances of a warm pool are no nodes: their AMI is
 * all that can be told of them.
 *
 * `pending` may become true by waiting, `wrong` cannot. Instances that a replacement leaves alone are no fault of the
 * rollout, but they are named, because the group is then only partly patched.
 */
export function verifyNodes({ pool = [], ...view }: VerificationView): Verification {
  const { outdated, fault } = judgePool(pool, view.amiId);
  const judged = verifyMembers(view);
  if (judged.verification !== 'verified') return judged;
  return fault ?? { ...judged, leftAlone: [...judged.leftAlone, ...outdated] };
}

function verifyMembers({ provedElsewhere, ...view }: Omit<VerificationView, 'pool'>): Verification {
  const { instances, nodes, amiId, patchLevelBefore } = view;
  if (provedElsewhere && instances.length === 0) return { verification: 'verified', leftAlone: [] };
  const isExcused = (each: GroupInstance) => isLeftAlone(each) && each.imageId !== amiId;
  const leftAlone = instances.filter(isExcused).map(({ instanceId }) => instanceId);
  const judged = instances.filter((each) => !isExcused(each) && !isStandby(each));

  const faults = judged.flatMap((each) => findFault(each, nodes, amiId) ?? []);
  const worst = faults.find(({ verification }) => verification === 'wrong') ?? faults[0];
  if (worst !== undefined) return worst;

  const ids = new Set(judged.map(({ instanceId }) => instanceId));
  const levels = nodes
    .filter(({ instanceId }) => instanceId !== undefined && ids.has(instanceId))
    .map(({ patchLevel }) => patchLevel)
    .toSorted(comparePatchLevels);
  return (
    judgePatchLevels(levels, patchLevelBefore) ?? { verification: 'verified', patchLevel: levels[0] ?? '', leftAlone }
  );
}
