import type { V1Pod } from '@kubernetes/client-node';
import type { LeavingPod } from '../domain/leaving-pods.ts';

/** What says of a pod whether a drain has to move it. */
export function podTraits({
  metadata,
  status,
}: Pick<V1Pod, 'metadata' | 'status'>): Pick<LeavingPod, 'controller' | 'isMirror' | 'isFinished'> {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  return {
    controller: owner && { kind: owner.kind, name: owner.name },
    isMirror: metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined,
    isFinished: status?.phase === 'Succeeded' || status?.phase === 'Failed',
  };
}
