import { expect, it } from 'vitest';
import { openDrainRecords } from '../../functions/adapters/drain-records.ts';
import { newDrainRecord } from '../../functions/domain/drain-record.ts';
import { aDrainInput, minutesAgo, now } from '../support/builders.ts';
import { FakeRunBucket } from '../support/fake-run-bucket.ts';

const group = { cluster: 'a/b', nodeGroup: 'web' };
const aRecord = (instanceId: string, run: string | undefined) =>
  newDrainRecord(aDrainInput({ ...group, instanceId, ...(run && { run }) }), `node-${instanceId}`);

it('finds the drains of one run of one group, and opens no file that is older', async () => {
  const bucket = new FakeRunBucket();
  const records = openDrainRecords(bucket);
  bucket.now = () => minutesAgo(60);
  await bucket.write('drains/a%2Fb/web/i-0old.json', { notRead: true });
  bucket.now = () => now;
  await records.create(aRecord('i-0a', 'run-1'));
  await records.create(aRecord('i-0b', 'run-2'));
  await records.create(aRecord('i-0c', undefined));
  await records.create({ ...aRecord('i-0d', 'run-1'), nodeGroup: 'web2' });

  const found = await records.listOfRun({ ...group, run: 'run-1' }, minutesAgo(30));
  expect(found.map(({ instanceId }) => instanceId)).toEqual(['i-0a']);
});
