/** Seconds, at least and at most. */
export type SecondsRange = readonly [number, number];

/** What happens inside the containers of a workload, which no manifest says. */
export type ContainerBehaviour = {
  /** `<namespace>/<kind>/<name>`, such as `store/Deployment/web`; a pod without a controller is a `Pod`. */
  readonly workload: string;
  /** From the presence of the container images to Ready. */
  readonly startSeconds?: SecondsRange | undefined;
  /** From SIGTERM, or its like on Windows, to the end; never beyond the grace period. */
  readonly stopSeconds?: SecondsRange | undefined;
  /**
   * `ignored`: the containers live until their grace period is over. `never`: they cannot be ended at all, and the pod
   * stays Terminating until its machine ends.
   */
  readonly stop?: 'ignored' | 'never' | undefined;
  /** Of pods that are not restarted: after so long they have succeeded. */
  readonly runSeconds?: SecondsRange | undefined;
};

/** A container image in a registry. */
export type ContainerImage = {
  readonly image: string;
  readonly pullSeconds?: SecondsRange | undefined;
  readonly sizeBytes?: number | undefined;
};

/** What is inside the containers of a cluster. */
export type Guests = {
  readonly containers?: readonly ContainerBehaviour[];
  readonly containerImages?: readonly ContainerImage[];
};
