import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Tags } from './tags.ts';

export type SubnetSpec = {
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** IPv4, /16 to /28. */
  readonly cidr: string;
  readonly vpcId?: string;
  readonly tags?: Tags;
};

export type Subnet = SubnetSpec & {
  readonly vpcId: string;
  readonly tags: Tags;
  readonly availabilityZoneId: string;
};

export type Subnets = {
  readonly add: (spec: SubnetSpec) => Subnet;
  readonly get: (subnetId: string) => Subnet | undefined;
  readonly all: () => readonly Subnet[];
  readonly setTags: (subnetId: string, tags: Tags) => void;
  /** A free address, drawn for `purpose`. @throws ServiceError when the subnet is full. */
  readonly takeAddress: (subnetId: string, purpose: string) => string;
  readonly freeAddress: (subnetId: string, address: string) => void;
  readonly freeAddresses: (subnetId: string) => number;
};

/** The first four addresses and the last one of every subnet belong to AWS. */
const RESERVED_FIRST = 4;
const RESERVED = 5;

export function createSubnets({ identity, random }: Pick<Kernel, 'identity' | 'random'>): Subnets {
  const subnets = new Map<string, Subnet>();
  const taken = new Map<string, Set<string>>();
  const usable = (subnet: Subnet) => parseCidr(subnet.cidr).size - RESERVED;
  const known = (subnetId: string): Subnet => {
    const subnet = subnets.get(subnetId);
    if (subnet === undefined) throw subnetNotFound(subnetId);
    return subnet;
  };

  return {
    add(spec) {
      parseCidr(spec.cidr);
      const vpcId = spec.vpcId ?? `vpc-0${random.hex(16, 'vpc', identity.accountId)}`;
      const zoneLetter = spec.availabilityZone.at(-1) ?? 'a';
      const subnet = {
        ...spec,
        vpcId,
        tags: spec.tags ?? {},
        availabilityZoneId: `${zoneIdPrefix(identity.region)}-az${zoneLetter.charCodeAt(0) - 96}`,
      };
      subnets.set(spec.subnetId, subnet);
      taken.set(spec.subnetId, new Set());
      return subnet;
    },
    get: (subnetId) => subnets.get(subnetId),
    all: () => [...subnets.values()],
    setTags: (subnetId, tags) => {
      subnets.set(subnetId, { ...known(subnetId), tags });
    },
    takeAddress(subnetId, purpose) {
      const subnet = known(subnetId);
      const inUse = taken.get(subnetId) ?? new Set();
      const { base } = parseCidr(subnet.cidr);
      const count = usable(subnet);
      if (inUse.size >= count) throw subnetFull(subnetId);
      let offset = Math.floor(random.fraction('address', subnetId, purpose) * count);
      while (inUse.has(addressAt(base, offset))) offset = (offset + 1) % count;
      const address = addressAt(base, offset);
      inUse.add(address);
      return address;
    },
    freeAddress: (subnetId, address) => {
      taken.get(subnetId)?.delete(address);
    },
    freeAddresses: (subnetId) => usable(known(subnetId)) - (taken.get(subnetId)?.size ?? 0),
  };
}

/** The name that EC2 gives an address (type "IP name"): us-east-1 has a domain of its own. */
export function privateDnsName(address: string, region: string): string {
  const domain = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return `ip-${address.replaceAll('.', '-')}.${domain}`;
}

export function subnetNotFound(subnetId: string): ServiceError {
  return new ServiceError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
}

function subnetFull(subnetId: string): ServiceError {
  return new ServiceError(
    'InsufficientFreeAddressesInSubnet',
    `There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of instances.`,
  );
}

function addressAt(base: number, offset: number): string {
  const value = base + RESERVED_FIRST + offset;
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

function parseCidr(cidr: string): { base: number; size: number } {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  const [a = 256, b = 256, c = 256, d = 256, prefix = 0] = (match?.slice(1) ?? []).map(Number);
  if (Math.max(a, b, c, d) > 255 || prefix < 16 || prefix > 28) {
    throw new RangeError(`${cidr} is no IPv4 block from /16 to /28, such as 10.0.1.0/24.`);
  }
  const size = 2 ** (32 - prefix);
  const base = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return { base: base - (base % size), size };
}

/** `us-west-2` is `usw2` in ids of Availability Zones. */
function zoneIdPrefix(region: string): string {
  const [area = '', direction = '', number = ''] = region.split('-');
  return `${area}${direction.replace(/(north|south)?(east|west)?.*/, (_, a = '', b = '') => `${a[0] ?? ''}${b[0] ?? ''}`)}${number}`;
}
