import type { Kernel } from '../../kernel/kernel.ts';
import { pods } from '../resources.ts';
import type { Change, Storage } from '../storage.ts';
import type { Work } from '../work-queue.ts';
import { isPodReady, isTerminating, type Pod } from '../workload-objects.ts';
import type { WorkloadNames } from './workload-names.ts';

/**
 * Writes the life of every pod to the event log: created, scheduled, ready, unready, terminating, deleted. Of pods that
 * are put in place only `pod.ready` is written, with `settled`.
 */
export function logPods({
  kernel,
  cluster,
  storage,
  work,
  workloadOf,
}: {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly work: Work;
  readonly workloadOf: WorkloadNames;
}): void {
  storage.onChange((change) => {
    if (change.resource !== pods) return;
    const pod = change.object as Pod;
    const kinds = kindsOf(change).filter((kind) => kind === 'pod.ready' || !work.isSettling());
    if (kinds.length === 0) return;
    const { namespace, name, uid } = pod.metadata;
    const { nodeName: node } = pod.spec;
    const details = {
      ...{ cluster, namespace, pod: name, uid, workload: workloadOf(pod) },
      ...(node === undefined ? {} : { node }),
      ...(work.isSettling() ? { settled: true } : {}),
    };
    for (const kind of kinds) kernel.log.write(kind, details);
  });
}

const transitions: readonly (readonly [kind: string, holds: (pod: Pod) => boolean])[] = [
  ['pod.scheduled', ({ spec }) => spec.nodeName !== undefined],
  ['pod.ready', isPodReady],
  ['pod.unready', (pod) => !isPodReady(pod)],
  ['pod.terminating', isTerminating],
];

function kindsOf({ type, object, previous }: Change): string[] {
  if (type === 'DELETED') return ['pod.deleted'];
  const [now, before] = [object as Pod, previous as Pod | undefined];
  // A pod begins without being ready, which is no news.
  const held = (kind: string, holds: (pod: Pod) => boolean) =>
    before === undefined ? kind === 'pod.unready' : holds(before);
  const begun = transitions.filter(([kind, holds]) => holds(now) && !held(kind, holds)).map(([kind]) => kind);
  return before === undefined ? ['pod.created', ...begun] : begun;
}
