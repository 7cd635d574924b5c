import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Tags } from './tags.ts';

/** What happens inside a machine that is booted from an image. EC2 only carries it to whoever plays the machine. */
export type Guest = {
  /** As the kubelet reports it: `Windows Server 2022 Datacenter`. */
  readonly osImage: string;
  /** `10.0.20348.5139`. */
  readonly kernelVersion: string;
  readonly kubeletVersion: string;
  /** From `running` to the start of the kubelet. */
  readonly bootSeconds: readonly [number, number];
  /** From registration to Ready. */
  readonly readySeconds: readonly [number, number];
  /** From registration to IPv4 capacity. */
  readonly addressSeconds: readonly [number, number];
  /** It joins a domain once it is Ready, and reboots for that: from Ready to the reboot, and how long the kubelet is away. */
  readonly domainJoin?: {
    readonly readySeconds: readonly [number, number];
    readonly rebootSeconds: readonly [number, number];
  };
  readonly cachedImages?: readonly string[];
  /** Manifests of the static pods on its disk. */
  readonly staticPods?: readonly Readonly<Record<string, unknown>>[];
  readonly defect?: 'never-registers' | 'never-ready' | 'no-addresses' | 'no-service-routing';
};

export type ImageState = 'pending' | 'available' | 'failed' | 'disabled' | 'deregistered';

export type AmiSpec = {
  readonly imageId: string;
  readonly name: string;
  readonly platform: 'windows' | 'linux';
  readonly state?: ImageState;
  /** An account id, or `amazon` for Amazon's own images. The account itself when missing. */
  readonly ownerId?: string;
  readonly description?: string;
  /** ISO 8601. */
  readonly creationDate: string;
  /** ISO 8601; from then on other accounts no longer see the image unless they ask for it. */
  readonly deprecationTime?: string;
  readonly sourceImageId?: string;
  readonly volumeGibibytes?: number;
  readonly tags?: Tags;
  readonly guest: Guest;
};

export type MachineImage = Required<Pick<AmiSpec, 'state' | 'ownerId' | 'tags'>> &
  Omit<AmiSpec, 'state' | 'ownerId' | 'tags'> & {
    readonly snapshotId: string;
    readonly deregisteredAt?: number;
    /** When instances were launched from it, oldest first. */
    readonly launches: readonly number[];
  };

export type FastLaunchState = {
  readonly imageId: string;
  readonly state: 'enabling' | 'enabling-failed' | 'enabled' | 'enabled-failed' | 'disabling' | 'disabling-failed';
  readonly reason?: string;
  readonly maxParallelLaunches?: number;
  readonly targetResourceCount?: number;
};

export type Images = {
  readonly add: (spec: AmiSpec) => MachineImage;
  readonly get: (imageId: string) => MachineImage | undefined;
  readonly all: () => readonly MachineImage[];
  readonly change: (imageId: string, change: Partial<Omit<MachineImage, 'imageId'>>) => void;
  /** @throws ServiceError with the code that RunInstances answers for such an image. */
  readonly launchable: (imageId: string) => MachineImage;
  readonly setFastLaunch: (fastLaunch: FastLaunchState) => void;
  readonly fastLaunches: () => readonly (FastLaunchState & { readonly changedAt: number })[];
};

export function createImages({ identity, random, clock }: Pick<Kernel, 'identity' | 'random' | 'clock'>): Images {
  const images = new Map<string, MachineImage>();
  const fastLaunches = new Map<string, FastLaunchState & { readonly changedAt: number }>();

  return {
    add(spec) {
      const image: MachineImage = {
        ...spec,
        state: spec.state ?? 'available',
        ownerId: spec.ownerId ?? identity.accountId,
        tags: spec.tags ?? {},
        launches: [],
        snapshotId: `snap-0${random.hex(16, 'snapshot', spec.imageId)}`,
      };
      images.set(image.imageId, image);
      return image;
    },
    get: (imageId) => images.get(imageId),
    all: () => [...images.values()],
    change(imageId, change) {
      const image = images.get(imageId);
      if (image === undefined) throw imageNotFound([imageId]);
      const deregistered = change.state === 'deregistered' ? { deregisteredAt: clock.now() } : {};
      images.set(imageId, { ...image, ...change, ...deregistered });
    },
    launchable(imageId) {
      if (!/^ami-[0-9a-f]{8,17}$/.test(imageId)) throw malformedImageId(imageId);
      const image = images.get(imageId);
      if (image === undefined || image.state === 'deregistered') throw imageNotFound([imageId]);
      if (image.state !== 'available') throw imageUnavailable(imageId);
      return image;
    },
    setFastLaunch: (fastLaunch) => {
      fastLaunches.set(fastLaunch.imageId, { ...fastLaunch, changedAt: clock.now() });
    },
    fastLaunches: () => [...fastLaunches.values()],
  };
}

export function imageNotFound(imageIds: readonly string[]): ServiceError {
  return imageIds.length === 1
    ? new ServiceError('InvalidAMIID.NotFound', `The image id '[${imageIds[0]}]' does not exist`)
    : new ServiceError('InvalidAMIID.NotFound', `The image ids '[${imageIds.join(', ')}]' do not exist`);
}

export function malformedImageId(imageId: string): ServiceError {
  return new ServiceError('InvalidAMIID.Malformed', `Invalid id: "${imageId}" (expecting "ami-...")`);
}

function imageUnavailable(imageId: string): ServiceError {
  return new ServiceError('InvalidAMIID.Unavailable', `The image ID '${imageId}' is not available`);
}
