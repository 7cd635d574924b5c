/**
 * What EKS does where no source settles it. Each member is a switch that scenarios and tests turn both ways; the
 * default is the more awkward answer, unless said otherwise.
 */
export type EksBehaviour = {
  /** Whether a node group takes a launch template version with a lower number than its own. */
  readonly olderTemplateVersion: 'accept' | 'refuse';
  /** Whether UpdateNodegroupVersion checks the caller for what the launch template needs, as CreateNodegroup does. */
  readonly updateChecksLaunchRights: boolean;
  /**
   * Whether a node that is being replaced counts against `maxUnavailable` until its replacement is Ready. On by
   * default, because that is what the parameter's name promises; off, EKS only counts until the termination.
   */
  readonly replacementCountsAsUnavailable: boolean;
  /** Whether a failed update gives the Auto Scaling group its old sizes back. */
  readonly restoresSizeAfterFailure: boolean;
  /** From when on DescribeNodegroup names the new launch template version and AMI. */
  readonly describesNewVersionFrom: 'setup' | 'success';
  /** Whether a public parameter tells the version of Amazon's newest release, beside the one that tells its AMI. */
  readonly releaseVersionParameter: boolean;
  /** What an update to the release that a node group has already does with its nodes. */
  readonly sameRelease: 'replace' | 'nothing';
  /** Until a new access entry counts, in milliseconds: documented as eventually consistent, without a number. */
  readonly accessEntryDelay: readonly [number, number];
};

export const defaultEksBehaviour: EksBehaviour = {
  olderTemplateVersion: 'refuse',
  updateChecksLaunchRights: true,
  replacementCountsAsUnavailable: true,
  restoresSizeAfterFailure: false,
  describesNewVersionFrom: 'success',
  releaseVersionParameter: false,
  sameRelease: 'nothing',
  accessEntryDelay: [1000, 5000],
};

/** Time limits and waits that the documentation of managed node groups names. */
export const updateLimits = {
  /** Each new node must join within this time of the increase of the group. */
  joinMs: 15 * 60_000,
  /** All pods of a node must have left within this time. */
  evictionMs: 15 * 60_000,
  /** Between the last pod and the termination, so that load balancers stop sending. */
  settleMs: 60_000,
} as const;
