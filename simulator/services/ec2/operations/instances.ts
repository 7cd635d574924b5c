import type {
  _InstanceType,
  DescribeInstanceStatusCommandInput,
  DescribeInstancesCommandInput,
  Instance,
  InstanceStateName,
  PlatformValues,
  TerminateInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { onResource, type Target } from '../../../iam/dependent-actions.ts';
import { type Operation, ServiceError } from '../../../kernel/service.ts';
import { ec2Arn } from '../arns.ts';
import type { Ec2State } from '../ec2-state.ts';
import { applyFilters, type FilterFields } from '../filters.ts';
import { type Ec2Instance, instanceNotFound } from '../instances.ts';
import { describePermission, ec2Operation, invalidToken } from '../operation.ts';
import { paginate } from '../paging.ts';
import { notSimulated } from '../refusal.ts';
import { tagListOf } from '../tags.ts';

const STATE_CODES: Readonly<Record<Ec2Instance['state'], number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  stopping: 64,
  stopped: 80,
  terminated: 48,
};

/** Status checks of a machine that has just started are not known for about two minutes. */
const STATUS_CHECK_DELAY = 120_000;

export function instanceOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeInstances: ec2Operation(describePermission('DescribeInstances'), (input: DescribeInstancesCommandInput) =>
      describeInstances(state, input),
    ),
    DescribeInstanceStatus: ec2Operation(
      describePermission('DescribeInstanceStatus'),
      (input: DescribeInstanceStatusCommandInput) => describeStatus(state, input),
    ),
    TerminateInstances: ec2Operation(
      ({ InstanceIds = [] }: TerminateInstancesCommandInput) =>
        InstanceIds.map((instanceId) => onResource('ec2:TerminateInstances', targetOf(state, instanceId))),
      (input: TerminateInstancesCommandInput) => terminate(state, input),
    ),
  };
}

function targetOf({ kernel, instances }: Ec2State, instanceId: string): Target {
  const { tags } = instances.get(instanceId) ?? {};
  return { arn: ec2Arn(kernel.identity, 'instance', instanceId), ...(tags && { tags }) };
}

/** Nobody here protects machines from termination, and one that is gone is answered as gone. */
function terminate(state: Ec2State, { InstanceIds, Force, SkipOsShutdown }: TerminateInstancesCommandInput) {
  if (Force === true || SkipOsShutdown === true) throw notSimulated('Force and SkipOsShutdown are not simulated.');
  const chosen = listedInstances(state, 'TerminateInstances', { InstanceIds }).items;
  return {
    TerminatingInstances: chosen.map((before) => ({
      InstanceId: before.instanceId,
      PreviousState: describeState(before),
      CurrentState: describeState(state.instances.terminate(before.instanceId)),
    })),
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
const interruption = {
  Code: 'Server.SpotInstanceTermination',
  Message: 'Server.SpotInstanceTermination: Instance terminated due to Spot interruption',
};

const FIELDS: FilterFields<Ec2Instance> = {
  'instance-id': ({ instanceId }) => [instanceId],
  'instance-state-name': ({ state }) => [state],
  'instance-state-code': ({ state }) => [`${STATE_CODES[state]}`],
  'instance-type': ({ instanceType }) => [instanceType],
  'image-id': ({ imageId }) => [imageId],
  'private-dns-name': (instance) => [instance.privateDnsName],
  'private-ip-address': ({ privateIpAddress }) => [privateIpAddress],
  'availability-zone': ({ availabilityZone }) => [availabilityZone],
  'subnet-id': ({ subnetId }) => [subnetId],
  'client-token': ({ clientToken }) => [clientToken],
  'reservation-id': ({ reservationId }) => [reservationId],
  'launch-time': ({ launchTime }) => [launchTime.toISOString()],
  'instance-lifecycle': ({ lifecycle }) => [lifecycle],
  platform: ({ platform }) => [platform === 'windows' ? 'windows' : undefined],
};

function describeInstances(state: Ec2State, input: DescribeInstancesCommandInput) {
  const page = listedInstances(state, 'DescribeInstances', input);
  return {
    Reservations: page.items.map((instance) => ({
      ReservationId: instance.reservationId,
      OwnerId: state.kernel.identity.accountId,
      Groups: [],
      Instances: [describeInstance(state, instance)],
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
}

function listedInstances({ instances }: Ec2State, operation: string, input: DescribeInstancesCommandInput) {
  const { InstanceIds, MaxResults, NextToken, Filters } = input;
  if (InstanceIds?.length && MaxResults !== undefined) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  if (MaxResults !== undefined && (MaxResults < 5 || MaxResults > 1000)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
    );
  }
  const malformed = InstanceIds?.find((instanceId) => !/^i-[0-9a-f]{8,17}$/.test(instanceId));
  if (malformed !== undefined) {
    throw new ServiceError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}" (expecting "i-...")`);
  }
  const missing = (InstanceIds ?? []).filter((instanceId) => instances.get(instanceId) === undefined);
  if (missing.length > 0) throw instanceNotFound(missing);
  const listed = InstanceIds?.length
    ? instances.all().filter(({ instanceId }) => InstanceIds.includes(instanceId))
    : instances.all();
  const found = applyFilters(operation, listed, Filters, FIELDS);
  return paginate(found, { token: NextToken, size: MaxResults ?? 1000, invalidToken });
}

function describeInstance({ subnets, kernel }: Ec2State, instance: Ec2Instance): Instance {
  const isGone = instance.state === 'terminated';
  return {
    InstanceId: instance.instanceId,
    ImageId: instance.imageId,
    State: describeState(instance),
    // "This name is not available until the instance enters the running state" (API reference, Instance).
    PrivateDnsName: isGone || instance.state === 'pending' ? '' : instance.privateDnsName,
    PublicDnsName: '',
    StateTransitionReason: '',
    AmiLaunchIndex: 0,
    ProductCodes: [],
    InstanceType: instance.instanceType as _InstanceType,
    LaunchTime: instance.launchTime,
    Placement: { AvailabilityZone: instance.availabilityZone, GroupName: '', Tenancy: 'default' },
    Monitoring: { State: 'disabled' },
    ...(!isGone && {
      SubnetId: instance.subnetId,
      VpcId: subnets.get(instance.subnetId)?.vpcId ?? '',
      PrivateIpAddress: instance.privateIpAddress,
    }),
    Architecture: 'x86_64',
    ClientToken: instance.clientToken,
    EbsOptimized: false,
    EnaSupport: true,
    Hypervisor: 'xen',
    ...(instance.lifecycle && {
      InstanceLifecycle: instance.lifecycle,
      SpotInstanceRequestId: `sir-${instance.reservationId.slice(-8)}`,
    }),
    ...(instance.isInterrupted && { StateReason: interruption }),
    ...(instance.instanceProfile !== undefined && {
      IamInstanceProfile: { Arn: profileArn(kernel.identity.accountId, instance.instanceProfile) },
    }),
    ...(instance.platform === 'windows' && { Platform: 'windows' as PlatformValues }),
    PlatformDetails: instance.platform === 'windows' ? 'Windows' : 'Linux/UNIX',
    RootDeviceName: '/dev/sda1',
    RootDeviceType: 'ebs',
    Tags: tagListOf(instance.tags),
    VirtualizationType: 'hvm',
  };
}

function describeStatus(state: Ec2State, input: DescribeInstanceStatusCommandInput) {
  const page = listedInstances(state, 'DescribeInstanceStatus', input);
  const shown = page.items.filter((instance) => input.IncludeAllInstances === true || instance.state === 'running');
  return {
    InstanceStatuses: shown.map((instance) => ({
      AvailabilityZone: instance.availabilityZone,
      InstanceId: instance.instanceId,
      InstanceState: describeState(instance),
      InstanceStatus: checkOf(state, instance),
      SystemStatus: checkOf(state, instance),
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
}

function checkOf({ kernel }: Ec2State, { state, runningAt }: Ec2Instance) {
  if (state !== 'running' || runningAt === undefined) return { Status: 'not-applicable' as const };
  const isKnown = runningAt + STATUS_CHECK_DELAY <= kernel.clock.now();
  return isKnown
    ? { Status: 'ok' as const, Details: [{ Name: 'reachability' as const, Status: 'passed' as const }] }
    : {
        Status: 'initializing' as const,
        Details: [{ Name: 'reachability' as const, Status: 'initializing' as const }],
      };
}

function describeState({ state }: Ec2Instance): { Code: number; Name: InstanceStateName } {
  return { Code: STATE_CODES[state], Name: state };
}

function profileArn(accountId: string, nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:iam::${accountId}:instance-profile/${nameOrArn}`;
}
