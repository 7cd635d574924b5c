import type { Kernel } from '../../kernel/kernel.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { updateLimits } from './behaviour.ts';

/** One node on its way out: its pods are evicted, and after the last one a minute passes. */
export type NodeDrain = {
  readonly nodeName: string;
  readonly startedAt: number;
  emptySince: number | undefined;
};

export type DrainProgress = 'evicting' | 'settling' | 'drained' | 'overdue';

/**
 * One look at a node that is being emptied. Every pod that may go is evicted within its budget; once the time is
 * over the answer is `overdue`, unless `force` takes what is left regardless of budgets.
 */
export function continueDrain(
  { clock }: Pick<Kernel, 'clock'>,
  { controlPlane }: Pick<Cluster, 'controlPlane'>,
  drain: NodeDrain,
  { force }: { readonly force: boolean },
): DrainProgress {
  const pods = controlPlane.podsToMove(drain.nodeName);
  if (pods.length === 0) {
    drain.emptySince ??= clock.now();
    return clock.now() - drain.emptySince >= updateLimits.settleMs ? 'drained' : 'settling';
  }
  drain.emptySince = undefined;
  const isOverdue = clock.now() - drain.startedAt >= updateLimits.evictionMs;
  if (isOverdue && !force) return 'overdue';
  for (const pod of pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)) {
    const { namespace = '', name } = pod.metadata;
    if (isOverdue) controlPlane.deletePod(pod);
    else controlPlane.evict({ namespace, name });
  }
  return 'evicting';
}
