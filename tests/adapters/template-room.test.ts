import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { withRoom } from '../../functions/adapters/template-room.ts';
import { ownTemplates } from '../../functions/domain/mixed-instances.ts';
import { aGroup } from '../support/builders.ts';

const ec2 = mockClient(EC2Client);
beforeEach(() => ec2.reset());

const read = (id: string, newestVersion: number) => ({
  ...{ template: { id, version: 7 }, imageId: 'ami-0old', hasInstanceRequirements: false, newestVersion },
});
const groupOf = (newestVersion: number, overrideNewest?: number) => {
  const own = overrideNewest === undefined ? [] : [read('lt-0b', overrideNewest)];
  const overrides = own.map((each) => ({ imageId: undefined, weight: 1, hasInstanceRequirements: false, own: each }));
  return aGroup({
    source: { type: 'launch-template', ...read('lt-0a', newestVersion), ...(own.length > 0 && { overrides }) },
  });
};

/** As many pages as there are, of two hundred versions each but the last. */
function hasVersions(count: number): void {
  ec2.on(DescribeLaunchTemplateVersionsCommand).callsFake(({ NextToken = '0' }) => {
    const start = Number(NextToken);
    const LaunchTemplateVersions = Array(Math.min(200, count - start)).fill({});
    return { LaunchTemplateVersions, ...(start + 200 < count && { NextToken: `${start + 200}` }) };
  });
}

const calls = () => ec2.commandCalls(DescribeLaunchTemplateVersionsCommand).length;

describe('the room in a launch template', () => {
  it('is plenty while the newest number is far from the quota, which is known without a call', async () => {
    hasVersions(10_000);
    expect((await withRoom(groupOf(9_899))).source).not.toHaveProperty('versionsLeft');
    expect(calls()).toBe(0);
  });

  it.each([
    { newest: 9_950, count: 9_950, left: 50, pages: 50 },
    { newest: 10_000, count: 10_000, left: 0, pages: 50 },
    { newest: 12_345, count: 30, left: 9_970, pages: 1 },
  ])('is $left when there are $count versions up to number $newest', async ({ newest, count, left, pages }) => {
    hasVersions(count);
    expect(await withRoom(groupOf(newest))).toMatchObject({ source: { versionsLeft: left } });
    expect(calls()).toBe(pages);
  });

  it("is also measured in an override's own template", async () => {
    hasVersions(9_999);
    const { source } = await withRoom(groupOf(10, 9_999));
    const own = source.type === 'launch-template' ? ownTemplates(source.overrides) : [];
    expect(own).toMatchObject([{ template: { id: 'lt-0b' }, versionsLeft: 1 }]);
    expect(source).not.toHaveProperty('versionsLeft');
  });
});
