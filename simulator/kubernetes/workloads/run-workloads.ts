import type { Kubelets } from '../kubelets.ts';
import { runPods } from '../pod-runner.ts';
import type { ContainerProgram } from '../pods/container-programs.ts';
import { createGuestBehaviour } from '../pods/guest-behaviour.ts';
import { createImageStore } from '../pods/image-store.ts';
import { watchLostPods } from '../pods/lost-pods.ts';
import { runStaticPods } from '../pods/static-pods.ts';
import { runAttachments } from '../volumes/attachments.ts';
import { runVolumeBinder } from '../volumes/binder.ts';
import { createMounts } from '../volumes/mounts.ts';
import type { ControllerOptions } from './controller.ts';
import { runDaemonSets } from './daemon-sets.ts';
import { runDeployments } from './deployments.ts';
import type { Guests } from './guests.ts';
import { runJobs } from './jobs.ts';
import { logPods } from './pod-log.ts';
import { runReplicaSets } from './replica-sets.ts';
import { runStatefulSets } from './stateful-sets.ts';
import { createWorkloadNames } from './workload-names.ts';

type Options = ControllerOptions & { readonly kubelets: Kubelets };

/** Everything that keeps pods and their volumes going: controllers, kubelets, and the log of what they do. */
export function runWorkloads(
  options: Options,
  { guests, programs }: { readonly guests: Guests; readonly programs: readonly ContainerProgram[] },
): void {
  const { kernel, cluster, storage, timings } = options;
  const { containers = [], containerImages = [] } = guests;
  const workloadOf = createWorkloadNames(storage);
  const mounts = createMounts();
  const images = createImageStore({
    ...{ storage, now: kernel.clock.now, images: containerImages },
    usualPull: (nodeName, image) => kernel.random.between(...timings.imagePull, 'image pull', cluster, nodeName, image),
    draw: ([low, high], nodeName, image) =>
      1000 * kernel.random.between(low, high, 'image pull', cluster, nodeName, image),
  });
  logPods({ ...options, workloadOf });
  for (const run of [runReplicaSets, runDeployments, runStatefulSets, runDaemonSets, runJobs, runVolumeBinder]) {
    run(options);
  }
  const attachments = runAttachments(options, mounts);
  const behaviour = createGuestBehaviour({ kernel, cluster, timings, workloadOf, containers, programs });
  runPods({ ...options, guests: behaviour, images, mounts, attachments });
  runStaticPods(options);
  watchLostPods(options);
}
