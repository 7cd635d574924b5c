import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { notSimulated } from './refusal.ts';
import type { Tags } from './tags.ts';
import { tagsOf } from './tags.ts';

/**
 * What a version holds that was made from a source version: whole members of the new data replace those of
 * the source, all others are inherited, except the snapshots of the source's block devices (EC2 API
 * reference, CreateLaunchTemplateVersion).
 */
export function inheritData(
  source: RequestLaunchTemplateData,
  given: RequestLaunchTemplateData,
): RequestLaunchTemplateData {
  const overwritten = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { BlockDeviceMappings, ...inherited } = source;
  const devices = BlockDeviceMappings?.map(({ Ebs, ...device }) => {
    if (Ebs === undefined) return device;
    const { SnapshotId: _ignored, ...volume } = Ebs;
    return { ...device, Ebs: volume };
  });
  return { ...inherited, ...(devices && { BlockDeviceMappings: devices }), ...overwritten };
}

/** The data as EC2 gives it back: the same members, with the state of the metadata options. */
export function describeData(data: RequestLaunchTemplateData): ResponseLaunchTemplateData {
  const { MetadataOptions, ...rest } = data;
  return {
    ...(rest as ResponseLaunchTemplateData),
    ...(MetadataOptions && { MetadataOptions: { State: 'applied' as const, ...MetadataOptions } }),
  };
}

/**
 * Whether instances from this data are Spot Instances.
 *
 * @throws ServiceError when they are not to be terminated at an interruption but stopped or hibernated.
 */
export function asksForSpot({ InstanceMarketOptions: market }: RequestLaunchTemplateData): boolean {
  if (market?.MarketType !== 'spot') return false;
  const { InstanceInterruptionBehavior: behavior = 'terminate' } = market.SpotOptions ?? {};
  if (behavior !== 'terminate')
    throw notSimulated(`The simulator has no Spot Instances that ${behavior}, only terminate.`);
  return true;
}

/** Tags that instances from this data get. */
export function instanceTagsOf(data: RequestLaunchTemplateData): Tags {
  const specification = data.TagSpecifications?.find(({ ResourceType }) => ResourceType === 'instance');
  return tagsOf(specification?.Tags);
}
