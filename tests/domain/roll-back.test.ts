import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRollBack, progressBack, type RollBackView } from '../../functions/domain/roll-back.ts';
import { aGroup, anInstance, aReplacement, aState, fromAmazon, fromTemplate } from '../support/builders.ts';

const view: RollBackView = {
  group: aGroup(),
  before: aState().before,
  amiTarget: 'ami-0new',
  knownVersions: [
    { id: 'lt-0a', version: 7 },
    { id: 'lt-0a', version: 8 },
  ],
  forward: undefined,
  back: undefined,
  backAttempts: 0,
  isHeldUp: false,
  isBusy: false,
  reversible: true,
};
const half = aGroup({ instances: [anInstance(), anInstance({ instanceId: 'i-0n', imageId: 'ami-0new' })] });
const whole = aGroup({ source: fromTemplate('ami-0new', 8), instances: [anInstance({ imageId: 'ami-0new' })] });
const theirs = aGroup({ source: fromTemplate('ami-0theirs', 9), instances: [anInstance({ imageId: 'ami-0theirs' })] });
const leaving = aGroup({
  instances: [anInstance(), anInstance({ imageId: 'ami-0new', lifecycleState: 'Terminating' })],
});
const coming = aGroup({
  instances: [anInstance(), anInstance({ instanceId: 'i-0c', lifecycleState: 'Pending:Wait' })],
});

const amazonHalf = { ...half, source: fromAmazon() };
const failedUpdate = aReplacement({ status: 'failed' });

describe('the next step on the way back', () => {
  it.each<{ case: string; change: Partial<RollBackView>; step: string }>([
    { case: 'nothing was ever replaced', change: {}, step: 'restored' },
    { case: 'our refresh runs', change: { forward: aReplacement(), isBusy: true, group: half }, step: 'reverse' },
    {
      case: 'our update runs, which EKS cannot turn around',
      change: { forward: aReplacement(), isBusy: true, reversible: false, group: half },
      step: 'wait',
    },
    {
      case: 'it is on its way back already',
      change: { forward: aReplacement({ status: 'reversing' }), isBusy: true, group: half },
      step: 'wait',
    },
    {
      case: 'somebody is cancelling it',
      change: { forward: aReplacement({ status: 'cancelling' }), isBusy: true, group: half },
      step: 'wait',
    },
    {
      case: 'it was turned around and all are back',
      change: { forward: aReplacement({ status: 'reversed' }) },
      step: 'restored',
    },
    {
      case: 'it failed and left new nodes',
      change: { forward: aReplacement({ status: 'failed' }), group: half },
      step: 'start',
    },
    {
      case: 'it succeeded with the wrong result',
      change: { forward: aReplacement({ status: 'succeeded' }), group: whole },
      step: 'start',
    },
    {
      case: 'the last new instance is leaving',
      change: { forward: aReplacement({ status: 'reversed' }), group: leaving },
      step: 'wait',
    },
    {
      case: 'an old instance is still coming up',
      change: { forward: aReplacement({ status: 'reversed' }), group: coming },
      step: 'wait',
    },
    {
      case: 'our way back runs',
      change: { back: aReplacement({ id: 'back' }), group: half, isBusy: true, backAttempts: 1 },
      step: 'wait',
    },
    {
      case: 'our way back failed once',
      change: { back: aReplacement({ status: 'failed' }), group: half, backAttempts: 1 },
      step: 'start',
    },
    {
      case: 'our way back failed three times',
      change: { back: aReplacement({ status: 'failed' }), group: half, backAttempts: 3 },
      step: 'failed',
    },
    {
      case: 'pods would hold up another update back',
      change: { back: aReplacement({ status: 'failed' }), group: half, backAttempts: 1, isHeldUp: true },
      step: 'wait',
    },
    {
      case: 'pods held up the third update back',
      change: { back: aReplacement({ status: 'failed' }), group: half, backAttempts: 3, isHeldUp: true },
      step: 'failed',
    },
    { case: "somebody else's replacement runs", change: { group: half, isBusy: true }, step: 'wait' },
    { case: 'somebody else has replaced all nodes', change: { group: theirs }, step: 'overtaken' },
    {
      case: 'somebody else has replaced what we had brought',
      change: { group: theirs, forward: aReplacement({ status: 'cancelled' }), backAttempts: 3 },
      step: 'overtaken',
    },
    {
      case: 'somebody else has set a version with the AMI from before, and some of ours are left',
      change: { group: { ...half, source: fromTemplate('ami-0old', 9) } },
      step: 'overtaken',
    },
    {
      case: 'somebody else has moved the group off its template',
      change: { group: aGroup({ source: { type: 'mixed-instances-policy' } }) },
      step: 'overtaken',
    },
  ])('when $case: $step', ({ change, step }) => {
    expect(decideRollBack({ ...view, ...change })).toBe(step);
  });

  it.each<{ case: string; change: Partial<RollBackView>; step: string }>([
    { case: 'nothing was started', change: {}, step: 'restored' },
    { case: 'the update runs', change: { forward: aReplacement(), isBusy: true }, step: 'wait' },
    {
      case: 'the update failed and left new nodes',
      change: { forward: failedUpdate, group: amazonHalf },
      step: 'no-way',
    },
    { case: 'the update failed without a new node', change: { forward: failedUpdate }, step: 'no-way' },
    { case: 'its answer was lost and it left new nodes', change: { group: amazonHalf }, step: 'no-way' },
    {
      case: 'the update succeeded with the wrong result',
      change: { forward: aReplacement({ status: 'succeeded' }), group: amazonHalf },
      step: 'no-way',
    },
  ])("on Amazon's AMI, when $case: $step", ({ change, step }) => {
    const amazon = { before: { release: '1.35-2026.04.18', amiId: 'ami-0old' }, reversible: false, knownVersions: [] };
    expect(decideRollBack({ ...view, ...amazon, group: aGroup({ source: fromAmazon() }), ...change })).toBe(step);
  });

  it('is never to start or turn anything while something else runs', () => {
    const group = fc.constantFrom(aGroup(), half, whole, leaving, coming);
    const back = fc.constantFrom(undefined, aReplacement(), aReplacement({ status: 'failed' }));
    fc.assert(
      fc.property(group, back, fc.nat(5), (drawn, ours, backAttempts) => {
        expect(decideRollBack({ ...view, group: drawn, back: ours, backAttempts, isBusy: true })).toBe('wait');
      }),
    );
  });

  it('is never to start or turn anything in a group that somebody else has given another version', () => {
    const status = fc.constantFrom('failed', 'cancelled', 'succeeded', 'reversed', 'reverse-failed');
    fc.assert(
      fc.property(status, fc.nat(5), (ended, backAttempts) => {
        const forward = aReplacement({ status: ended as 'failed' });
        expect(decideRollBack({ ...view, group: theirs, forward, backAttempts })).toBe('overtaken');
      }),
    );
  });

  it('is "restored" only without a trace of the new AMI', () => {
    const image = fc.constantFrom('ami-0old', 'ami-0new');
    fc.assert(
      fc.property(fc.array(image, { maxLength: 5 }), image, (imageIds, own) => {
        const instances = imageIds.map((imageId, index) => anInstance({ instanceId: `i-${index}`, imageId }));
        const group = aGroup({ instances, source: fromTemplate(own) });
        const clean = own === 'ami-0old' && !imageIds.includes('ami-0new');
        expect(decideRollBack({ ...view, group }) === 'restored').toBe(clean);
      }),
    );
  });

  it('tells the machine an end only when there is one, and a person what to do', () => {
    expect(progressBack('restored', aState())).toEqual({ progress: 'restored' });
    expect(progressBack('start', aState())).toEqual({ progress: 'in-progress' });
    expect(progressBack('failed', aState()).reason?.cause).toContain('version 7 of lt-0a');
    const surplus = aGroup({ desiredCapacity: 1 });
    expect(progressBack('failed', aState(), surplus).reason?.cause).toContain('2 nodes where 1 are wanted');
    expect(progressBack('failed', aState(), aGroup()).reason?.cause).not.toContain('are wanted');
    const onRelease = aState({ before: { release: '1.35-2026.04.18' } });
    expect(progressBack('no-way', onRelease)).toMatchObject({
      progress: 'failed',
      reason: { error: 'NoWayBack', cause: expect.stringContaining('1.35-2026.04.18') },
    });
    const rollBack = { reason: { error: 'NodeNeverJoined', cause: 'i-0c did not join.' } };
    expect(progressBack('overtaken', aState({ rollBack }))).toEqual({
      progress: 'overtaken',
      reason: {
        error: 'ReplacementByOthers',
        cause: expect.stringMatching(/version 7 of lt-0a.*NodeNeverJoined: i-0c did not join/),
      },
    });
  });
});
