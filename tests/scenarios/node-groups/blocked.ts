import { type Case, oldAmi, otherAmi } from './case.ts';

/** Groups that no run touches until somebody has changed them. */
export const blockedCases: readonly Case[] = [
  {
    kind: 'An AMI from an SSM parameter (`resolve:ssm:`)',
    name: 'from-parameter',
    group: { amiParameter: '/images/windows' },
    outcome: 'blocked',
    reason: 'AmiFromParameter',
    sentence: 'AWS refuses to roll such a group back. Put an AMI id into the template.',
  },
  {
    kind: 'A launch configuration',
    name: 'configuration',
    group: { launchConfiguration: true },
    outcome: 'blocked',
    reason: 'LaunchConfiguration',
    sentence: 'It has no versions. Move the group to a launch template.',
  },
  {
    kind: 'A numbered version whose instances run another AMI',
    name: 'differing',
    group: { instancesAmi: otherAmi },
    outcome: 'blocked',
    reason: 'InstancesDiffer',
    sentence: "They could not be brought back. Replace them with the group's own version first.",
  },
  {
    kind: 'Launch, Terminate or InstanceRefresh suspended',
    name: 'suspended',
    group: { suspended: ['Terminate'] },
    outcome: 'blocked',
    reason: 'ProcessesSuspended',
    sentence: 'Nothing would be replaced. Resume the process; reglaze never does.',
  },
  {
    kind: 'A launch template with 10,000 versions',
    name: 'ten-thousand',
    group: { olderVersions: 9_999 },
    outcome: 'blocked',
    reason: 'LaunchTemplateFull',
    sentence:
      'EC2 would refuse the new version. Delete old ones. Versions are counted only where the newest is near 10,000.',
  },
  {
    kind: "A managed group on Amazon's own AMI that follows the channel of an image",
    name: 'amazons-ami',
    group: {
      kind: 'managed',
      ami: oldAmi,
      amazonsAmi: { amiType: 'WINDOWS_CORE_2022_x86_64', releaseVersion: '1.35-2026.04.18' },
    },
    outcome: 'blocked',
    reason: 'AmazonsOwnAmi',
    sentence: 'Let it follow the channel `amazon`, or make a group with a launch template that names an AMI.',
  },
  {
    kind: 'A managed group with the strategy MINIMAL',
    name: 'minimal',
    group: { kind: 'managed', updateStrategy: 'MINIMAL' },
    outcome: 'blocked',
    reason: 'MinimalUpdateStrategy',
    sentence: 'It terminates nodes before it launches new ones. Set DEFAULT.',
  },
];
