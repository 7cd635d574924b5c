import type { Identity } from '../../kernel/kernel.ts';

export type Ec2ResourceType = 'instance' | 'image' | 'launch-template' | 'subnet';

const PREFIXES: Readonly<Record<string, Ec2ResourceType>> = {
  i: 'instance',
  ami: 'image',
  lt: 'launch-template',
  subnet: 'subnet',
};

/** The kind of resource that an id names, of those that this account has. */
export function resourceTypeOf(resourceId: string): Ec2ResourceType | undefined {
  return PREFIXES[resourceId.slice(0, resourceId.lastIndexOf('-'))];
}

/** Images carry no account in their ARN. */
export function ec2Arn({ partition, region, accountId }: Identity, type: Ec2ResourceType, id: string): string {
  return `arn:${partition}:ec2:${region}:${type === 'image' ? '' : accountId}:${type}/${id}`;
}
