import type { DescribeRegionsCommandInput, DescribeSubnetsCommandInput } from '@aws-sdk/client-ec2';
import { type Operation, ServiceError } from '../../../kernel/service.ts';
import { ec2Arn } from '../arns.ts';
import type { Ec2State } from '../ec2-state.ts';
import { applyFilters } from '../filters.ts';
import { describePermission, ec2Operation, invalidToken } from '../operation.ts';
import { paginate } from '../paging.ts';
import { type Subnet, subnetNotFound } from '../subnets.ts';
import { tagListOf } from '../tags.ts';

export function networkOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeSubnets: ec2Operation(describePermission('DescribeSubnets'), (input: DescribeSubnetsCommandInput) =>
      describeSubnets(state, input),
    ),
    DescribeRegions: ec2Operation(describePermission('DescribeRegions'), (input: DescribeRegionsCommandInput) =>
      describeRegions(state, input),
    ),
  };
}

function describeSubnets(state: Ec2State, input: DescribeSubnetsCommandInput) {
  const { subnets } = state;
  for (const subnetId of input.SubnetIds ?? []) {
    if (subnets.get(subnetId) === undefined) throw subnetNotFound(subnetId);
  }
  const wanted = subnets.all().filter(({ subnetId }) => !input.SubnetIds?.length || input.SubnetIds.includes(subnetId));
  const found = applyFilters('DescribeSubnets', wanted, input.Filters, {
    'subnet-id': ({ subnetId }) => [subnetId],
    'vpc-id': ({ vpcId }) => [vpcId],
    'availability-zone': ({ availabilityZone }) => [availabilityZone],
    'availability-zone-id': ({ availabilityZoneId }) => [availabilityZoneId],
    'cidr-block': ({ cidr }) => [cidr],
    state: () => ['available'],
  });
  const page = paginate(found, { token: input.NextToken, size: input.MaxResults ?? 1000, invalidToken });
  return {
    Subnets: page.items.map((subnet) => describeSubnet(state, subnet)),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
}

function describeSubnet({ kernel, subnets }: Ec2State, subnet: Subnet) {
  return {
    SubnetId: subnet.subnetId,
    SubnetArn: ec2Arn(kernel.identity, 'subnet', subnet.subnetId),
    State: 'available' as const,
    VpcId: subnet.vpcId,
    OwnerId: kernel.identity.accountId,
    CidrBlock: subnet.cidr,
    AvailableIpAddressCount: subnets.freeAddresses(subnet.subnetId),
    AvailabilityZone: subnet.availabilityZone,
    AvailabilityZoneId: subnet.availabilityZoneId,
    DefaultForAz: false,
    MapPublicIpOnLaunch: false,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    Tags: tagListOf(subnet.tags),
  };
}

/** The account is enabled in one Region, its own. */
function describeRegions({ kernel }: Ec2State, input: DescribeRegionsCommandInput) {
  const { region } = kernel.identity;
  const unknown = (input.RegionNames ?? []).filter((name) => name !== region);
  if (unknown.length > 0) {
    throw new ServiceError('InvalidParameterValue', `Invalid region names: ${unknown.join(', ')}`);
  }
  const regions = applyFilters('DescribeRegions', [{ region, tags: {} }], input.Filters, {
    'region-name': (one) => [one.region],
    'opt-in-status': () => ['opt-in-not-required'],
    endpoint: (one) => [`ec2.${one.region}.amazonaws.com`],
  });
  return {
    Regions: regions.map((one) => ({
      RegionName: one.region,
      Endpoint: `ec2.${one.region}.amazonaws.com`,
      OptInStatus: 'opt-in-not-required',
    })),
  };
}
