import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Ec2Behaviour } from './behaviour.ts';
import type { Guest, Images } from './images.ts';
import { privateDnsName, type Subnets } from './subnets.ts';
import type { Tags } from './tags.ts';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

export type Ec2Instance = {
  readonly instanceId: string;
  readonly reservationId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly platform: 'windows' | 'linux';
  readonly privateDnsName: string;
  readonly privateIpAddress: string;
  readonly availabilityZone: string;
  readonly subnetId: string;
  readonly launchTime: Date;
  readonly clientToken: string;
  readonly guest: Guest;
  readonly launchTemplate?: { readonly id: string; readonly version: number };
  readonly instanceProfile?: string;
  /** An On-Demand Instance has none. */
  readonly lifecycle?: 'spot';
  /** Set when EC2 has taken it back. */
  readonly isInterrupted?: true;
  readonly tags: Tags;
  readonly state: InstanceState;
  readonly runningAt?: number;
  readonly terminatedAt?: number;
};

/** What RunInstances needs once the launch template is resolved. */
export type Machine = {
  /** Decides the id, the address and every duration, as two runs ask with the same token. */
  readonly clientToken: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly tags: Tags;
  readonly launchTemplate?: { readonly id: string; readonly version: number };
  readonly instanceProfile?: string | undefined;
  readonly lifecycle?: 'spot';
  /** The machine is already up and has been since then: for accounts that start with a history. */
  readonly runningSince?: Date;
};

export type InstanceChange = {
  readonly type: 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  readonly instance: Ec2Instance;
  /** The machine was placed in the account as it stands: booted long ago, not booting now. */
  readonly settled?: true;
};

export type Instances = {
  readonly launch: (machine: Machine) => Ec2Instance;
  readonly terminate: (instanceId: string) => Ec2Instance;
  /** As `terminate`, but EC2 itself does it, to a Spot Instance. */
  readonly interrupt: (instanceId: string) => void;
  /** Of a running machine; one in any other state is left in it. Its address and its name stay. */
  readonly stop: (instanceId: string) => Ec2Instance;
  /** Of a stopped machine; one in any other state is left in it. Its launch time is that of the start from now on. */
  readonly start: (instanceId: string) => Ec2Instance;
  readonly get: (instanceId: string) => Ec2Instance | undefined;
  readonly all: () => readonly Ec2Instance[];
  readonly setTags: (instanceId: string, tags: Tags) => void;
  readonly onChange: (listener: (change: InstanceChange) => void) => () => void;
};

export type InstanceSurroundings = {
  readonly kernel: Kernel;
  readonly images: Images;
  readonly subnets: Subnets;
  readonly behaviour: Ec2Behaviour;
};

export function createInstances({ kernel, images, subnets, behaviour }: InstanceSurroundings): Instances {
  const { clock, random, timings, log } = kernel;
  const instances = new Map<string, Ec2Instance>();
  const listeners = new Set<(change: InstanceChange) => void>();

  const update = (instanceId: string, change: Partial<Ec2Instance>): Ec2Instance => {
    const instance = { ...known(instanceId), ...change };
    instances.set(instanceId, instance);
    return instance;
  };
  const known = (instanceId: string): Ec2Instance => {
    const instance = get(instanceId);
    if (instance === undefined) throw instanceNotFound([instanceId]);
    return instance;
  };
  const get = (instanceId: string): Ec2Instance | undefined => {
    const instance = instances.get(instanceId);
    const isGone =
      instance?.terminatedAt !== undefined && instance.terminatedAt + behaviour.terminatedVisibleFor <= clock.now();
    return isGone ? undefined : instance;
  };
  const announce = (change: InstanceChange) => {
    log.write(`instance.${change.type}`, { ...nameOf(change.instance), ...(change.settled && { settled: true }) });
    for (const listener of listeners) listener(change);
  };
  const becomeRunning = (instanceId: string) => {
    if (instances.get(instanceId)?.state !== 'pending') return;
    announce({ type: 'running', instance: update(instanceId, { state: 'running', runningAt: clock.now() }) });
  };
  const becomeStopped = (instanceId: string) => {
    if (instances.get(instanceId)?.state !== 'stopping') return;
    announce({ type: 'stopped', instance: update(instanceId, { state: 'stopped' }) });
  };
  const becomeTerminated = (instanceId: string) => {
    const instance = update(instanceId, { state: 'terminated', terminatedAt: clock.now() });
    subnets.freeAddress(instance.subnetId, instance.privateIpAddress);
    announce({ type: 'terminated', instance });
  };

  const terminate = (instanceId: string, change: Pick<Ec2Instance, 'isInterrupted'> = {}): Ec2Instance => {
    const instance = known(instanceId);
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return instance;
    const leaving = update(instanceId, { state: 'shutting-down', ...change });
    const [least, most] = timings.instanceTermination;
    clock.after(random.between(least, most, 'instance-termination', instanceId), () => becomeTerminated(instanceId));
    announce({ type: 'shutting-down', instance: leaving });
    return leaving;
  };

  return {
    launch(machine) {
      const instance = place(kernel, images, subnets, machine);
      instances.set(instance.instanceId, instance);
      images.change(instance.imageId, { launches: [...images.launchable(instance.imageId).launches, clock.now()] });
      if (machine.runningSince !== undefined) {
        announce({ type: 'running', instance, settled: true });
        return instance;
      }
      log.write('instance.launching', nameOf(instance));
      const [least, most] = timings.instanceLaunch;
      const delay = random.between(least, most, 'instance-launch', instance.instanceId);
      clock.after(delay, () => becomeRunning(instance.instanceId));
      return instance;
    },
    terminate: (instanceId) => terminate(instanceId),
    interrupt(instanceId) {
      if (get(instanceId) !== undefined) terminate(instanceId, { isInterrupted: true });
    },
    stop(instanceId) {
      const instance = known(instanceId);
      if (instance.state !== 'running') return instance;
      const stopping = update(instanceId, { state: 'stopping' });
      const [least, most] = timings.instanceTermination;
      const delay = random.between(least, most, 'instance-stop', instanceId, instance.launchTime.getTime());
      clock.after(delay, () => becomeStopped(instanceId));
      announce({ type: 'stopping', instance: stopping });
      return stopping;
    },
    start(instanceId) {
      const instance = known(instanceId);
      if (instance.state !== 'stopped') return instance;
      const starting = update(instanceId, { state: 'pending', launchTime: new Date(clock.now()) });
      const [least, most] = timings.instanceLaunch;
      const delay = random.between(least, most, 'instance-start', instanceId, clock.now());
      log.write('instance.starting', nameOf(starting));
      clock.after(delay, () => becomeRunning(instanceId));
      return starting;
    },
    get,
    all: () => [...instances.keys()].map(get).filter((instance) => instance !== undefined),
    setTags: (instanceId, tags) => {
      update(instanceId, { tags });
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @throws ServiceError with RunInstances' own code when there is no such image or no room in the subnet. */
function place({ identity, random, clock }: Kernel, images: Images, subnets: Subnets, machine: Machine): Ec2Instance {
  const { clientToken, imageId, subnetId, runningSince } = machine;
  const image = images.launchable(imageId);
  const privateIpAddress = subnets.takeAddress(subnetId, clientToken);
  return {
    instanceId: `i-0${random.hex(16, 'instance', clientToken)}`,
    reservationId: `r-0${random.hex(16, 'reservation', clientToken)}`,
    imageId,
    instanceType: machine.instanceType,
    platform: image.platform,
    privateIpAddress,
    privateDnsName: privateDnsName(privateIpAddress, identity.region),
    availabilityZone: subnets.get(subnetId)?.availabilityZone ?? '',
    subnetId,
    launchTime: runningSince ?? new Date(clock.now()),
    clientToken,
    guest: image.guest,
    ...(machine.launchTemplate && { launchTemplate: machine.launchTemplate }),
    ...(machine.instanceProfile !== undefined && { instanceProfile: machine.instanceProfile }),
    ...(machine.lifecycle && { lifecycle: machine.lifecycle }),
    tags: machine.tags,
    ...(runningSince === undefined
      ? { state: 'pending' as const }
      : { state: 'running' as const, runningAt: runningSince.getTime() }),
  };
}

function nameOf({ instanceId, imageId, tags }: Ec2Instance): Record<string, string> {
  const group = tags['aws:autoscaling:groupName'];
  return { instanceId, imageId, ...(group !== undefined && { group }) };
}

export function instanceNotFound(instanceIds: readonly string[]): ServiceError {
  return instanceIds.length === 1
    ? new ServiceError('InvalidInstanceID.NotFound', `The instance ID '${instanceIds[0]}' does not exist`)
    : new ServiceError('InvalidInstanceID.NotFound', `The instance IDs '${instanceIds.join(', ')}' do not exist`);
}
