import type {
  InstanceRequirements,
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import { ServiceError } from '../../kernel/service.ts';
import type { Ec2 } from '../ec2/ec2.ts';
import type { LaunchRequest } from '../ec2/launching.ts';
import { validationError } from './errors.ts';
import { matchingInstanceTypes } from './instance-types.ts';

/** A launch template as a group keeps it: `version` is a number, `$Latest` or `$Default`, as it was given. */
export type SavedTemplate = { readonly id: string; readonly name: string; readonly version: string };

/** What a group launches: its own configuration, or the desired one of a refresh. */
export type LaunchSource =
  | { readonly kind: 'template'; readonly template: SavedTemplate }
  | {
      readonly kind: 'mixed';
      readonly template: SavedTemplate;
      readonly overrides: readonly Override[];
      readonly policy: MixedInstancesPolicy;
    }
  | {
      readonly kind: 'launch-configuration';
      readonly name: string;
      readonly imageId: string;
      readonly instanceType: string;
    };

export type Override = {
  readonly instanceType?: string | undefined;
  readonly imageId?: string | undefined;
  readonly template?: SavedTemplate | undefined;
  /** How many units of the group's capacity one instance is; one when it is not given. */
  readonly weight?: number | undefined;
  readonly requirements?: InstanceRequirements | undefined;
};

/** One way to launch an instance; what is missing comes from the template. */
export type LaunchOption = {
  readonly template?: SavedTemplate | undefined;
  readonly launchConfigurationName?: string | undefined;
  readonly instanceType?: string | undefined;
  readonly imageId?: string | undefined;
  readonly weight?: number | undefined;
};

export type SourceInput = {
  readonly LaunchTemplate?: LaunchTemplateSpecification | undefined;
  readonly MixedInstancesPolicy?: MixedInstancesPolicy | undefined;
};

/** @throws ServiceError when a template or version does not exist, or the policy has parts that are not simulated. */
export function launchSourceOf(ec2: Ec2, input: SourceInput): LaunchSource {
  const { LaunchTemplate, MixedInstancesPolicy: policy } = input;
  if ((LaunchTemplate === undefined) === (policy === undefined)) {
    throw validationError('Valid requests must contain either LaunchTemplate or MixedInstancesPolicy parameter.');
  }
  if (LaunchTemplate !== undefined) return { kind: 'template', template: savedTemplate(ec2, LaunchTemplate) };
  const specification = policy?.LaunchTemplate?.LaunchTemplateSpecification;
  if (policy === undefined || specification === undefined) {
    throw validationError('The mixed instances policy must have a launch template.');
  }
  const template = savedTemplate(ec2, specification);
  refuseMarketOptions(ec2, template);
  const overrides = (policy.LaunchTemplate?.Overrides ?? []).map((override) => overrideOf(ec2, override));
  return { kind: 'mixed', template, overrides, policy };
}

/** Every way that the source offers, in the order in which a launch tries them. */
export function launchOptions(ec2: Ec2, source: LaunchSource): readonly LaunchOption[] {
  if (source.kind === 'launch-configuration') {
    const { name, imageId, instanceType } = source;
    return [{ launchConfigurationName: name, imageId, instanceType }];
  }
  const overrides = source.kind === 'mixed' && source.overrides.length > 0 ? source.overrides : [{}];
  return overrides.flatMap(({ requirements, ...override }: Override) => {
    const option = { ...override, template: override.template ?? source.template };
    const wanted =
      requirements ?? (option.instanceType === undefined ? requirementsIn(ec2, option.template) : undefined);
    return wanted === undefined
      ? [option]
      : matchingInstanceTypes(wanted).map((instanceType) => ({ ...option, instanceType }));
  });
}

/** What the template itself demands of instance types; nothing when the version is gone. */
function requirementsIn(ec2: Ec2, { id, version }: SavedTemplate) {
  return unlessMissing(() => ec2.launchTemplate({ LaunchTemplateId: id }, version).data.InstanceRequirements);
}

/** Whether instance types are chosen by attributes anywhere in the source. */
export function choosesByAttributes(ec2: Ec2, source: LaunchSource): boolean {
  if (source.kind === 'launch-configuration') return false;
  const overrides = source.kind === 'mixed' ? source.overrides : [];
  const templates = [source.template, ...overrides.flatMap(({ template }) => template ?? [])];
  return (
    overrides.some(({ requirements }) => requirements !== undefined) ||
    templates.some((template) => requirementsIn(ec2, template) !== undefined)
  );
}

/** Whether an instance may be worth more than one unit of the group's capacity. */
export function hasWeights(source: LaunchSource): boolean {
  return source.kind === 'mixed' && source.overrides.some(({ weight = 1 }) => weight !== 1);
}

/** What EC2 is asked for, but for the place and the tags. */
export function launchRequest({ template, imageId, instanceType }: LaunchOption): Partial<LaunchRequest> {
  return {
    ...(template && { launchTemplate: { id: template.id, version: template.version } }),
    ...(imageId !== undefined && { imageId }),
    ...(instanceType !== undefined && { instanceType }),
  };
}

export type Launched = {
  readonly instanceType: string;
  readonly imageId: string;
  readonly launchConfigurationName?: string | undefined;
  readonly template?: SavedTemplate | undefined;
};

/** Launched from this source as it stands now: `$Latest` and `$Default` are looked up at every question. */
export function matchesSource(ec2: Ec2, source: LaunchSource, instance: Launched): boolean {
  return launchOptions(ec2, source).some((option) => {
    if (option.launchConfigurationName !== undefined) {
      return instance.launchConfigurationName === option.launchConfigurationName;
    }
    const isOverridden =
      (option.instanceType ?? instance.instanceType) === instance.instanceType &&
      (option.imageId ?? instance.imageId) === instance.imageId;
    return isOverridden && isFromTemplate(ec2, option, instance);
  });
}

function isFromTemplate(ec2: Ec2, { template }: LaunchOption, instance: Launched): boolean {
  if (template === undefined || instance.template?.id !== template.id) return false;
  if (!template.version.startsWith('$')) return instance.template.version === template.version;
  const { version } = ec2.launchTemplate({ LaunchTemplateId: template.id }, template.version);
  return instance.template.version === `${version}`;
}

/** Why a refresh of a group that has this saved source cannot be rolled back; undefined when it can. */
export function irreversibleBecause(ec2: Ec2, source: LaunchSource): string | undefined {
  const templates = launchOptions(ec2, source).flatMap(({ template }) => (template ? [template] : []));
  if (templates.some(({ version }) => version.startsWith('$'))) {
    return 'the Auto Scaling group uses the $Latest or $Default version of its launch template';
  }
  const images = templates.map((template) => savedImage(ec2, template));
  if (images.includes(undefined)) return 'the saved version of the launch template does not exist any more';
  return images.some((imageId) => imageId?.startsWith('resolve:ssm:'))
    ? "the Auto Scaling group's launch template uses an AWS Systems Manager parameter instead of an AMI ID"
    : undefined;
}

/** The image that a saved version names, empty if none; undefined when the version has been deleted. */
function savedImage(ec2: Ec2, { id, version }: SavedTemplate): string | undefined {
  return unlessMissing(() => ec2.launchTemplate({ LaunchTemplateId: id }, version).data.ImageId ?? '');
}

function unlessMissing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

/** The members of a group, or of a desired configuration, that describe the source. */
export function describeSource(source: LaunchSource): SourceInput & { readonly LaunchConfigurationName?: string } {
  if (source.kind === 'launch-configuration') return { LaunchConfigurationName: source.name };
  if (source.kind === 'template') return { LaunchTemplate: describeTemplate(source.template) };
  const { LaunchTemplate, ...policy } = source.policy;
  const specification = { LaunchTemplateSpecification: describeTemplate(source.template) };
  return { MixedInstancesPolicy: { ...policy, LaunchTemplate: { ...LaunchTemplate, ...specification } } };
}

export function describeTemplate({ id, name, version }: SavedTemplate): LaunchTemplateSpecification {
  return { LaunchTemplateId: id, LaunchTemplateName: name, Version: version };
}

/** A policy has its own way to ask for Spot Instances (User Guide, "Troubleshoot: launch template"). */
function refuseMarketOptions(ec2: Ec2, { id, version }: SavedTemplate): void {
  if (ec2.launchTemplate({ LaunchTemplateId: id }, version).data.InstanceMarketOptions === undefined) return;
  throw validationError(
    'Incompatible launch template: You cannot use a launch template that is set to request Spot Instances (InstanceMarketOptions) when you configure an Auto Scaling group with a mixed instances policy. Add a different launch template to the group and try again.',
  );
}

/** Auto Scaling takes EC2's words for a missing template or version, under a code of its own. */
function savedTemplate(ec2: Ec2, specification: LaunchTemplateSpecification): SavedTemplate {
  const { Version: version = '$Default' } = specification;
  try {
    const { id, name } = ec2.launchTemplate(specification, version);
    return { id, name, version };
  } catch (error) {
    if (error instanceof ServiceError) throw validationError(error.message);
    throw error;
  }
}

function overrideOf(ec2: Ec2, override: LaunchTemplateOverrides): Override {
  const { InstanceType, ImageId, LaunchTemplateSpecification: specification, InstanceRequirements } = override;
  if (InstanceType !== undefined && InstanceRequirements !== undefined) {
    throw validationError('An override must not have both InstanceType and InstanceRequirements.');
  }
  return {
    weight: weightOf(override),
    requirements: InstanceRequirements,
    instanceType: InstanceType,
    imageId: ImageId,
    template: specification === undefined ? undefined : savedTemplate(ec2, specification),
  };
}

/** 1 to 999, by the documentation of LaunchTemplateOverrides. */
function weightOf({ WeightedCapacity: given }: LaunchTemplateOverrides): number | undefined {
  if (given === undefined) return undefined;
  const weight = Number(given);
  if (!(Number.isInteger(weight) && 1 <= weight && weight <= 999)) {
    throw validationError(`WeightedCapacity must be a whole number from 1 to 999, not ${given}.`);
  }
  return weight;
}
