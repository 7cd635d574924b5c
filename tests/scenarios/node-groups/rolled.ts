import { type Case, newAmi } from './case.ts';

const managed = { kind: 'managed', maxSize: 6 } as const;

/** Groups of one template version that are rolled, or are fine as they are. */
export const rolledCases: readonly Case[] = [
  {
    kind: 'A numbered version',
    name: 'numbered',
    outcome: 'patched',
    sentence: "A new version with nothing but the AMI changed; it is the group's own afterwards.",
  },
  {
    kind: 'A numbered version that is not the newest of its template',
    name: 'many-versions',
    group: { olderVersions: 12 },
    outcome: 'patched',
    sentence: "The new version is made from the group's own one, whatever has come after it.",
  },
  {
    kind: 'On the AMI already',
    name: 'on-target',
    group: { ami: newAmi },
    outcome: 'up-to-date',
    sentence: 'Nothing is changed.',
  },
  {
    kind: 'One node',
    name: 'one-node',
    group: { size: 1, maxSize: 2 },
    outcome: 'patched',
    sentence: 'The new node comes first and is watched for the bake time before the rollout counts as done.',
  },
  {
    kind: 'MaxSize equal to the desired capacity',
    name: 'full',
    group: { size: 2, maxSize: 2 },
    outcome: 'patched',
    sentence: 'A refresh may exceed MaxSize by its surge, as far as is known; sizes are never changed.',
  },
  {
    kind: 'A node protected from scale-in',
    name: 'protected',
    group: { size: 3, maxSize: 5, protectedNodes: 1 },
    outcome: 'partly-patched',
    reason: 'NodesLeftBehind',
    sentence: 'The protected node stays on the old AMI and is named. Remove the protection and replace it.',
  },
  {
    kind: 'A node in standby',
    name: 'standby',
    group: { size: 3, minSize: 0, maxSize: 5, standbyNodes: 1 },
    outcome: 'partly-patched',
    reason: 'NodesLeftBehind',
    sentence: 'The node in standby stays on the old AMI and is named. Put it back and replace it.',
  },
  {
    kind: 'Processes suspended that a rollout does not need',
    name: 'no-rebalance',
    group: { suspended: ['AZRebalance', 'AlarmNotification'] },
    outcome: 'patched',
    sentence: 'They stay suspended.',
  },
  {
    kind: 'Scaled to zero',
    name: 'empty',
    group: { size: 0, minSize: 0, maxSize: 4 },
    outcome: 'patched',
    sentence: 'Follows when another group of the run is patched, so that the next scale-out is on the new AMI.',
  },
  {
    kind: 'Scaled to zero, following `$Latest`',
    name: 'empty-latest',
    group: { size: 0, minSize: 0, maxSize: 4, version: '$Latest' },
    outcome: 'patched',
    sentence: 'As above; it follows `$Latest` again afterwards.',
  },
  {
    kind: 'A managed group on a template of its own',
    name: 'managed',
    group: managed,
    outcome: 'patched',
    sentence: 'An update of EKS to a new version of the template; never an instance refresh.',
  },
  {
    kind: 'A managed group of the same name in another cluster',
    name: 'managed',
    cluster: 'back-office',
    group: managed,
    outcome: 'patched',
    sentence: 'Each has its own lease, outcome and execution, by cluster and name.',
  },
  {
    kind: 'A managed group that is DEGRADED',
    name: 'degraded',
    group: { ...managed, issues: [{ code: 'NodeCreationFailure', message: 'Instances failed to join the cluster.' }] },
    outcome: 'patched',
    sentence: 'EKS updates it all the same, and a bad node may be what the update cures.',
  },
  {
    kind: 'A managed group scaled to zero',
    name: 'managed-empty',
    group: { ...managed, size: 0, minSize: 0 },
    outcome: 'patched',
    sentence: 'Follows when another group of the run is patched.',
  },
];
