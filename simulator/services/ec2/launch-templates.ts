import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Ec2Behaviour } from './behaviour.ts';
import type { Tags } from './tags.ts';

export type LaunchTemplateVersion = {
  readonly number: number;
  readonly description?: string;
  readonly data: RequestLaunchTemplateData;
  readonly createdAt: number;
  readonly createdBy: string;
};

export type LaunchTemplate = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly createdBy: string;
  defaultVersion: number;
  /** Also counts deleted versions: numbers are never used twice. */
  lastNumber: number;
  tags: Tags;
  readonly versions: Map<number, LaunchTemplateVersion>;
};

/** A template by id or by name; exactly one of the two. */
export type TemplateReference = {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
};

export type NewVersion = {
  readonly data: RequestLaunchTemplateData;
  readonly description?: string | undefined;
  readonly createdBy: string;
};

export type LaunchTemplates = {
  readonly create: (name: string, tags: Tags, version: NewVersion) => LaunchTemplate;
  /** With all its versions. Groups that launch from it launch no more. */
  readonly remove: (template: LaunchTemplate) => void;
  readonly addVersion: (template: LaunchTemplate, version: NewVersion) => LaunchTemplateVersion;
  /** @throws ServiceError when neither or both are given, or there is no such template. */
  readonly find: (reference: TemplateReference) => LaunchTemplate;
  readonly all: () => readonly LaunchTemplate[];
  /** By number, `$Latest` or `$Default`. @throws ServiceError when the template has no such version, or not yet. */
  readonly version: (template: LaunchTemplate, version: string) => LaunchTemplateVersion;
  /** What callers can see by now, by number, ascending. */
  readonly visibleVersions: (template: LaunchTemplate) => readonly LaunchTemplateVersion[];
};

/** What an account may have at most. */
export type Ec2Quotas = {
  /** Versions of one launch template. 10,000, though accounts may differ (EC2 User Guide, restrictions for launch templates). */
  readonly launchTemplateVersions: number;
};

export const defaultEc2Quotas: Ec2Quotas = { launchTemplateVersions: 10_000 };

export function createLaunchTemplates(
  { clock, random }: Pick<Kernel, 'clock' | 'random'>,
  { launchTemplateVisibleAfter }: Ec2Behaviour,
  quotas: Ec2Quotas = defaultEc2Quotas,
): LaunchTemplates {
  const byId = new Map<string, LaunchTemplate>();
  /** By name: a template of the same name is another one. */
  const removals = new Map<string, number>();

  const visibleVersions = (template: LaunchTemplate) =>
    [...template.versions.values()].filter(
      ({ number, createdAt }) => number === 1 || createdAt + launchTemplateVisibleAfter <= clock.now(),
    );

  const addVersion = (template: LaunchTemplate, { data, description, createdBy }: NewVersion) => {
    if (template.versions.size >= quotas.launchTemplateVersions) throw tooManyVersions(template, quotas);
    template.lastNumber += 1;
    const version: LaunchTemplateVersion = {
      number: template.lastNumber,
      ...(description !== undefined && { description }),
      data,
      createdAt: clock.now(),
      createdBy,
    };
    template.versions.set(version.number, version);
    return version;
  };

  return {
    create(name, tags, version) {
      if ([...byId.values()].some((template) => template.name === name)) throw nameInUse();
      const template: LaunchTemplate = {
        id: `lt-0${random.hex(16, 'launch-template', name, ...(removals.has(name) ? [removals.get(name) ?? 0] : []))}`,
        name,
        createdAt: clock.now(),
        createdBy: version.createdBy,
        defaultVersion: 1,
        lastNumber: 0,
        tags,
        versions: new Map(),
      };
      addVersion(template, version);
      byId.set(template.id, template);
      return template;
    },
    addVersion,
    remove({ id, name }) {
      byId.delete(id);
      removals.set(name, (removals.get(name) ?? 0) + 1);
    },
    find({ LaunchTemplateId: id, LaunchTemplateName: name }) {
      if (id !== undefined && name !== undefined) throw bothGiven();
      if (id === undefined && name === undefined) throw noneGiven();
      if (id !== undefined) return byId.get(id) ?? raise(idNotFound(id));
      return [...byId.values()].find((template) => template.name === name) ?? raise(nameNotFound());
    },
    all: () => [...byId.values()],
    version(template, version) {
      const visible = visibleVersions(template);
      if (version === '$Latest') return visible.at(-1) ?? raise(versionNotFound(template, version));
      const number = version === '$Default' ? template.defaultVersion : Number(version);
      return visible.find((one) => one.number === number) ?? raise(versionNotFound(template, version));
    },
    visibleVersions,
  };
}

function raise(error: ServiceError): never {
  throw error;
}

export function versionNotFound(template: LaunchTemplate, version: string): ServiceError {
  return new ServiceError(
    'InvalidLaunchTemplateId.VersionNotFound',
    `Could not find the specified version ${version} for the launch template with ID ${template.id}.`,
  );
}

function idNotFound(id: string): ServiceError {
  return /^lt-[0-9a-f]{8,17}$/.test(id)
    ? new ServiceError(
        'InvalidLaunchTemplateId.NotFound',
        `The specified launch template, with template ID ${id}, does not exist.`,
      )
    : new ServiceError('InvalidLaunchTemplateId.Malformed', `Invalid id: "${id}" (expecting "lt-...")`);
}

function nameNotFound(): ServiceError {
  return new ServiceError(
    'InvalidLaunchTemplateName.NotFoundException',
    'At least one of the launch templates specified in the request does not exist.',
  );
}

function nameInUse(): ServiceError {
  return new ServiceError('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
}

function bothGiven(): ServiceError {
  return new ServiceError(
    'InvalidParameterCombination',
    'You must specify either the launch template ID or launch template name in the request, but not both.',
  );
}

function noneGiven(): ServiceError {
  return new ServiceError(
    'MissingParameter',
    'Either a launch template ID or a launch template name must be specified in the request.',
  );
}

/** That there is a quota is documented; with which code it is refused is not. */
function tooManyVersions(template: LaunchTemplate, { launchTemplateVersions }: Ec2Quotas): ServiceError {
  return new ServiceError(
    'VersionLimitExceeded',
    `The maximum number of versions of the launch template ${template.id} has been reached: ${launchTemplateVersions}.`,
  );
}
