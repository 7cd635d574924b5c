/** How long things take inside a cluster, in milliseconds; a pair is a range. None of them is a promise of anybody. */
export type ClusterTimings = {
  /** Between a change and the reaction of a controller that watches for it. */
  readonly controllerDelay: number;
  /** From registration to the cloud node controller's labels. */
  readonly cloudInitialization: readonly [number, number];
  /** From the instance's shut-down to the last heartbeat of its kubelet. */
  readonly kubeletStop: readonly [number, number];
  /** Without a heartbeat for this long a node becomes Unknown (`--node-monitor-grace-period`, 50 s from 1.32). */
  readonly nodeMonitorGrace: number;
  /** How often the cloud node controller asks whether the instances of nodes that are not Ready still exist. */
  readonly cloudNodeMonitor: number;
  /** From the moment a pod has a node and its container image is there to Ready. */
  readonly podStart: readonly [number, number];
  readonly imagePull: readonly [number, number];
  /** From the claim, or from its first pod's node, to the volume. */
  readonly volumeProvision: readonly [number, number];
  readonly volumeAttach: readonly [number, number];
  /** From the end of the last container that had the volume to the end of its attachment. */
  readonly volumeDetach: readonly [number, number];
  /** A volume that is still mounted on a node in trouble is detached all the same after so long. */
  readonly forcedDetach: number;
  /** From SIGTERM, or its like on Windows, to the end of the containers; never longer than the grace period. */
  readonly podStop: readonly [number, number];
  /** How often pods of nodes that no longer exist are removed. */
  readonly podGarbageCollection: number;
};

export const defaultClusterTimings: ClusterTimings = {
  controllerDelay: 100,
  cloudInitialization: [1000, 4000],
  kubeletStop: [2000, 8000],
  nodeMonitorGrace: 50_000,
  cloudNodeMonitor: 5000,
  podStart: [3000, 12_000],
  imagePull: [30_000, 150_000],
  volumeProvision: [2000, 5000],
  volumeAttach: [3000, 10_000],
  volumeDetach: [5000, 15_000],
  forcedDetach: 6 * 60_000,
  podStop: [1000, 10_000],
  podGarbageCollection: 20_000,
};
