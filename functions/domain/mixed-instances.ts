import { type Reason, reason } from './errors.ts';
import type { TemplateVersion } from './node-group.ts';

/** A launch template version and the AMI in it, as both stand now. */
export type ReadTemplate = {
  readonly template: TemplateVersion;
  /** As it stands in the template; `resolve:ssm:...` is not resolved. Undefined when the version is gone or has none. */
  readonly imageId: string | undefined;
  /** Whether it chooses instance types by attributes. */
  readonly hasInstanceRequirements: boolean;
  /** Who made the version, as an ARN. */
  readonly createdBy?: string | undefined;
  /** Number of the template's newest version, which is also the most versions that it can have. */
  readonly newestVersion?: number | undefined;
  /** How many versions the template may still get; undefined when there are plenty. */
  readonly versionsLeft?: number | undefined;
};

/** One override of a mixed instances policy, as far as it says which AMI is launched and what an instance counts for. */
export type LaunchOverride = {
  /** An AMI of its own, which wins over that of any template. */
  readonly imageId: string | undefined;
  /** Units of capacity that one instance is. */
  readonly weight: number;
  readonly hasInstanceRequirements: boolean;
  /** A launch template of its own, instead of the group's. */
  readonly own: ReadTemplate | undefined;
};

/** The launch templates that overrides have for themselves, each once. */
export function ownTemplates(overrides: readonly LaunchOverride[] = []): ReadTemplate[] {
  const byId = new Map(overrides.flatMap(({ own }) => (own === undefined ? [] : [[own.template.id, own] as const])));
  return [...byId.values()];
}

const sameVersion = (a: TemplateVersion, b: TemplateVersion): boolean => a.id === b.id && a.version === b.version;

function weightProblem(name: string, { weight }: LaunchOverride): Reason | undefined {
  if (weight === 1) return undefined;
  return reason(
    'WeightedCapacity',
    `${name} counts an instance as ${weight} units of capacity, so that one instance may be the whole group and none ` +
      'can go ahead alone. Set every weight to 1 and the sizes to numbers of instances.',
  );
}

function amiProblem(name: string, imageId: string, { imageId: override, own }: LaunchOverride): Reason | undefined {
  if (override !== undefined) {
    return reason(
      'OverrideNamesAmi',
      `An override of ${name} names the AMI ${override}, which wins over the launch template. Take it out of the override.`,
    );
  }
  if (own === undefined || own.imageId === imageId) return undefined;
  if (own.imageId === undefined) {
    return reason(
      'LaunchTemplateMissing',
      `Version ${own.template.version} of ${own.template.id}, which an override of ${name} has, is gone or names no AMI. Restore it.`,
    );
  }
  return reason(
    'OverrideNamesAmi',
    `An override of ${name} launches ${own.imageId} by a launch template of its own, the group ${imageId}: what runs two ` +
      'AMIs could not go back to one. Give both the same AMI, or make two groups.',
  );
}

/** What forbids to roll a group by the overrides of its mixed instances policy. */
export function overridesProblem(
  name: string,
  imageId: string,
  overrides: readonly LaunchOverride[] = [],
): Reason | undefined {
  const own = overrides.flatMap((each) => each.own ?? []);
  const twice = own.find(({ template }) =>
    own.some((other) => other.template.id === template.id && !sameVersion(other.template, template)),
  );
  if (twice !== undefined) {
    return reason(
      'MixedInstancesPolicy',
      `Overrides of ${name} have different versions of ${twice.template.id}. Name the same version in all of them.`,
    );
  }
  for (const override of overrides) {
    const problem = weightProblem(name, override) ?? amiProblem(name, imageId, override);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Whether instance types are chosen by attributes in any override or its template. */
export const hasRequirements = (overrides: readonly LaunchOverride[] = []): boolean =>
  overrides.some(({ hasInstanceRequirements, own }) => hasInstanceRequirements || own?.hasInstanceRequirements);
