/**
 * The condition keys that the account fills in. A policy that tests any other key is refused when it is made:
 * a condition that can never hold would turn a Deny into nothing without a word.
 *
 * Meaning: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and the pages
 * of the Service Authorization Reference.
 */
const singleKeys = [
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:PrincipalIsAWSService',
  'aws:PrincipalServiceName',
  'aws:PrincipalType',
  'aws:RequestedRegion',
  'aws:ResourceAccount',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  'autoscaling:ImageId',
  'autoscaling:LaunchTemplateVersionSpecified',
  'autoscaling:MaxSize',
  'autoscaling:MinSize',
  'cloudwatch:namespace',
  'ec2:CreateAction',
  'ec2:InstanceProfile',
  'ec2:InstanceType',
  'ec2:IsLaunchTemplateResource',
  'ec2:LaunchTemplate',
  'iam:AssociatedResourceArn',
  'iam:PassedToService',
  'kms:CallerAccount',
  'kms:ViaService',
  's3:delimiter',
  's3:max-keys',
  's3:prefix',
  's3:x-amz-server-side-encryption',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  'states:StateMachineQualifier',
  'sts:ExternalId',
  'sts:RoleSessionName',
];
const taggedKeys = [
  'aws:PrincipalTag/',
  'aws:RequestTag/',
  'aws:ResourceTag/',
  'autoscaling:ResourceTag/',
  'ec2:ResourceTag/',
  'iam:ResourceTag/',
  'kms:EncryptionContext:',
];
const multiKeys = ['aws:TagKeys', 'events:detail-type', 'events:source'];

const lower = (keys: readonly string[]) => new Set(keys.map((key) => key.toLowerCase()));
const single = lower(singleKeys);
const multi = lower(multiKeys);

/** `single` or `multi` valued; undefined for a key that the account never fills in. Case does not matter. */
export function kindOfConditionKey(key: string): 'single' | 'multi' | undefined {
  const name = key.toLowerCase();
  if (multi.has(name)) return 'multi';
  const isTagged = taggedKeys.some((prefix) => name.startsWith(prefix.toLowerCase()) && name.length > prefix.length);
  return single.has(name) || isTagged ? 'single' : undefined;
}
