import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadScenario, parseScenario, UnreadableScenario } from '../../../simulator/scenario/load.ts';

const folder = join(import.meta.dirname, '../../../scenarios');
const files = readdirSync(folder);

describe('loadScenario', () => {
  it.each(files.map((file) => ({ file })))('reads $file, whose name it carries', async ({ file }) => {
    const scenario = await loadScenario(join(folder, file));
    expect(`${scenario.name}.yml`).toBe(file);
  });

  it('names a file that is missing', async () => {
    await expect(loadScenario('/nowhere/some.yml')).rejects.toThrow(UnreadableScenario);
    await expect(loadScenario('/nowhere/some.yml')).rejects.toThrow('/nowhere/some.yml');
  });

  const valid = {
    name: 'mine',
    summary: 'a test',
    startsAt: '2026-05-16T04:12:00Z',
    amis: [{ id: 'ami-0a1b2c3d4e5f60001', name: 'old', kernelVersion: '10.0.20348.1' }],
    images: [{ name: 'windows', version: '1.0.0/1' }],
    clusters: [
      { name: 'shop', nodeGroups: [{ name: 'web', kind: 'self-managed', ami: 'ami-0a1b2c3d4e5f60001', size: 2 }] },
    ],
  };

  it('takes the smallest scenario', () => {
    expect(parseScenario(stringify(valid), 'mine.yml').clusters[0]?.nodeGroups[0]?.maxUnavailable).toBe(1);
  });

  it.each([
    { case: 'text that is no YAML', text: 'a: [1', names: 'not YAML' },
    { case: 'an unknown key', text: stringify({ ...valid, nodegroups: [] }), names: 'nodegroups' },
    { case: 'a missing part', text: stringify({ ...valid, clusters: undefined }), names: 'clusters' },
    {
      case: 'an AMI nobody defined',
      text: stringify(valid).replace(/ami: \S+/, 'ami: ami-0a1b2c3d4e5f69999'),
      names: 'ami-0a1b2c3d4e5f69999',
    },
    {
      case: 'an alias that launch templates do not have',
      text: stringify(valid).replace('size: 2', "size: 2\n        version: '$Newest'"),
      names: 'version',
    },
    {
      case: 'a switch that no service has',
      text: stringify({ ...valid, behaviour: { ec2: { launchTemplatesVisibleAfter: 1 } } }),
      names: 'launchTemplatesVisibleAfter',
    },
    {
      case: 'a switch of another kind',
      text: stringify({ ...valid, behaviour: { ec2: { launchTemplateVisibleAfter: 'late' } } }),
      names: 'launchTemplateVisibleAfter',
    },
    {
      case: 'a fault of an unknown group',
      text: stringify({
        ...valid,
        faults: [{ at: 'launch', group: 'shop/wob', fromMinute: 0, untilMinute: 1, message: 'm' }],
      }),
      names: 'shop/wob',
    },
  ])('refuses $case and names file and place', ({ text, names }) => {
    expect(() => parseScenario(text, 'mine.yml')).toThrow(UnreadableScenario);
    expect(() => parseScenario(text, 'mine.yml')).toThrow('mine.yml');
    expect(() => parseScenario(text, 'mine.yml')).toThrow(names);
  });

  it('keeps every key of a scenario file when read twice', () => {
    const once = parseScenario(stringify(valid), 'mine.yml');
    expect(parseScenario(stringify(parse(stringify(once))), 'mine.yml')).toEqual(once);
  });
});
