import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import { decideRollBack, type RollBackView } from '../../functions/domain/roll-back.ts';
import { rollBack } from '../../functions/handlers/roll-back.ts';
import { aGroup, aKey, anInstance, aReplacement, aRollingState, aState } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';
import { FakeNodeGroup } from '../support/fake-node-group.ts';

const pooled = (lifecycleState: string, imageId = 'ami-0new') =>
  anInstance({ instanceId: 'i-0w', lifecycleState, imageId });

describe('the way back of a group with a warm pool', () => {
  const view: RollBackView = {
    ...{
      group: aGroup(),
      before: aState().before,
      amiTarget: 'ami-0new',
      knownVersions: [{ id: 'lt-0a', version: 7 }],
    },
    ...{ forward: aReplacement({ status: 'reverse-failed' }), back: undefined, backAttempts: 0 },
    ...{ isHeldUp: false, isBusy: false, reversible: true },
  };

  it.each([
    { state: 'Warmed:Stopped', imageId: 'ami-0old', step: 'restored' },
    { state: 'Warmed:Stopped', imageId: 'ami-0new', step: 'start' },
    { state: 'Warmed:Pending:Wait', imageId: 'ami-0new', step: 'start' },
    { state: 'Warmed:Terminating:Wait', imageId: 'ami-0new', step: 'wait' },
  ])('whose nodes are back is $step with one that is $state on $imageId', ({ state, imageId, step }) => {
    const group = aGroup({ instances: [anInstance(), pooled(state, imageId)] });
    expect(decideRollBack({ ...view, group })).toBe(step);
  });

  it.each([
    { warmPool: true, step: 'start' },
    { warmPool: false, step: 'restored' },
  ])('looks into the pool where there is one: $warmPool', async ({ warmPool, step }) => {
    const account = new FakeAccount(new FakeNodeGroup({ warmPool }));
    account.withState(aRollingState());
    account.pool = [pooled('Warmed:Stopped')];
    account.nodeGroup.replacements = [aReplacement({ status: 'reverse-failed' })];
    const reason = { error: 'NodesNotVerified', cause: 'The patch level fell.' };
    expect(await rollBack(account)({ ...aKey(), reason })).toEqual({ rollBack: { step } });
  });
});
