import { type Case, type CaseAccount, newAmi, oldAmi } from './case.ts';

const amiType = 'WINDOWS_CORE_2022_x86_64';
const tags = { 'reglaze:channel': 'amazon' };
const on = (releaseVersion: string) => ({
  ...({ kind: 'managed', maxSize: 6, tags } as const),
  amazonsAmi: { amiType, releaseVersion } as const,
});

/** The release before the newest one, and the newest one. */
const earlier = '1.35-2026.04.18';
const newest = '1.35-2026.05.16';

/** By hand, since no event tells of a release. */
export const releaseInput = { release: { amiType, kubernetesVersion: '1.35' } };

/** Makes the old and the new AMI Amazon's, of two releases; the old one is of the release that is older by a month. */
export const releaseAmis: NonNullable<CaseAccount['change']> = (scenario) => {
  for (const ami of scenario.amis) {
    if (ami.id === newAmi) ami.name = `Windows_Server-2022-English-Core-EKS_Optimized-${newest}`;
    if (ami.id === oldAmi) ami.name = `Windows_Server-2022-English-Core-EKS_Optimized-${earlier}`;
  }
  scenario.releases = [
    { amiType, version: earlier, ami: oldAmi },
    { amiType, version: newest, ami: newAmi },
  ];
};

/** Groups of the channel that follows Amazon's own releases. */
export const amazonCases: readonly Case[] = [
  {
    kind: "A managed group on Amazon's own AMI that follows the channel `amazon`",
    name: 'amazon',
    group: { ...on(earlier), ami: oldAmi },
    outcome: 'patched',
    sentence:
      'An update of EKS to the newest release of its own type and Kubernetes version. The plan says that EKS offers no way ' +
      'back.',
  },
  {
    kind: 'A managed group on the newest release already',
    name: 'amazon-newest',
    group: { ...on(newest), ami: newAmi },
    outcome: 'up-to-date',
    sentence: 'Nothing is changed.',
  },
  {
    kind: "A managed group on Amazon's own AMI, scaled to zero",
    name: 'amazon-empty',
    group: { ...on(earlier), ami: oldAmi, size: 0, minSize: 0 },
    outcome: 'patched',
    sentence: 'Follows when another group of the run is patched.',
  },
  {
    kind: "A managed group on a newer release than AWS's parameters tell of",
    name: 'amazon-ahead',
    group: { ...on('1.35-2026.06.13'), ami: oldAmi },
    outcome: 'skipped',
    reason: 'NewerImage',
    sentence: 'EKS takes no older release. Nothing is changed.',
  },
  {
    kind: 'A managed group on a template of its own that follows the channel `amazon`',
    name: 'amazon-own-template',
    group: { kind: 'managed', maxSize: 6, tags },
    outcome: 'blocked',
    reason: 'NotAmazonsAmi',
    sentence: 'EKS does not replace an AMI of the template by its own. Let it follow the channel of its image.',
  },
  {
    kind: 'A self-managed group that follows the channel `amazon`',
    name: 'amazon-self-managed',
    group: { tags },
    outcome: 'blocked',
    reason: 'NotAmazonsAmi',
    sentence: 'As above.',
  },
];
