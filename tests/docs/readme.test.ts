import { describe, expect, it } from 'vitest';
import { NodeGroupKind as Kind, type NodeGroupKind } from '../../functions/domain/node-group.ts';
import { channelTag, knownTagNames, parseTags } from '../../functions/domain/tags.ts';
import { codeIn, firstTable, readPage, section } from './support/page.ts';

const page = readPage('README.md');
const rows = firstTable(section(page, '### Opt a node group in')).flatMap((row) =>
  codeIn(row.tag).map((tag) => ({ tag, kinds: row.kinds ?? '', standard: codeIn(row.default)[0] })),
);

/** A good value of each tag that has no default. */
const samples: Readonly<Record<string, string>> = {
  [channelTag]: 'windows-2022-core',
  'reglaze:window': 'saturday',
  'reglaze:drain-timeout': '90m',
  'reglaze:deregistration-delay': '2m',
  'reglaze:foreign-drain-hook': 'node-drainer',
  'reglaze:ready-for': '10m',
  'reglaze:require-daemonsets': 'logging/fluent-bit',
  'reglaze:require-label': 'example.com/joined=true',
  'reglaze:require-condition': 'DomainJoined=True',
  'reglaze:smoke-test': 'off',
  'reglaze:hold-until': '2026-12-24',
  'reglaze:hold-reason': 'year end',
};
const kindsOf: Readonly<Record<string, readonly NodeGroupKind[]>> = {
  both: Kind.options,
  'none yet': [],
  'self-managed': ['self-managed'],
  managed: ['managed'],
};

const channel = { [channelTag]: 'windows-2022-core' };
const isHonoured = (tag: string, value: string, kind: NodeGroupKind) => {
  const hold = tag === 'reglaze:hold-reason' ? { 'reglaze:hold-until': '2026-12-24' } : {};
  return 'tags' in parseTags({ ...channel, ...hold, [tag]: value }, kind);
};

describe('the table of tags in the README', () => {
  it('has every tag that reglaze knows, and no other', () => {
    expect(rows.map(({ tag }) => tag).toSorted()).toEqual([...knownTagNames].toSorted());
  });

  it.each(rows)('says which kinds honour $tag', ({ tag, kinds, standard }) => {
    const value = standard ?? samples[tag] ?? '';

    expect(Kind.options.filter((kind) => isHonoured(tag, value, kind))).toEqual(kindsOf[kinds]);
  });

  it.each(rows.filter(({ standard }) => standard !== undefined))(
    'says the default of $tag: setting it changes nothing',
    ({ tag, kinds, standard = '' }) => {
      for (const kind of kindsOf[kinds] ?? []) {
        expect(parseTags({ ...channel, [tag]: standard }, kind)).toEqual(parseTags(channel, kind));
      }
    },
  );
});

describe('the README', () => {
  it('is short enough to be read', () => {
    expect(page.trimEnd().split('\n').length).toBeLessThan(170);
  });
});
