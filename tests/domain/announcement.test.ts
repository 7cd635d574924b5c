import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { admittedNode, announcementDetails, announcementSource } from '../../functions/domain/announcement.ts';
import { aKey, now } from '../support/builders.ts';

const types = Object.keys(announcementDetails) as (keyof typeof announcementDetails)[];
const fileOf = (type: string) => `${type.toLowerCase().replace(' ', '-')}.json`;
const sample = (type: string) =>
  JSON.parse(readFileSync(new URL(`../../events/${fileOf(type)}`, import.meta.url), 'utf8')) as Record<string, unknown>;

describe('our own events', () => {
  it.each(types)('%s has a sample whose detail is one that we write', (type) => {
    const event = sample(type);

    expect(event).toMatchObject({ source: announcementSource, 'detail-type': type });
    expect(v.parse(announcementDetails[type], event.detail)).toEqual(event.detail);
  });

  it.each(types)('%s is not what another type carries', (type) => {
    for (const other of types.filter((each) => each !== type)) {
      expect(v.is(announcementDetails[other], sample(type).detail)).toBe(false);
    }
  });

  it('say of an admitted node all that is known of it, in the form that is documented', () => {
    const { type, detail } = admittedNode({ ...aKey(), instanceId: 'i-0c' }, { nodeName: 'node-c' }, now);

    expect(v.parse(announcementDetails[type], detail)).toEqual({
      ...{ version: '1', cluster: 'demo', nodeGroup: 'win2022', run: 'run-1' },
      ...{ instanceId: 'i-0c', nodeName: 'node-c', admittedAt: now.toISOString() },
    });
  });
});
