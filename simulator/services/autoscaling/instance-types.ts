import type { InstanceRequirements } from '@aws-sdk/client-auto-scaling';
import { notSimulated } from '../ec2/refusal.ts';

/** vCPUs and MiB of the instance types that attributes can choose here: a few of the current general ones. */
const CATALOGUE: readonly (readonly [type: string, vCpus: number, memoryMiB: number])[] = [
  ['c5.large', 2, 4096],
  ['m5.large', 2, 8192],
  ['r5.large', 2, 16_384],
  ['c5.xlarge', 4, 8192],
  ['m5.xlarge', 4, 16_384],
  ['r5.xlarge', 4, 32_768],
  ['c5.2xlarge', 8, 16_384],
  ['m5.2xlarge', 8, 32_768],
  ['r5.2xlarge', 8, 65_536],
];

type Range = { readonly Min?: number | undefined; readonly Max?: number | undefined } | undefined;

/** What attribute-based selection reads of a launch template's or an override's requirements. */
type Requirements = { readonly [Member in keyof InstanceRequirements]?: unknown } & {
  readonly VCpuCount?: Range;
  readonly MemoryMiB?: Range;
};

const isWithin = (value: number, { Min = 0, Max = Number.POSITIVE_INFINITY }: NonNullable<Range>): boolean =>
  Min <= value && value <= Max;

/**
 * The instance types that have the attributes, the smallest first: there are no prices here to sort by.
 *
 * @throws ServiceError for requirements other than vCPUs and memory, which are not simulated.
 */
export function matchingInstanceTypes(requirements: Requirements): readonly string[] {
  const { VCpuCount = {}, MemoryMiB = {}, ...others } = requirements;
  const other = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (other !== undefined) throw notSimulated(`The simulator does not choose instance types by ${other}.`);
  return CATALOGUE.filter(([, vCpus, memoryMiB]) => isWithin(vCpus, VCpuCount) && isWithin(memoryMiB, MemoryMiB)).map(
    ([type]) => type,
  );
}
