import { type Case, newAmi, oldAmi, otherAmi } from './case.ts';

const types = [{ instanceType: 'm5.xlarge' }, { instanceType: 'r5.xlarge' }];
const mixed = (overrides: NonNullable<NonNullable<Case['group']>['mixedInstances']>['overrides']) => ({
  mixedInstances: { overrides },
});

/** Groups with a mixed instances policy. */
export const mixedCases: readonly Case[] = [
  {
    kind: 'Mixed instances policy',
    name: 'mixed',
    group: mixed(types),
    outcome: 'patched',
    sentence: "The refresh gets the group's own policy with only the version changed, and so has the group afterwards.",
  },
  {
    kind: 'Mixed instances policy without overrides',
    name: 'mixed-plain',
    group: mixed([]),
    outcome: 'patched',
    sentence: 'As above.',
  },
  {
    kind: 'Overrides of weight 1',
    name: 'weight-one',
    group: mixed(types.map((override) => ({ ...override, weight: 1 }))),
    outcome: 'patched',
    sentence: 'A unit of capacity is an instance, as without weights.',
  },
  {
    kind: "Overrides with launch templates of their own, on the group's AMI",
    name: 'own-templates',
    group: mixed([
      { instanceType: 'm5.xlarge', ownTemplate: { ami: oldAmi } },
      { instanceType: 'r5.xlarge', ownTemplate: { ami: oldAmi } },
      { instanceType: 'c5.xlarge' },
    ]),
    outcome: 'patched',
    sentence:
      'Each of the templates gets a version of its own; the group goes to all of them, or back from all of them.',
  },
  {
    kind: 'Mixed instances policy that follows `$Latest` or `$Default`',
    name: 'mixed-latest',
    group: { ...mixed(types), version: '$Latest' },
    outcome: 'blocked',
    reason: 'MixedInstancesPolicy',
    sentence: 'Name the version by its number.',
  },
  {
    kind: 'An override whose launch template names another AMI',
    name: 'other-template-ami',
    group: mixed([{ instanceType: 'm5.xlarge' }, { instanceType: 'r5.xlarge', ownTemplate: { ami: otherAmi } }]),
    outcome: 'blocked',
    reason: 'OverrideNamesAmi',
    sentence: 'What runs two AMIs could not go back to one. Give both templates the same AMI, or make two groups.',
  },
  {
    kind: 'An override that names an AMI',
    name: 'override-ami',
    group: mixed([{ instanceType: 'm5.xlarge', ami: oldAmi }]),
    outcome: 'blocked',
    reason: 'OverrideNamesAmi',
    sentence: 'That AMI wins over every version of the template. Take it out of the override.',
  },
  {
    kind: 'An override that names the new AMI already',
    name: 'override-new-ami',
    group: mixed([{ instanceType: 'm5.xlarge', ami: newAmi }]),
    outcome: 'blocked',
    reason: 'OverrideNamesAmi',
    sentence: 'The template would stay on the old AMI for all other overrides. Take it out of the override.',
  },
  {
    kind: 'Overrides with weights',
    name: 'weights',
    group: {
      ...mixed([
        { instanceType: 'm5.xlarge', weight: 2 },
        { instanceType: 'm5.2xlarge', weight: 4 },
      ]),
      size: 4,
      maxSize: 8,
    },
    outcome: 'blocked',
    reason: 'WeightedCapacity',
    sentence: 'One instance may be worth the whole group, and no one node can go ahead alone. Set all weights to 1.',
  },
  {
    kind: 'Instance types by attributes, in an override',
    name: 'attributes-in-override',
    group: mixed([{ requirements: { vCpus: [4, 8], memoryMiB: [16_384, 32_768] } }]),
    outcome: 'blocked',
    reason: 'AttributeBasedInstanceTypes',
    sentence: 'AWS takes no desired configuration for such a group. Name instance types.',
  },
  {
    kind: 'Instance types by attributes, in the launch template',
    name: 'attributes-in-template',
    group: { ...mixed([]), requirements: { vCpus: [4, 4], memoryMiB: [16_384, 16_384] } },
    outcome: 'blocked',
    reason: 'AttributeBasedInstanceTypes',
    sentence: 'As above.',
  },
];
