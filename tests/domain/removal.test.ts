import { describe, expect, it } from 'vitest';
import { judgeRemoval } from '../../functions/domain/removal.ts';
import { now } from '../support/builders.ts';

const view = { instanceId: 'i-0a', instanceState: 'terminated', nodeName: undefined, since: now };
const lookAfter = (seconds: number, change: Partial<Parameters<typeof judgeRemoval>[0]> = {}) =>
  judgeRemoval({ ...view, ...change }, new Date(now.getTime() + seconds * 1000));

describe('an instance that was let go', () => {
  it.each([
    { case: 'terminated, and its node object gone', change: {}, seconds: 60, removal: 'removed' },
    { case: 'forgotten by EC2', change: { instanceState: undefined }, seconds: 60, removal: 'removed' },
    { case: 'shutting down', change: { instanceState: 'shutting-down' }, seconds: 60, removal: 'leaving' },
    { case: 'held by others for an hour', change: { instanceState: 'running' }, seconds: 3600, removal: 'leaving' },
    { case: 'held by others for too long', change: { instanceState: 'running' }, seconds: 10_801, removal: 'held' },
    { case: 'terminated a moment ago', change: { nodeName: 'ip-10-0-1-23' }, seconds: 60, removal: 'leaving' },
    {
      case: 'long gone, with its node object there',
      change: { nodeName: 'ip-10-0-1-23' },
      seconds: 901,
      removal: 'stayed',
    },
  ])('is $removal when it is $case', ({ change, seconds, removal }) => {
    expect(lookAfter(seconds, change).removal).toBe(removal);
  });

  it('whose node object stays is told with what to do', () => {
    expect(lookAfter(901, { nodeName: 'ip-10-0-1-23' }).finding).toMatchObject({
      error: 'NodeStayed',
      cause: expect.stringContaining('kubectl delete node ip-10-0-1-23'),
    });
  });
});
