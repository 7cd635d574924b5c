import type { Identity } from '../kernel/kernel.ts';
import type { Permission } from '../kernel/service.ts';
import { acceptsOnlyEverything } from './resource-level.ts';

/**
 * What a call demands beyond its own name, as pure functions for the `needs` of operations.
 *
 * Sources:
 * - Service Authorization Reference (`resource-types.ts` has the page of each service): resource types,
 *   condition keys, dependent actions.
 * - Auto Scaling with launch templates: the caller is checked for `ec2:RunInstances` on everything the template
 *   names, `ec2:CreateTags` when it tags, `iam:PassRole` on the instance profile's role:
 *   https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html and
 *   aws-samples/ec2-auto-scaling-instance-refresh-sample#7; refused as AccessDenied "You are not authorized to
 *   use launch template": terraform-aws-modules/terraform-aws-eks#822.
 * - EKS answers the same lack as InvalidRequestException, seen at CreateNodegroup (aws-samples/terraform-eks-code#13).
 * - HeadObject needs `s3:GetObject`, and `s3:ListBucket` to be told 404 instead of 403:
 *   https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 * - SNS and S3 with a customer managed key act on the key as the caller:
 *   https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
 *   https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export type Tags = Readonly<Record<string, string>>;
export type Target = { readonly arn: string; readonly tags?: Tags };
export type ConditionContext = NonNullable<Permission['context']>;

/** The service's own spelling of `aws:ResourceTag`, where it has one besides the global key. */
const ownResourceTag: Readonly<Record<string, string>> = {
  autoscaling: 'autoscaling:ResourceTag/',
  ec2: 'ec2:ResourceTag/',
  iam: 'iam:ResourceTag/',
};

/** The right to an action on one resource, with the resource's tags under the keys that policies can test. */
export function onResource(action: string, target: Target | string, context: ConditionContext = {}): Permission {
  const { arn, tags = {} } = typeof target === 'string' ? { arn: target } : target;
  return { action, resource: arn, context: { ...resourceTagContext(action, tags), ...context } };
}

/** The right to an action that takes no resource, such as `ec2:DescribeImages`. Throws if AWS lets policies name one. */
export function onEverything(action: string, context: ConditionContext = {}): Permission {
  if (!acceptsOnlyEverything(action)) throw new Error(`${action} takes resources; name the one that is touched.`);
  return { action, resource: '*', context };
}

/** Condition keys of the tags that a request carries. */
export function requestTagContext(tags: Tags): ConditionContext {
  const keys = Object.keys(tags);
  const values = keys.map((key) => [`aws:RequestTag/${key}`, tags[key] ?? ''] as const);
  return keys.length === 0 ? {} : { ...Object.fromEntries(values), 'aws:TagKeys': keys };
}

function resourceTagContext(action: string, tags: Tags): ConditionContext {
  const own = ownResourceTag[action.split(':')[0] ?? ''];
  const prefixes = own === undefined ? ['aws:ResourceTag/'] : ['aws:ResourceTag/', own];
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => prefixes.map((prefix) => [`${prefix}${key}`, value])),
  );
}

/** What `ec2:RunInstances` would touch: a template's data after the group's own settings are laid over it. */
export type LaunchTemplateUse = {
  readonly template: Target & { readonly launchTemplateId: string };
  readonly imageId: string;
  readonly imageTags?: Tags;
  readonly instanceType?: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly keyName?: string;
  /** The role inside the instance profile that the template names. */
  readonly instanceRoleArn?: string;
  readonly instanceProfileArn?: string;
  /** The template's tag specifications by resource type. */
  readonly tagSpecifications?: Readonly<Partial<Record<'instance' | 'volume' | 'network-interface', Tags>>>;
};

type Refusal = NonNullable<Permission['refusal']>;

/** Rights that Auto Scaling checks when a call makes a group or a refresh use a launch template. */
export function useLaunchTemplate(identity: Identity, use: LaunchTemplateUse): readonly Permission[] {
  return launchRights(identity, use, {
    code: 'AccessDenied',
    message: `You are not authorized to use launch template: ${use.template.launchTemplateId}`,
  });
}

/**
 * Rights that EKS checks when a node group moves to a custom launch template. Confirmed for CreateNodegroup only;
 * whether UpdateNodegroupVersion checks them too is not, so its caller has a switch for asking.
 */
export function useLaunchTemplateInNodegroup(identity: Identity, use: LaunchTemplateUse): readonly Permission[] {
  return launchRights(identity, use, {
    code: 'InvalidRequestException',
    message: 'You are not authorized to launch instances with this launch template.',
  });
}

function launchRights(identity: Identity, use: LaunchTemplateUse, refusal: Refusal): readonly Permission[] {
  const rights = [
    ...runInstances(identity, use),
    ...tagOnLaunch(identity, use),
    ...(use.instanceRoleArn === undefined ? [] : [passRole(use.instanceRoleArn, 'ec2.amazonaws.com')]),
  ];
  return rights.map((right) => ({ ...right, refusal }));
}

function runInstances(identity: Identity, use: LaunchTemplateUse): Permission[] {
  const arn = ec2Arn(identity);
  const fromTemplate = { 'ec2:LaunchTemplate': use.template.arn, 'ec2:IsLaunchTemplateResource': 'true' };
  const instance = {
    ...fromTemplate,
    ...(use.instanceType === undefined ? {} : { 'ec2:InstanceType': use.instanceType }),
    ...(use.instanceProfileArn === undefined ? {} : { 'ec2:InstanceProfile': use.instanceProfileArn }),
  };
  const created = (type: 'instance' | 'volume' | 'network-interface') =>
    onResource('ec2:RunInstances', arn(type, '*'), {
      ...(type === 'instance' ? instance : fromTemplate),
      ...requestTagContext(use.tagSpecifications?.[type] ?? {}),
    });
  const existing = (target: Target | string) => onResource('ec2:RunInstances', target, fromTemplate);

  return [
    existing(use.template),
    created('instance'),
    existing({
      arn: `arn:${identity.partition}:ec2:${identity.region}::image/${use.imageId}`,
      ...(use.imageTags === undefined ? {} : { tags: use.imageTags }),
    }),
    created('network-interface'),
    created('volume'),
    ...use.subnetIds.map((subnetId) => existing(arn('subnet', subnetId))),
    ...use.securityGroupIds.map((groupId) => existing(arn('security-group', groupId))),
    ...(use.keyName === undefined ? [] : [existing(arn('key-pair', use.keyName))]),
  ];
}

function tagOnLaunch(identity: Identity, { tagSpecifications = {} }: LaunchTemplateUse): Permission[] {
  return Object.entries(tagSpecifications)
    .filter(([, tags]) => Object.keys(tags).length > 0)
    .map(([type, tags]) =>
      onResource('ec2:CreateTags', ec2Arn(identity)(type, '*'), {
        'ec2:CreateAction': 'RunInstances',
        ...requestTagContext(tags),
      }),
    );
}

const ec2Arn =
  ({ partition, region, accountId }: Identity) =>
  (type: string, resourceId: string) =>
    `arn:${partition}:ec2:${region}:${accountId}:${type}/${resourceId}`;

/** `iam:PassRole`: handing a role to a service, such as `ec2.amazonaws.com`. */
export function passRole(roleArn: string, passedTo: string): Permission {
  return onResource('iam:PassRole', roleArn, { 'iam:PassedToService': passedTo });
}

/** GetObject and HeadObject. */
export function readObject(bucket: string, key: string): Permission {
  return onResource('s3:GetObject', `arn:aws:s3:::${bucket}/${key}`);
}

/** What decides whether a caller is told that an object is missing (404) or only that it may not look (403). */
export function learnOfMissingObject(bucket: string): Permission {
  return onResource('s3:ListBucket', `arn:aws:s3:::${bucket}`);
}

/** Writing with a customer managed key: the service calls KMS with the caller's rights. */
export function writeWithKey(identity: Identity, service: 's3' | 'sns' | 'sqs', keyArn: string): readonly Permission[] {
  const context = keyContext(identity, service);
  const decrypt = onResource('kms:Decrypt', keyArn, context);
  const generate = onResource('kms:GenerateDataKey', keyArn, context);
  return service === 's3' ? [generate] : [generate, decrypt];
}

/** Reading what is encrypted with a customer managed key. */
export function readWithKey(identity: Identity, service: 's3' | 'sqs', keyArn: string): readonly Permission[] {
  return [onResource('kms:Decrypt', keyArn, keyContext(identity, service))];
}

function keyContext({ region, accountId }: Identity, service: string): ConditionContext {
  return { 'kms:ViaService': `${service}.${region}.amazonaws.com`, 'kms:CallerAccount': accountId };
}
