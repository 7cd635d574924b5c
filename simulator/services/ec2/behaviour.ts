/**
 * What EC2 does where no source settles it. Each member is a switch that scenarios and tests turn both ways;
 * the default is the more awkward answer, unless said otherwise.
 */
export type Ec2Behaviour = {
  /**
   * How long a new launch template version stays unknown to everybody, in milliseconds. EC2 is eventually
   * consistent, but no number is published; the default is 0.
   */
  readonly launchTemplateVisibleAfter: number;
  /** How long a client token is remembered. Not documented for EC2; 24 hours is commonly assumed. */
  readonly clientTokenRetention: number;
  /** Whether `SourceVersion` may be `$Latest` or `$Default`; the API reference only speaks of a version number. */
  readonly sourceVersionAliases: 'accept' | 'refuse';
  /** Whether a version that names a missing AMI comes with a `Warning`. It is created in any case. */
  readonly warnAboutMissingImages: boolean;
  /** How long a terminated instance can still be described: "a short time", about an hour. */
  readonly terminatedVisibleFor: number;
  /** How long a deregistered AMI is silently missing before naming it becomes an error. */
  readonly deregisteredSilentFor: number;
};

const HOUR = 3_600_000;

export const defaultEc2Behaviour: Ec2Behaviour = {
  launchTemplateVisibleAfter: 0,
  clientTokenRetention: 24 * HOUR,
  sourceVersionAliases: 'refuse',
  warnAboutMissingImages: true,
  terminatedVisibleFor: HOUR,
  deregisteredSilentFor: HOUR,
};
