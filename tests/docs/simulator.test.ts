import { describe, expect, it } from 'vitest';
import { createAccount } from '../../simulator/account.ts';
import type { Service } from '../../simulator/kernel/service.ts';
import { Scenario } from '../../simulator/scenario/schema.ts';
import { createIamService } from '../../simulator/services/iam.ts';
import { createSts } from '../../simulator/services/sts.ts';
import { codeIn, firstTable, readPage, section } from './support/page.ts';

const rows = firstTable(section(readPage('docs/simulator.md'), '## What it answers'));

const isServed = (part: unknown): part is { readonly service: Service } => Object.hasOwn(Object(part), 'service');

/** The operations of the whole account, by the endpoint prefix of their service. */
async function answered(): Promise<Record<string, string[]>> {
  const account = await createAccount({
    identity: { accountId: '111122223333', region: 'us-west-2', partition: 'aws' },
    ...{ startsAt: Date.UTC(2026, 5, 1), seed: 1, pace: 'max', functions: 'process' },
  });
  const parts: unknown[] = [...Object.values(account), createSts(account), createIamService(account)];
  const services = parts.filter(isServed).map(({ service }) => service);
  await account.close();
  return Object.fromEntries(services.map(({ model, operations }) => [model, Object.keys(operations).sort()]));
}

it('the table of operations has every operation that the account answers, and no other', async () => {
  const documented = rows.map(({ Service: service, Operations }) => [codeIn(service)[0] ?? '', codeIn(Operations)]);

  expect(Object.fromEntries(documented)).toEqual(await answered());
});

type Part = {
  readonly entries?: Readonly<Record<string, Part>>;
  readonly pipe?: readonly Part[];
  readonly options?: readonly unknown[];
  readonly wrapped?: Part;
  readonly item?: Part;
  readonly literal?: unknown;
};

/** Free text of somebody else's, and what other tables have. */
const elsewhere = ['timings', 'behaviour'];

/** Every key of a schema with the literals that a key may have, such as `nth` and `at: launch`, below one of its keys or in all. */
function keysOf(part: Part): string[] {
  const own = Object.entries(part.entries ?? {}).flatMap(([key, value]) => {
    const name = typeof value.literal === 'string' ? [`${key}: ${value.literal}`] : [key];
    return elsewhere.includes(key) ? [key] : [...name, ...keysOf(value)];
  });
  const options = (part.options ?? []).filter((each) => typeof each === 'object') as Part[];
  const inner = [...(part.pipe ?? []), ...options, ...[part.wrapped, part.item].filter((each) => each !== undefined)];
  // The first part of a pipe is the schema itself.
  return [...new Set([...own, ...inner.filter((each) => each !== part).flatMap(keysOf)])];
}

describe('what may stand in a scenario', () => {
  const page = readPage('docs/simulator.md');
  const pages = ['## Scenarios', '## Workloads', '## Warm pools'].map((title) => section(page, title)).join('\n');
  const keys = keysOf(Scenario as unknown as Part);

  it('is found in its schema, down to the deepest key', () => {
    for (const key of [
      'rebootSeconds',
      'maxNodeProvisionMinutes',
      'at: event',
      'delayMs',
      'onDemandBase',
      'reuseOnScaleIn',
    ]) {
      expect(keys).toContain(key);
    }
  });

  it('is described, every key and every kind of fault and action', () => {
    const described = new Set(codeIn(pages));
    const isNamed = (key: string) =>
      described.has(key) || described.has(key.replace(/^.*: /, '')) || new RegExp(`\\b${key}: `).test(pages);
    expect(keys.filter((key) => !isNamed(key))).toEqual([]);
  });

  it('is all that is described', () => {
    const rows = firstTable(section(page, '## Scenarios'));
    const listed = rows.flatMap(({ Where, Key }) => [...codeIn(Where), ...codeIn(Key)]);
    expect(listed.filter((key) => !keys.includes(key))).toEqual([]);
  });
});
