import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyNodes } from '../../functions/domain/verification.ts';
import { aNode, anInstance } from '../support/builders.ts';

const fresh = { imageId: 'ami-0new' };
const level = { patchLevel: '10.0.20348.5139' };
const instances = [anInstance(fresh), anInstance({ ...fresh, instanceId: 'i-0b' })];
const nodes = [aNode(level), aNode({ ...level, name: 'b', instanceId: 'i-0b' })];
const view = { instances, nodes, amiId: 'ami-0new', patchLevelBefore: '10.0.20348.4648' };

describe('the verification of a group', () => {
  it('holds when every node works on the new AMI at one patch level', () => {
    expect(verifyNodes(view)).toEqual({ verification: 'verified', patchLevel: '10.0.20348.5139', leftAlone: [] });
  });

  it.each([
    { case: 'a node is not Ready', nodes: [nodes[0], aNode({ ...level, instanceId: 'i-0b', ready: false })] },
    { case: 'a node has no addresses', nodes: [nodes[0], aNode({ ...level, instanceId: 'i-0b', podAddresses: 0 })] },
    { case: 'an instance has no node', nodes: [nodes[0]] },
    { case: 'a node belongs to another instance', nodes: [nodes[0], aNode({ ...level, instanceId: 'i-0x' })] },
  ])('waits while $case', ({ nodes: seen }) => {
    expect(verifyNodes({ ...view, nodes: seen.filter((each) => each !== undefined) }).verification).toBe('pending');
  });

  it.each(['Pending:Wait', 'Terminating', 'Terminating:Wait'])('waits while an instance is %s', (lifecycleState) => {
    const moving = anInstance({ instanceId: 'i-0c', lifecycleState });
    expect(verifyNodes({ ...view, instances: [...instances, moving] }).verification).toBe('pending');
  });

  it.each([
    { case: 'an instance is on the old AMI', change: { instances: [anInstance(), instances[1]] } },
    {
      case: 'nodes of one AMI differ in their patch level',
      change: { nodes: [nodes[0], aNode({ instanceId: 'i-0b', patchLevel: '10.0.20348.5140' })] },
    },
    { case: 'the patch level fell', change: { patchLevelBefore: '10.0.20348.5140' } },
    { case: 'there is no node at all', change: { instances: [], nodes: [] } },
  ])('is wrong when $case', ({ change }) => {
    expect(verifyNodes({ ...view, ...change } as typeof view).verification).toBe('wrong');
  });

  it('needs no node in an empty group when another group has proved the AMI, and every node in one that is not', () => {
    const empty = { ...view, instances: [], nodes: [], provedElsewhere: true };
    expect(verifyNodes(empty)).toEqual({ verification: 'verified', leftAlone: [] });
    expect(verifyNodes({ ...empty, instances: [anInstance()] }).verification).toBe('wrong');
  });

  describe('with a warm pool', () => {
    const pooled = (lifecycleState: string, imageId = 'ami-0new') =>
      anInstance({ instanceId: 'i-0w', lifecycleState, imageId });

    it.each(['Warmed:Stopped', 'Warmed:Running', 'Warmed:Hibernated'])(
      'holds without a node for one that is %s',
      (at) => {
        expect(verifyNodes({ ...view, pool: [pooled(at)] })).toMatchObject({ verification: 'verified', leftAlone: [] });
      },
    );

    it.each(['Warmed:Pending', 'Warmed:Pending:Wait'])('waits for one that is %s', (at) => {
      expect(verifyNodes({ ...view, pool: [pooled(at)] })).toMatchObject({
        verification: 'pending',
        reason: { cause: `Instance i-0w is still ${at}.` },
      });
    });

    it('names one on another AMI, and does not go back for it', () => {
      const judged = verifyNodes({ ...view, pool: [pooled('Warmed:Stopped', 'ami-0old')] });
      expect(judged).toMatchObject({ verification: 'verified', leftAlone: ['i-0w'] });
    });

    it('does not look at one that is terminated', () => {
      const judged = verifyNodes({ ...view, pool: [pooled('Warmed:Terminating:Wait', 'ami-0old')] });
      expect(judged).toMatchObject({ verification: 'verified', leftAlone: [] });
    });

    it('is wrong for the nodes of the group whatever waits in the pool', () => {
      const wrong = { ...view, instances: [anInstance()], pool: [pooled('Warmed:Pending')] };
      expect(verifyNodes(wrong).verification).toBe('wrong');
    });
  });

  it('names what a replacement leaves alone', () => {
    const protectedOne = anInstance({ instanceId: 'i-0p', protectedFromScaleIn: true });
    const standby = anInstance({ instanceId: 'i-0s', lifecycleState: 'Standby' });
    expect(verifyNodes({ ...view, instances: [...instances, protectedOne, standby] })).toMatchObject({
      verification: 'verified',
      leftAlone: ['i-0p', 'i-0s'],
    });
  });

  it('never holds with an unprotected instance on another AMI', () => {
    const group = fc.array(fc.record({ old: fc.boolean(), isProtected: fc.boolean() }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(group, (drawn) => {
        const all = drawn.map(({ old, isProtected }, index) =>
          anInstance({
            instanceId: `i-${index}`,
            imageId: old ? 'ami-0old' : 'ami-0new',
            protectedFromScaleIn: isProtected,
          }),
        );
        const seen = all.map(({ instanceId }) => aNode({ ...level, instanceId }));
        const { verification } = verifyNodes({ ...view, instances: all, nodes: seen });
        if (drawn.some(({ old, isProtected }) => old && !isProtected)) expect(verification).toBe('wrong');
      }),
    );
  });
});
