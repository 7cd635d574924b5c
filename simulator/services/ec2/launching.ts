import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import { ServiceError } from '../../kernel/service.ts';
import type { Images } from './images.ts';
import type { Machine } from './instances.ts';
import { asksForSpot, instanceTagsOf } from './launch-template-data.ts';
import type { LaunchTemplates } from './launch-templates.ts';
import { type Subnets, subnetNotFound } from './subnets.ts';
import type { Tags } from './tags.ts';

/** What a caller inside the account asks for; a template's parameters are the ones that are not given. */
export type LaunchRequest = {
  readonly clientToken: string;
  readonly launchTemplate?: { readonly id: string; readonly version: string };
  readonly imageId?: string;
  readonly instanceType?: string;
  readonly subnetId: string;
  readonly tags?: Tags;
  readonly runningSince?: Date;
  /** A Spot Instance, whatever the template says. */
  readonly spot?: boolean;
};

export type LaunchSurroundings = {
  readonly templates: LaunchTemplates;
  readonly images: Images;
  readonly subnets: Subnets;
  /** The value of a public or own SSM parameter; undefined when there is none. */
  readonly ssmParameter: (name: string) => string | undefined;
  /** Whether an instance profile, by name or ARN, exists. */
  readonly hasInstanceProfile: (nameOrArn: string) => boolean;
};

/**
 * Everything that RunInstances would check before it looks for capacity.
 *
 * @throws ServiceError with the code and the words of RunInstances.
 */
export function resolveLaunch(request: LaunchRequest, surroundings: LaunchSurroundings): Machine {
  const { images, subnets } = surroundings;
  const template = resolveTemplate(request, surroundings);
  const data = template?.data ?? {};
  const imageId = resolveImageId(request.imageId ?? data.ImageId, surroundings);
  const instanceType = request.instanceType ?? data.InstanceType;
  if (instanceType === undefined) throw missing('InstanceType');
  images.launchable(imageId);
  if (subnets.get(request.subnetId) === undefined) throw subnetNotFound(request.subnetId);
  return {
    clientToken: request.clientToken,
    imageId,
    instanceType,
    subnetId: request.subnetId,
    instanceProfile: profileOf(data, surroundings),
    tags: { ...instanceTagsOf(data), ...request.tags, ...template?.tags },
    ...(template && { launchTemplate: { id: template.id, version: template.version } }),
    ...(request.runningSince && { runningSince: request.runningSince }),
    ...((request.spot === true || asksForSpot(data)) && { lifecycle: 'spot' as const }),
  };
}

/** The version that the request names, and the tags by which EC2 marks what was launched from it. */
function resolveTemplate({ launchTemplate }: LaunchRequest, { templates }: LaunchSurroundings) {
  if (launchTemplate === undefined) return undefined;
  const template = templates.find({ LaunchTemplateId: launchTemplate.id });
  const { number, data } = templates.version(template, launchTemplate.version);
  const { id } = template;
  const tags = { 'aws:ec2launchtemplate:id': id, 'aws:ec2launchtemplate:version': `${number}` };
  return { id, version: number, data, tags };
}

/** `resolve:ssm:<name>` is looked up at every launch. */
function resolveImageId(imageId: string | undefined, { ssmParameter }: LaunchSurroundings): string {
  if (imageId === undefined) throw missing('ImageId');
  if (!imageId.startsWith('resolve:ssm:')) return imageId;
  const name = imageId.slice('resolve:ssm:'.length);
  const value = ssmParameter(name);
  if (value === undefined) {
    throw new ServiceError('InvalidParameterValue', `The SSM parameter '${name}' does not exist.`);
  }
  return value;
}

function profileOf(
  { IamInstanceProfile }: RequestLaunchTemplateData,
  { hasInstanceProfile }: LaunchSurroundings,
): string | undefined {
  const profile = IamInstanceProfile?.Arn ?? IamInstanceProfile?.Name;
  if (profile !== undefined && !hasInstanceProfile(profile)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Value (${profile}) for parameter iamInstanceProfile is invalid. Invalid IAM Instance Profile`,
    );
  }
  return profile;
}

function missing(parameter: string): ServiceError {
  return new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}`);
}
