import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as errors from '../../functions/domain/errors.ts';
import { Outcome } from '../../functions/domain/report.ts';
import { allStates, machines } from '../statemachines/support/definitions.ts';
import { codeIn, firstTable, readPage, section } from './support/page.ts';

const page = readPage(join('docs', 'operate.md'));
const codesOf = (heading: string, column: string) =>
  firstTable(section(page, heading)).flatMap((row) => codeIn(row[column]));

type NamedClass = new (message: string) => Error;
const thrown = Object.values(errors).flatMap((value) =>
  typeof value === 'function' && value.prototype instanceof Error ? [new (value as NamedClass)('').name] : [],
);

describe('the page for operators', () => {
  it('explains every error that can stand in an execution once, and no other', () => {
    const known = [...new Set<string>([...thrown, ...errors.reasonNames])];

    expect(codesOf('## Errors', 'Error').toSorted()).toEqual(known.toSorted());
  });

  it('says of every error what to do', () => {
    const rows = firstTable(section(page, '## Errors'));

    expect(rows.filter(({ Meaning, Do }) => !Meaning || !Do)).toEqual([]);
  });

  it('explains every outcome', () => {
    expect(codesOf('## Outcomes', 'Outcome of a node group').toSorted()).toEqual(Outcome.options.toSorted());
  });

  it.each(machines)('explains every state of $machine', ({ machine, definition }) => {
    const documented = firstTable(section(page, `### ${machine}`)).map(({ State }) => State);

    expect(documented.toSorted()).toEqual(
      allStates(definition)
        .map(([name]) => name)
        .toSorted(),
    );
  });

  it('explains every alarm', () => {
    const { Resources } = parse(readPage('infrastructure/alarms.yml')) as {
      Resources: Record<string, { Properties: { AlarmName: string } }>;
    };
    const names = Object.values(Resources).map(({ Properties }) =>
      Properties.AlarmName.replace('${self:custom.name}-', ''),
    );

    expect(codesOf('## Alarms', 'Alarm').toSorted()).toEqual(names.toSorted());
  });
});
