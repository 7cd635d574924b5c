import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultAutoScalingBehaviour } from '../../simulator/services/autoscaling/behaviour.ts';
import { defaultEc2Behaviour } from '../../simulator/services/ec2/behaviour.ts';
import { defaultEksBehaviour } from '../../simulator/services/eks/behaviour.ts';
import { defaultSsmBehaviour } from '../../simulator/services/ssm/behaviour.ts';
import { codeIn, firstTable, readPage, root, section } from './support/page.ts';

const page = readPage(join('docs', 'understand.md'));

describe('the page for newcomers', () => {
  it('follows the data through every step', () => {
    const table = firstTable(section(page, '## The way of the data'));
    const named = table.flatMap(({ File }) => codeIn(File)).map((path) => path.replace('handlers/', ''));

    expect(named.toSorted()).toEqual(readdirSync(join(root, 'functions/handlers')).toSorted());
  });

  it('names only files of the domain that exist', () => {
    const table = firstTable(section(page, '## The way of the data'));
    const files = table.flatMap((row) => codeIn(row['Decides in `functions/domain/`']));

    expect(files.filter((file) => !existsSync(join(root, 'functions/domain', file)))).toEqual([]);
  });

  it('lists every switch of the embedded account with its default', () => {
    const rows = firstTable(section(page, '### Switches'));
    const documented = Object.fromEntries(rows.flatMap((row) => codeIn(row.Switch).map((name) => [name, row.Default])));
    const defaults = {
      ...defaultAutoScalingBehaviour,
      ...defaultEc2Behaviour,
      ...defaultEksBehaviour,
      ...defaultSsmBehaviour,
    };

    for (const [name, value] of Object.entries(defaults)) {
      expect(documented).toHaveProperty(name);
      if (typeof value === 'boolean' || typeof value === 'string') expect(documented[name]).toBe(`\`${value}\``);
    }
    // Image Builder has one switch and no file of its own for it.
    expect(Object.keys(documented).toSorted()).toEqual([...Object.keys(defaults), 'missingImage'].toSorted());
  });
});
