import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePatchLevels, lowestPatchLevel, nodeServerLine, whyNotWorking } from '../../functions/domain/node.ts';
import { aNode } from '../support/builders.ts';

const level = fc
  .tuple(fc.nat(30), fc.nat(30_000), fc.nat(30_000))
  .map(([major, build, revision]) => `${major}.0.${build}.${revision}`);

describe('a node', () => {
  it.each([
    {
      case: 'a node that is not Ready',
      node: aNode({ ready: false, readyDetail: 'KubeletNotReady: cni' }),
      says: 'KubeletNotReady: cni',
    },
    { case: 'a node that nobody initialized', node: aNode({ initialized: false }), says: 'initialized' },
    { case: 'a Ready node without addresses for pods', node: aNode({ podAddresses: 0 }), says: 'no IPv4 addresses' },
  ])('cannot work: $case', ({ node, says }) => {
    expect(whyNotWorking(node)).toContain(says);
  });

  it('works when it is Ready, initialized and has addresses', () => {
    expect(whyNotWorking(aNode())).toBeUndefined();
  });

  it.each([
    { patchLevel: '10.0.17763.1', osImage: '', line: '2019' },
    { patchLevel: '10.0.20348.5139', osImage: 'Windows Server 2025 Datacenter', line: '2022' },
    { patchLevel: '10.0.26100.7178', osImage: '', line: '2025' },
    { patchLevel: '10.0.99999.1', osImage: 'Windows Server 2028 Datacenter', line: '2028' },
    { patchLevel: '', osImage: '', line: undefined },
  ])('of build $patchLevel is of Server line $line', ({ patchLevel, osImage, line }) => {
    expect(nodeServerLine(aNode({ patchLevel, osImage }))).toBe(line);
  });
});

describe('patch levels', () => {
  it('are ordered by number, not by text', () => {
    expect(comparePatchLevels('10.0.20348.998', '10.0.20348.5139')).toBeLessThan(0);
  });

  it('have one order whichever way they are compared', () => {
    fc.assert(
      fc.property(level, level, (a, b) => {
        expect(Math.sign(comparePatchLevels(a, b))).toBe(-Math.sign(comparePatchLevels(b, a)) + 0);
        expect(comparePatchLevels(a, a)).toBe(0);
      }),
    );
  });

  it('of a group are its lowest, in whatever order the nodes come', () => {
    fc.assert(
      fc.property(fc.array(level, { minLength: 1 }), (levels) => {
        const lowest = lowestPatchLevel(levels.map((patchLevel) => aNode({ patchLevel })));
        for (const each of levels) expect(comparePatchLevels(lowest ?? '', each)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
