import { expect, it } from 'vitest';
import { createAccount } from '../../simulator/account.ts';
import type { Service } from '../../simulator/kernel/service.ts';
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
