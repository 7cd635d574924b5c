import { createClock } from '../../../simulator/kernel/clock.ts';
import { createEventLog, type LogEntry } from '../../../simulator/kernel/event-log.ts';
import { createFaults, type Fault } from '../../../simulator/kernel/faults.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { createRandomness } from '../../../simulator/kernel/randomness.ts';
import type { AwsEvent, Service, ServiceError } from '../../../simulator/kernel/service.ts';
import { defaultTimings, type Timings } from '../../../simulator/kernel/timings.ts';
import { type AutoScaling, createAutoScaling } from '../../../simulator/services/autoscaling/autoscaling.ts';
import type { AutoScalingBehaviour } from '../../../simulator/services/autoscaling/behaviour.ts';
import type { GroupSpec } from '../../../simulator/services/autoscaling/group-creation.ts';
import type { Ec2Behaviour } from '../../../simulator/services/ec2/behaviour.ts';
import { createEc2, type Ec2 } from '../../../simulator/services/ec2/ec2.ts';
import type { AmiSpec } from '../../../simulator/services/ec2/images.ts';
import { aKernel } from '../../support/kernel.ts';

export const START = Date.parse('2026-05-16T04:00:00.000Z');
export const OLD_AMI = 'ami-00000000000000001';
export const NEW_AMI = 'ami-00000000000000002';
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export type PutEvent = Pick<AwsEvent, 'source' | 'detail-type' | 'resources' | 'detail'> & { readonly at: number };

export type Account = {
  readonly kernel: Kernel;
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  readonly templateId: string;
  readonly events: readonly PutEvent[];
  /** Calls an operation as the wire would, at this moment. */
  readonly call: <Output = Record<string, unknown>>(operation: string, input: object) => Output;
  /** Lets so much time pass. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** Lets time pass until it holds, at most a fortnight and a day. False when it never held. */
  readonly until: (holds: () => boolean) => Promise<boolean>;
  readonly log: (kind: string) => readonly LogEntry[];
};

export type AccountOptions = {
  readonly seed?: number;
  readonly faults?: readonly Fault[];
  readonly timings?: Partial<Timings>;
  readonly behaviour?: Partial<AutoScalingBehaviour>;
  readonly ec2Behaviour?: Partial<Ec2Behaviour>;
};

export const anImage = (overrides: Partial<AmiSpec> = {}): AmiSpec => ({
  imageId: OLD_AMI,
  name: `image ${overrides.imageId ?? OLD_AMI}`,
  platform: 'windows',
  creationDate: '2026-05-15T00:00:00.000Z',
  guest: {
    osImage: 'Windows Server 2022 Datacenter',
    kernelVersion: '10.0.20348.5139',
    kubeletVersion: 'v1.35.0',
    bootSeconds: [60, 120],
    readySeconds: [5, 10],
    addressSeconds: [5, 10],
  },
  ...overrides,
});

/** Two subnets in two Availability Zones, an old and a new AMI, a template whose versions 1 and 2 name them. */
export function anAccount(options: AccountOptions = {}): Account {
  const clock = createClock(START);
  const kernel = aKernel({
    clock,
    random: createRandomness(options.seed ?? 1),
    log: createEventLog(clock),
    timings: { ...defaultTimings, ...options.timings },
    faults: createFaults(options.faults ?? []),
  });
  const { log } = kernel;
  const events: PutEvent[] = [];
  const ec2 = createEc2({ kernel, behaviour: options.ec2Behaviour ?? {} });
  const autoScaling = createAutoScaling({
    kernel,
    ec2,
    events: { put: (event) => events.push({ ...event, at: clock.now() }) },
    behaviour: options.behaviour ?? {},
  });
  ec2.addSubnet({ subnetId: 'subnet-0aaaaaaa', availabilityZone: 'us-west-2a', cidr: '10.0.1.0/24' });
  ec2.addSubnet({ subnetId: 'subnet-0bbbbbbb', availabilityZone: 'us-west-2b', cidr: '10.0.2.0/24' });
  ec2.addImage(anImage());
  ec2.addImage(anImage({ imageId: NEW_AMI }));
  const { id: templateId } = ec2.addLaunchTemplate({
    name: 'win2022',
    data: { ImageId: OLD_AMI, InstanceType: 'm5.xlarge' },
  });
  ec2.addLaunchTemplateVersion({ LaunchTemplateId: templateId }, { sourceVersion: '1', data: { ImageId: NEW_AMI } });
  const longest = 15 * 24 * HOUR;

  return {
    kernel,
    ec2,
    autoScaling,
    templateId,
    events,
    call: (operation, input) => run(autoScaling.service, operation, input),
    async pass(milliseconds) {
      const end = clock.now() + milliseconds;
      let isOver = false;
      clock.after(milliseconds, () => {
        isOver = true;
      });
      await clock.run(() => isOver || clock.now() > end);
    },
    async until(holds) {
      const end = clock.now() + longest;
      await clock.run(() => holds() || clock.now() > end);
      return holds();
    },
    log: (kind) => log.entries().filter((entry) => entry.kind === kind),
  };
}

/** Calls an operation of a service without the wire. */
export function run<Output>(service: Service, operation: string, input: object): Output {
  const entry = service.operations[operation] as unknown as {
    run: (input: object, call: { caller: { arn: string }; requestId: string }) => Output;
  };
  return entry.run(input, { caller: { arn: 'arn:aws:iam::111122223333:root' }, requestId: 'request-1' });
}

/** The code and text of what an action is refused with; undefined when it is not refused. */
export function refusalOf(action: () => unknown): { code: string; message: string } | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    const { code, message } = error as ServiceError;
    return { code, message };
  }
}

/** A group of four in service on version 1, with room to grow. */
export function aGroup(account: Account, overrides: GroupOverrides = {}) {
  const spec = {
    name: 'nodes',
    launchTemplate: { LaunchTemplateId: account.templateId, Version: '1' },
    minSize: 0,
    maxSize: 20,
    desiredCapacity: 4,
    subnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'],
    runningSince: new Date(START - 24 * HOUR),
    ...overrides,
  };
  return account.autoScaling.addGroup(
    Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as GroupSpec,
  );
}

/** Undefined takes a default away, such as the history of the instances. */
export type GroupOverrides = { readonly [Member in keyof GroupSpec]?: GroupSpec[Member] | undefined };

export type RefreshOptions = {
  readonly preferences?: object;
  readonly version?: string | undefined;
  readonly group?: string;
};

/** Starts a refresh to version 2, or to another, and returns its id. */
export function startRefresh(
  account: Account,
  { preferences = {}, version = '2', group = 'nodes' }: RefreshOptions = {},
): string {
  const { InstanceRefreshId } = account.call<{ InstanceRefreshId: string }>('StartInstanceRefresh', {
    AutoScalingGroupName: group,
    DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: account.templateId, Version: version } },
    Preferences: preferences,
  });
  return InstanceRefreshId;
}

/** The newest refresh of a group, as the API describes it. */
export function latestRefresh(account: Account, group = 'nodes') {
  const { InstanceRefreshes } = account.call<{ InstanceRefreshes: RefreshDescription[] }>('DescribeInstanceRefreshes', {
    AutoScalingGroupName: group,
  });
  return InstanceRefreshes[0] as RefreshDescription;
}

export type RefreshDescription = {
  readonly InstanceRefreshId: string;
  readonly Status: string;
  readonly StatusReason?: string;
  readonly PercentageComplete: number;
  readonly InstancesToUpdate: number;
  readonly StartTime: Date;
  readonly EndTime?: Date;
  readonly Preferences: Record<string, unknown>;
  readonly RollbackDetails?: Record<string, unknown>;
  readonly ProgressDetails?: { readonly LivePoolProgress?: { readonly PercentageComplete?: number } };
};

/** The image of every instance that counts, in the order of their launch. */
export function imagesOf(account: Account, group = 'nodes'): string[] {
  return (account.autoScaling.group(group)?.instances ?? []).map(({ imageId }) => imageId);
}

export function inService(account: Account, group = 'nodes'): number {
  const instances = account.autoScaling.group(group)?.instances ?? [];
  return instances.filter(({ state }) => state === 'InService').length;
}

export const isOver =
  (account: Account, group = 'nodes') =>
  () =>
    latestRefresh(account, group).EndTime !== undefined;
