import type { Case } from './case.ts';

const small = { size: 1, minSize: 1, maxSize: 3 };

/** Groups that follow a launch template by an alias, or share one. */
export const followingCases: readonly Case[] = [
  {
    kind: 'Following `$Latest`',
    name: 'latest',
    group: { ...small, version: '$Latest', olderVersions: 2 },
    outcome: 'patched',
    sentence: 'Has a number while it is rolled, and follows `$Latest` again afterwards.',
  },
  {
    kind: 'Following `$Default`, which is not the newest version',
    name: 'default',
    group: { ...small, version: '$Default', olderVersions: 2 },
    outcome: 'patched',
    sentence: 'The proved version becomes the default, and the group follows `$Default` again.',
  },
  {
    kind: 'Sharing a template through `$Latest`',
    name: 'shared-latest',
    group: { ...small, version: '$Latest', launchTemplate: 'together' },
    outcome: 'patched',
    sentence: 'All that share it get their numbers first, are promoted after the last, or all go back.',
  },
  {
    kind: 'Sharing a template through `$Default` with groups that follow `$Latest`',
    name: 'shared-default',
    group: { ...small, version: '$Default', launchTemplate: 'together' },
    outcome: 'patched',
    sentence: 'As above; a group that names a number of that template goes along, too.',
  },
  {
    kind: 'Sharing a template at a number',
    name: 'numbered-old',
    group: { ...small, version: 1, olderVersions: 1, launchTemplate: 'numbered' },
    outcome: 'patched',
    sentence: 'Independent of the groups at other numbers: each gets a version of its own.',
  },
  {
    kind: 'Sharing a template at another number',
    name: 'numbered-new',
    group: { ...small, version: 2, launchTemplate: 'numbered' },
    outcome: 'patched',
    sentence: 'As above.',
  },
  {
    kind: 'Sharing a template through `$Latest` with one that does not go along',
    name: 'shared-apart',
    group: { ...small, version: '$Latest', launchTemplate: 'apart' },
    outcome: 'blocked',
    reason: 'TemplateShared',
    sentence:
      'The cause names the other one and why: not opted in, held, blocked, empty. Let it go along, or give it a number.',
  },
  {
    kind: 'Without our tags, sharing a template',
    name: 'not-opted-in',
    group: { ...small, version: '$Latest', launchTemplate: 'apart' },
    optedIn: false,
    outcome: 'blocked',
    sentence: 'Keeps the others from being rolled.',
  },
];
