import type { MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { translatePolicy, withVersions } from '../../functions/adapters/mixed-instances-policy.ts';

const named = (id: string, Version?: string) => ({
  ...{ LaunchTemplateId: id, LaunchTemplateName: `name of ${id}` },
  ...(Version !== undefined && { Version }),
});
const policy: MixedInstancesPolicy = {
  LaunchTemplate: {
    LaunchTemplateSpecification: named('lt-0a', '7'),
    Overrides: [
      { InstanceType: 'm5.xlarge', WeightedCapacity: '1' },
      { InstanceType: 'r5.xlarge', LaunchTemplateSpecification: named('lt-0b', '3') },
      { InstanceType: 'c5.xlarge', LaunchTemplateSpecification: named('lt-0c', '5') },
    ],
  },
  InstancesDistribution: { OnDemandBaseCapacity: 1, SpotAllocationStrategy: 'price-capacity-optimized' },
};

describe('a mixed instances policy', () => {
  it('is read: what each override brings', () => {
    expect(translatePolicy(policy)).toMatchObject({
      template: { id: 'lt-0a', version: 7 },
      overrides: [
        { weight: 1, imageId: undefined, own: undefined },
        { weight: 1, own: { template: { id: 'lt-0b', version: 3 } } },
        { own: { template: { id: 'lt-0c', version: 5 } } },
      ],
    });
    const overrides = [{ WeightedCapacity: '4', ImageId: 'ami-0x', InstanceRequirements: undefined }];
    expect(translatePolicy({ LaunchTemplate: { ...policy.LaunchTemplate, Overrides: overrides } })?.overrides).toEqual([
      { imageId: 'ami-0x', weight: 4, hasInstanceRequirements: false, own: undefined },
    ]);
  });

  it.each([
    { case: 'the template by $Latest', specification: named('lt-0a', '$Latest'), override: undefined },
    { case: 'the template without a version', specification: named('lt-0a'), override: undefined },
    { case: 'an override by $Default', specification: named('lt-0a', '7'), override: named('lt-0b', '$Default') },
  ])('that names $case has no number to go by', ({ specification, override }) => {
    const Overrides = override ? [{ LaunchTemplateSpecification: override }] : [];
    expect(translatePolicy({ LaunchTemplate: { LaunchTemplateSpecification: specification, Overrides } })).toBe(
      undefined,
    );
  });

  it('gets other versions and stays as it is in everything else, with templates named by their ids', () => {
    expect(withVersions(policy, { id: 'lt-0a', version: 8 }, [{ id: 'lt-0b', version: 4 }])).toEqual({
      InstancesDistribution: policy.InstancesDistribution,
      LaunchTemplate: {
        LaunchTemplateSpecification: { LaunchTemplateId: 'lt-0a', Version: '8' },
        Overrides: [
          { InstanceType: 'm5.xlarge', WeightedCapacity: '1' },
          { InstanceType: 'r5.xlarge', LaunchTemplateSpecification: { LaunchTemplateId: 'lt-0b', Version: '4' } },
          { InstanceType: 'c5.xlarge', LaunchTemplateSpecification: { LaunchTemplateId: 'lt-0c', Version: '5' } },
        ],
      },
    });
  });
});
