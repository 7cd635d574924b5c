import { timestamp } from '../objects.ts';
import { jobs, pods } from '../resources.ts';
import { isPodReady, isTerminating, type Job } from '../workload-objects.ts';
import { type ControllerOptions, createPod, isActive, runController, writeStatus } from './controller.ts';

/**
 * Jobs: pods until so many have succeeded, at most so many at once. Nothing fails inside containers here, so no back-off
 * is needed; a pod that is evicted is replaced. kubernetes.io/docs/concepts/workloads/controllers/job
 */
export function runJobs(options: ControllerOptions): void {
  runController(options, jobs, pods, (job) => {
    const own = options.storage.listOwned(pods, job.metadata.uid);
    const succeeded = own.filter(({ status }) => status.phase === 'Succeeded').length;
    const active = own.filter(isActive);
    const { completions = 1, parallelism = 1 } = job.spec;
    const room = Math.min(parallelism, completions - succeeded) - active.length;
    if (!isTerminating(job)) for (let missing = room; missing > 0; missing -= 1) createPod(options, job, labelsOf(job));
    writeStatus(options, jobs, job, {
      ...(succeeded >= completions ? complete(options, job) : {}),
      active: options.storage.listOwned(pods, job.metadata.uid).filter(isActive).length,
      ready: active.filter(isPodReady).length,
      succeeded,
      failed: own.filter(({ status }) => status.phase === 'Failed').length,
      startTime: job.status?.startTime ?? timestamp(options.kernel.clock.now()),
    });
  });
}

function labelsOf({ metadata: { name, uid } }: Job) {
  return {
    labels: {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    },
  };
}

function complete({ kernel }: ControllerOptions, { status }: Job) {
  const now = timestamp(kernel.clock.now());
  return {
    completionTime: status?.completionTime ?? now,
    conditions: status?.conditions ?? [
      { type: 'Complete', status: 'True', lastProbeTime: now, lastTransitionTime: now, reason: 'CompletionsReached' },
    ],
  };
}
