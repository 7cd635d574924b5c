import { amazonCases, releaseAmis, releaseInput } from './amazon.ts';
import { blockedCases } from './blocked.ts';
import type { CaseAccount } from './case.ts';
import { newAmi, oldAmi } from './case.ts';
import { followingCases } from './following.ts';
import { mixedCases } from './mixed.ts';
import { regressedAccount } from './regressed.ts';
import { rolledCases } from './rolled.ts';

const breakNewAmi: CaseAccount['change'] = ({ amis }) => {
  for (const ami of amis) if (ami.id === newAmi) ami.defect = 'never-ready';
};

/** Every node works, but the patch level falls. */
const makeNewAmiOlder: CaseAccount['change'] = ({ amis }) => {
  for (const ami of amis) if (ami.id === newAmi) ami.kernelVersion = '10.0.20348.4405';
};

/**
 * All kinds of node groups that reglaze knows. A new kind is a row in one of these accounts; `npm run node-groups` then
 * writes docs/node-groups.md anew.
 */
export const caseAccounts: readonly CaseAccount[] = [
  { name: 'blocked', cases: blockedCases },
  { name: 'rolled', cases: rolledCases },
  { name: 'mixed', cases: mixedCases },
  { name: 'following', cases: followingCases },
  { name: 'amazon', change: releaseAmis, input: releaseInput, cases: amazonCases },
  regressedAccount,
  {
    name: 'no surge',
    circumstances: 'where AWS grows no group over its MaxSize',
    change: ({ behaviour }) => {
      behaviour.autoScaling = { refreshMayExceedMaxSize: false };
    },
    cases: [
      {
        kind: 'MaxSize equal to the desired capacity',
        name: 'at-max-size',
        group: { size: 2, maxSize: 2 },
        outcome: 'rolled-back',
        reason: 'NoRoomToSurge',
        sentence: 'Nothing is launched, so nothing is replaced, and the refresh fails after an hour. Raise MaxSize.',
      },
    ],
  },
  {
    name: 'broken',
    circumstances: 'when the new AMI is broken',
    change: breakNewAmi,
    cases: [
      {
        kind: 'Mixed instances policy',
        name: 'mixed-broken',
        group: { mixedInstances: { overrides: [{ instanceType: 'm5.xlarge' }, { instanceType: 'r5.xlarge' }] } },
        outcome: 'rolled-back',
        reason: 'NodeNeverJoined',
        sentence: 'The first node that does not join sends the group back; its policy is what it was.',
      },
      {
        kind: 'Overrides with launch templates of their own',
        name: 'own-templates-broken',
        group: {
          mixedInstances: {
            overrides: [{ instanceType: 'm5.xlarge', ownTemplate: { ami: oldAmi } }, { instanceType: 'r5.xlarge' }],
          },
        },
        outcome: 'rolled-back',
        reason: 'NodeNeverJoined',
        sentence: 'As above, with all of its templates.',
      },
      {
        kind: 'A warm pool',
        name: 'pool-broken',
        group: { warmPool: { state: 'Stopped', minSize: 1, reuseOnScaleIn: false } },
        outcome: 'rolled-back',
        reason: 'NodeNeverJoined',
        sentence: 'As above. Nothing in the pool has been replaced by then.',
      },
      {
        kind: 'Scaled to zero',
        name: 'empty-unproved',
        group: { size: 0, minSize: 0, maxSize: 4 },
        outcome: 'skipped',
        reason: 'NoInstances',
        sentence: 'No other group has proved the AMI, so this one keeps its version.',
      },
    ],
  },
  {
    name: 'older',
    circumstances: 'when the new AMI turns out to be an older one',
    change: makeNewAmiOlder,
    cases: [
      {
        kind: 'Overrides with launch templates of their own',
        name: 'own-templates-older',
        group: {
          mixedInstances: {
            overrides: [{ instanceType: 'm5.xlarge', ownTemplate: { ami: oldAmi } }, { instanceType: 'r5.xlarge' }],
          },
        },
        outcome: 'rolled-back',
        reason: 'NodesNotVerified',
        sentence:
          "AWS has made the new policy the group's own by then; a second refresh brings all of its versions back.",
      },
      {
        kind: 'One node',
        name: 'one-node-older',
        group: { size: 1, maxSize: 2 },
        outcome: 'rolled-back',
        reason: 'NodesNotVerified',
        sentence: 'As above, with its one version.',
      },
      {
        kind: 'A warm pool',
        name: 'pool-older',
        group: { warmPool: { state: 'Stopped', minSize: 1, reuseOnScaleIn: false } },
        outcome: 'rolled-back',
        reason: 'NodesNotVerified',
        sentence: 'As above. The second refresh replaces what waits in the pool, too.',
      },
    ],
  },
  {
    name: 'alone',
    circumstances: 'without another group of its channel',
    cases: [
      {
        kind: 'Scaled to zero',
        name: 'empty-alone',
        group: { size: 0, minSize: 0, maxSize: 4 },
        outcome: 'skipped',
        reason: 'NoInstances',
        sentence: 'Nothing can prove the AMI. Scale it out, or let another group follow the channel.',
      },
    ],
  },
  {
    name: 'quota',
    circumstances: 'in an account with a lower quota than 10,000',
    change: (scenario) => {
      scenario.quotas.launchTemplateVersions = 4;
    },
    cases: [
      {
        kind: 'A launch template with as many versions as it may have',
        name: 'own-quota',
        group: { olderVersions: 3 },
        outcome: 'failed',
        reason: 'LaunchTemplateFull',
        sentence: 'Only EC2 knows that quota, and refuses the version before anything is changed. Delete old versions.',
      },
    ],
  },
];
