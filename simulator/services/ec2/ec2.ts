import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Kernel } from '../../kernel/kernel.ts';
import type { EventBus, Service } from '../../kernel/service.ts';
import { defaultEc2Behaviour, type Ec2Behaviour } from './behaviour.ts';
import type { Ec2State } from './ec2-state.ts';
import { createIdempotency } from './idempotency.ts';
import { type AmiSpec, createImages, type FastLaunchState, type ImageState, type MachineImage } from './images.ts';
import { createInstances, type Ec2Instance, type InstanceChange, type Machine } from './instances.ts';
import { inheritData } from './launch-template-data.ts';
import {
  createLaunchTemplates,
  defaultEc2Quotas,
  type Ec2Quotas,
  type LaunchTemplate,
  type LaunchTemplateVersion,
  type TemplateReference,
} from './launch-templates.ts';
import { type LaunchRequest, type LaunchSurroundings, resolveLaunch } from './launching.ts';
import { describedTagOperations } from './operations/described-tags.ts';
import { imageOperations } from './operations/images.ts';
import { instanceOperations } from './operations/instances.ts';
import { launchTemplateVersionOperations } from './operations/launch-template-versions.ts';
import { launchTemplateOperations } from './operations/launch-templates.ts';
import { networkOperations } from './operations/network.ts';
import { tagOperations } from './operations/tags.ts';
import { createSpotMarket, type SpotMarket } from './spot.ts';
import { createSubnets, type Subnet, type SubnetSpec } from './subnets.ts';
import type { Tags } from './tags.ts';

export type LaunchTemplateSpec = {
  readonly name: string;
  readonly data: RequestLaunchTemplateData;
  readonly description?: string;
  readonly tags?: Tags;
};

/** One version of one template, found by id or name and by number, `$Latest` or `$Default`. */
export type ResolvedTemplate = {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly data: RequestLaunchTemplateData;
  readonly tags: Tags;
};

/** EC2 of one account and Region: for the wire, for other services of the account, and for building scenarios. */
export type Ec2 = {
  readonly service: Service;
  readonly addSubnet: (spec: SubnetSpec) => Subnet;
  readonly subnet: (subnetId: string) => Subnet | undefined;
  readonly addImage: (spec: AmiSpec) => MachineImage;
  readonly image: (imageId: string) => MachineImage | undefined;
  readonly setImageState: (imageId: string, state: ImageState) => void;
  readonly setFastLaunch: (fastLaunch: FastLaunchState) => void;
  readonly addLaunchTemplate: (spec: LaunchTemplateSpec) => ResolvedTemplate;
  /** With a source version, what is not given is inherited from it. */
  readonly addLaunchTemplateVersion: (
    reference: TemplateReference,
    version: {
      readonly data: RequestLaunchTemplateData;
      readonly sourceVersion?: string;
      readonly description?: string;
    },
  ) => ResolvedTemplate;
  /** @throws ServiceError with the code of EC2 when there is no such template or version. */
  readonly launchTemplate: (reference: TemplateReference, version: string) => ResolvedTemplate;
  /** What a launch would start, without starting it. @throws ServiceError with the code of RunInstances. */
  readonly checkLaunch: (request: LaunchRequest) => Machine;
  /** @throws ServiceError with the code of RunInstances. */
  readonly launchInstance: (request: LaunchRequest) => Ec2Instance;
  readonly terminateInstance: (instanceId: string) => Ec2Instance;
  /** For services that stop machines of theirs. */
  readonly stopInstance: (instanceId: string) => Ec2Instance;
  readonly startInstance: (instanceId: string) => Ec2Instance;
  readonly instance: (instanceId: string) => Ec2Instance | undefined;
  readonly instances: () => readonly Ec2Instance[];
  readonly spot: SpotMarket;
  /** Returns how to stop. */
  readonly onInstance: (listener: (change: InstanceChange) => void) => () => void;
};

export type Ec2Options = {
  readonly kernel: Kernel;
  /** Where Spot notices go; nowhere without it. */
  readonly events?: EventBus;
  readonly iam?: { readonly roleOfInstanceProfile: (arnOrName: string) => string | undefined };
  readonly ssmParameter?: (name: string) => string | undefined;
  readonly behaviour?: Partial<Ec2Behaviour>;
  readonly quotas?: Partial<Ec2Quotas>;
};

/** Without `iam` any instance profile is taken to exist; without `ssmParameter` there are no parameters. */
export function createEc2({ kernel, events, iam, ssmParameter, behaviour: changes, quotas }: Ec2Options): Ec2 {
  const behaviour = { ...defaultEc2Behaviour, ...changes };
  const images = createImages(kernel);
  const subnets = createSubnets(kernel);
  const templates = createLaunchTemplates(kernel, behaviour, { ...defaultEc2Quotas, ...quotas });
  const instances = createInstances({ kernel, images, subnets, behaviour });
  const idempotency = createIdempotency(kernel.clock, behaviour.clientTokenRetention);
  const state: Ec2State = { kernel, behaviour, idempotency, images, instances, templates, subnets };
  const surroundings: LaunchSurroundings = {
    templates,
    images,
    subnets,
    ssmParameter: ssmParameter ?? (() => undefined),
    hasInstanceProfile: (profile) => iam === undefined || iam.roleOfInstanceProfile(profile) !== undefined,
  };
  const createdBy = `arn:aws:iam::${kernel.identity.accountId}:root`;

  return {
    service: { model: 'ec2', name: 'Ec2', operations: operationsOf(state) },
    addSubnet: subnets.add,
    subnet: subnets.get,
    addImage: images.add,
    image: images.get,
    setImageState: (imageId, imageState) => images.change(imageId, { state: imageState }),
    setFastLaunch: images.setFastLaunch,
    addLaunchTemplate({ name, data, description, tags }) {
      const template = templates.create(name, tags ?? {}, { data, description, createdBy });
      return resolved(template, templates.version(template, '1'));
    },
    addLaunchTemplateVersion(reference, { data, sourceVersion, description }) {
      const template = templates.find(reference);
      const source = sourceVersion === undefined ? {} : templates.version(template, sourceVersion).data;
      return resolved(
        template,
        templates.addVersion(template, { data: inheritData(source, data), description, createdBy }),
      );
    },
    launchTemplate(reference, version) {
      const template = templates.find(reference);
      return resolved(template, templates.version(template, version));
    },
    checkLaunch: (request) => resolveLaunch(request, surroundings),
    launchInstance: (request) => instances.launch(resolveLaunch(request, surroundings)),
    terminateInstance: instances.terminate,
    stopInstance: instances.stop,
    startInstance: instances.start,
    instance: instances.get,
    instances: instances.all,
    spot: createSpotMarket(kernel, instances, events),
    onInstance: instances.onChange,
  };
}

function resolved(template: LaunchTemplate, { number, data }: LaunchTemplateVersion): ResolvedTemplate {
  return { id: template.id, name: template.name, version: number, data, tags: template.tags };
}

function operationsOf(state: Ec2State): Service['operations'] {
  return {
    ...launchTemplateOperations(state),
    ...launchTemplateVersionOperations(state),
    ...imageOperations(state),
    ...instanceOperations(state),
    ...tagOperations(state),
    ...describedTagOperations(state),
    ...networkOperations(state),
  };
}
