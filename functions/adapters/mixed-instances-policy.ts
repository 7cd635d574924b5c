import type {
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import type { LaunchOverride } from '../domain/mixed-instances.ts';
import type { TemplateVersion } from '../domain/node-group.ts';

const unread = (template: TemplateVersion) => ({ template, imageId: undefined, hasInstanceRequirements: false });

/** The version that a policy names by its number; undefined when it follows an alias. */
function numbered(specification: LaunchTemplateSpecification | undefined): TemplateVersion | undefined {
  const { LaunchTemplateId: id, Version = '$Default' } = specification ?? {};
  return id === undefined || Version.startsWith('$') ? undefined : { id, version: Number(Version) };
}

function translateOverride(override: LaunchTemplateOverrides): LaunchOverride | undefined {
  const { ImageId, WeightedCapacity = '1', InstanceRequirements, LaunchTemplateSpecification: own } = override;
  const template = numbered(own);
  if (own !== undefined && template === undefined) return undefined;
  return {
    imageId: ImageId,
    weight: Number(WeightedCapacity),
    hasInstanceRequirements: InstanceRequirements !== undefined,
    own: template && unread(template),
  };
}

/** What a policy launches from, before its templates are read; undefined when it names one otherwise than by number. */
export function translatePolicy({ LaunchTemplate }: MixedInstancesPolicy) {
  const template = numbered(LaunchTemplate?.LaunchTemplateSpecification);
  const overrides = (LaunchTemplate?.Overrides ?? []).map(translateOverride);
  if (template === undefined || overrides.includes(undefined)) return undefined;
  return { ...unread(template), overrides: overrides.filter((each) => each !== undefined) };
}

const specificationOf = ({ id, version }: TemplateVersion): LaunchTemplateSpecification => ({
  LaunchTemplateId: id,
  Version: String(version),
});

/**
 * The policy with other versions of its templates, and everything else as it is.
 *
 * @param others versions of the templates that overrides have for themselves; one that is not among them stays.
 */
export function withVersions(
  policy: MixedInstancesPolicy,
  launchTemplate: TemplateVersion,
  others: readonly TemplateVersion[] = [],
): MixedInstancesPolicy {
  const overrides = policy.LaunchTemplate?.Overrides?.map((override) => {
    const { LaunchTemplateId, Version } = override.LaunchTemplateSpecification ?? {};
    if (LaunchTemplateId === undefined) return override;
    const other = others.find(({ id }) => id === LaunchTemplateId);
    // Auto Scaling describes a template by id and name, and takes only one of the two.
    return { ...override, LaunchTemplateSpecification: other ? specificationOf(other) : { LaunchTemplateId, Version } };
  });
  return {
    ...policy,
    LaunchTemplate: {
      LaunchTemplateSpecification: specificationOf(launchTemplate),
      ...(overrides && { Overrides: overrides }),
    },
  };
}
