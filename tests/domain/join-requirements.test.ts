import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAdmission, needsDaemons, pauseUntil } from '../../functions/domain/admission.ts';
import {
  type JoinRequirements,
  lackOf,
  missingDaemon,
  parseCondition,
  parseDaemonSets,
  parseLabel,
} from '../../functions/domain/join-requirements.ts';
import { aNode, now } from '../support/builders.ts';

const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();
const identity = { imageId: 'ami-0new', privateDnsName: 'ip-10-0-1-23' };
const input = { instanceId: 'i-0a', joinDeadline: new Date(now.getTime() + 600_000).toISOString() };

describe('what a group asks of a new node', () => {
  const joined = { labels: { 'example.com/joined': 'yes' }, conditions: { Ready: 'True', DomainJoined: 'True' } };

  it.each<{ case: string; asks: JoinRequirements; node: Parameters<typeof aNode>[0]; says: string | undefined }>([
    { case: 'nothing', asks: {}, node: {}, says: undefined },
    { case: 'a label that it has', asks: { label: { key: 'example.com/joined' } }, node: joined, says: undefined },
    {
      case: 'a label with another value',
      asks: { label: { key: 'example.com/joined', value: 'no' } },
      node: joined,
      says: 'example.com/joined=no',
    },
    {
      case: 'a label that it lacks',
      asks: { label: { key: 'example.com/other' } },
      node: joined,
      says: 'example.com/other',
    },
    {
      case: 'a condition that holds',
      asks: { condition: { type: 'DomainJoined', status: 'True' } },
      node: joined,
      says: undefined,
    },
    {
      case: 'a condition that nobody reports',
      asks: { condition: { type: 'DomainJoined', status: 'True' } },
      node: {},
      says: 'not reported',
    },
    {
      case: 'to be Ready for a time that is over',
      asks: { readyForSeconds: 60 },
      node: { readySince: secondsAgo(60) },
      says: undefined,
    },
    {
      case: 'to be Ready for longer than it is',
      asks: { readyForSeconds: 60 },
      node: { readySince: secondsAgo(59) },
      says: '60 seconds',
    },
    {
      case: 'to be Ready for some time, of a node that does not say since when',
      asks: { readyForSeconds: 60 },
      node: { readySince: undefined },
      says: 'unknown time',
    },
  ])('$case', ({ asks, node, says }) => {
    const lack = lackOf(aNode(node), asks, now);
    if (says === undefined) expect(lack).toBeUndefined();
    else expect(lack?.why).toContain(says);
  });

  it('is not asked of a node that cannot work', () => {
    const node = aNode({ ready: false, readyDetail: 'KubeletNotReady: cni' });
    const requirements = { label: { key: 'example.com/joined' }, daemonSets: [{ namespace: 'a', name: 'b' }] };
    expect(judgeAdmission(input, identity, { node, requirements }, now).finding.cause).toContain('KubeletNotReady');
    expect(needsDaemons(input, { node, requirements }, now)).toBe(false);
  });

  it('begins anew with every transition of Ready, and is over exactly then', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3600 }), fc.integer({ min: 0, max: 4000 }), (readyForSeconds, since) => {
        const node = aNode({ readySince: secondsAgo(since) });
        const { verdict, until } = judgeAdmission(input, identity, { node, requirements: { readyForSeconds } }, now);
        expect(verdict).toBe(since >= readyForSeconds ? 'joined' : 'joining');
        expect(until?.getTime()).toBe(
          since >= readyForSeconds ? undefined : now.getTime() + (readyForSeconds - since) * 1000,
        );
        if (until) expect(pauseUntil(until, now)).toBe(Math.min(100, readyForSeconds - since));
      }),
    );
  });

  it('has the first DaemonSet named that has no Ready pod', () => {
    const daemonSets = [
      { namespace: 'kube-system', name: 'agent' },
      { namespace: 'logging', name: 'agent' },
    ];
    const pod = { namespace: 'kube-system', daemonSet: 'agent', ready: true };
    expect(missingDaemon('node-a', { daemonSets }, [pod])).toContain('logging/agent');
    expect(missingDaemon('node-a', { daemonSets }, [pod, { ...pod, namespace: 'logging', ready: false }])).toContain(
      'logging/agent',
    );
    expect(missingDaemon('node-a', { daemonSets }, [pod, { ...pod, namespace: 'logging' }])).toBeUndefined();
    expect(missingDaemon('node-a', {}, [])).toBeUndefined();
  });
});

describe('the tags that say so', () => {
  it.each([
    {
      text: 'kube-system/agent  logging/fluent-bit',
      read: [
        { namespace: 'kube-system', name: 'agent' },
        { namespace: 'logging', name: 'fluent-bit' },
      ],
    },
    { text: 'agent', read: undefined },
    { text: 'kube-system/agent/v1', read: undefined },
    { text: ' ', read: undefined },
  ])('DaemonSets "$text"', ({ text, read }) => {
    expect(parseDaemonSets(text)).toEqual(read);
  });

  it.each([
    { text: 'example.com/joined=yes', read: { key: 'example.com/joined', value: 'yes' } },
    { text: 'joined', read: { key: 'joined' } },
    { text: '=yes', read: undefined },
  ])('label "$text"', ({ text, read }) => {
    expect(parseLabel(text)).toEqual(read);
  });

  it.each([
    { text: 'DomainJoined=True', read: { type: 'DomainJoined', status: 'True' } },
    { text: 'DomainJoined=true', read: undefined },
    { text: 'DomainJoined', read: undefined },
  ])('condition "$text"', ({ text, read }) => {
    expect(parseCondition(text)).toEqual(read);
  });
});
