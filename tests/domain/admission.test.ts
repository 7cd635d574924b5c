import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  joinDeadlineFrom,
  judgeAdmission,
  longestWatchSeconds,
  noLongerWaiting,
  parseHookMetadata,
  pauseSeconds,
  secondsBetweenWatches,
  watchSeconds,
} from '../../functions/domain/admission.ts';
import { aKey, aNode, minutesAgo, now } from '../support/builders.ts';

const identity = { imageId: 'ami-0new', privateDnsName: 'ip-10-0-1-23.us-west-2.compute.internal' };
const inTime = { instanceId: 'i-0a', joinDeadline: new Date(now.getTime() + 60_000).toISOString() };
const tooLate = { instanceId: 'i-0a', joinDeadline: minutesAgo(1).toISOString() };

describe('the admission of a new instance', () => {
  it.each([
    { case: 'a node that works', node: aNode(), verdict: 'joined', says: 'can work' },
    { case: 'no node yet', node: undefined, verdict: 'joining', says: 'never registered' },
    {
      case: 'a node of an earlier instance with the same name',
      node: aNode({ instanceId: 'i-0before' }),
      verdict: 'joining',
      says: 'never registered',
    },
    {
      case: 'a node without a provider id',
      node: aNode({ instanceId: undefined }),
      verdict: 'joining',
      says: 'never registered',
    },
    {
      case: 'a node that is not Ready',
      node: aNode({ ready: false, readyDetail: 'KubeletNotReady: cni' }),
      verdict: 'joining',
      says: 'KubeletNotReady: cni',
    },
    {
      case: 'a node without addresses',
      node: aNode({ podAddresses: 0 }),
      verdict: 'joining',
      says: 'no IPv4 addresses',
    },
    {
      case: 'a node that nobody initialized',
      node: aNode({ initialized: false }),
      verdict: 'joining',
      says: 'initialized',
    },
  ])('with $case: $verdict', ({ node, verdict, says }) => {
    const judged = judgeAdmission(inTime, identity, { node }, now);
    expect(judged.verdict).toBe(verdict);
    expect(judged.finding.cause).toContain(says);
  });

  it('past its deadline is refused with what was missing, unless the node works', () => {
    expect(judgeAdmission(tooLate, identity, { node: aNode({ podAddresses: 0 }) }, now)).toMatchObject({
      verdict: 'late',
      finding: { error: 'NodeNeverJoined', cause: expect.stringMatching(/i-0a \(ami-0new\).*no IPv4 addresses/) },
    });
    expect(judgeAdmission(tooLate, identity, { node: aNode() }, now).verdict).toBe('joined');
  });

  it("of an instance that does not wait any more is over, and nobody's fault", () => {
    expect(noLongerWaiting('i-0a')).toMatchObject({ verdict: 'gone', finding: { error: 'AdmissionStopped' } });
  });

  it('has its deadline counted from the launch', () => {
    expect(joinDeadlineFrom(now, { joinTimeoutSeconds: 1800 })).toBe('2026-05-16T05:30:00.000Z');
  });
});

describe('the watch of a booting node', () => {
  it.each([
    { left: 1800, seconds: 100 },
    { left: 100, seconds: 100 },
    { left: 99, seconds: 100 },
    { left: 60.5, seconds: 62 },
    { left: 4, seconds: 5 },
    { left: 0, seconds: 5 },
    { left: -900, seconds: 5 },
  ])('with $left seconds to the deadline lasts $seconds', ({ left, seconds }) => {
    const joinDeadline = new Date(now.getTime() + left * 1000).toISOString();
    expect(watchSeconds({ joinDeadline }, now)).toBe(seconds);
  });

  it('that ends with its deadline ends past it, when the verdict is late', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3_600_000, max: (longestWatchSeconds - 1) * 1000 }), (milliseconds) => {
        const joinDeadline = new Date(now.getTime() + milliseconds).toISOString();
        const end = new Date(now.getTime() + watchSeconds({ joinDeadline }, now) * 1000);
        expect(judgeAdmission({ ...inTime, joinDeadline }, identity, { node: undefined }, end).verdict).toBe('late');
      }),
    );
  });

  it('is followed by a pause that keeps two beginnings apart, and by no longer one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 150_000 }), (milliseconds) => {
        const pause = pauseSeconds(now, new Date(now.getTime() + milliseconds));
        expect(pause).toBeGreaterThanOrEqual(1);
        expect(milliseconds / 1000 + pause).toBeGreaterThanOrEqual(secondsBetweenWatches);
        if (milliseconds >= secondsBetweenWatches * 1000) expect(pause).toBe(1);
      }),
    );
  });
});

describe('the metadata of the hook', () => {
  it('comes back as it was written', () => {
    const metadata = { ...aKey(), joinTimeoutSeconds: 1800 };
    expect(parseHookMetadata(JSON.stringify(metadata))).toEqual(metadata);
  });

  it.each([
    undefined,
    '',
    'text',
    '{}',
    '{"cluster":"demo"}',
    JSON.stringify({ ...aKey(), joinTimeoutSeconds: 1800, more: 1 }),
  ])('is not %s', (text) => {
    expect(parseHookMetadata(text)).toBeUndefined();
  });
});
