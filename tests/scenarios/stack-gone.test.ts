import { beforeAll, describe, expect, it } from 'vitest';
import { entriesOf, type Played, play } from '../support/play.ts';

describe('stack-gone', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('stack-gone');
  }, 120_000);

  const group = () => played.stage.account.autoScaling.group('web');
  /** What the group wants and has Ready, whenever its capacity was changed and at the end. */
  const readyNodes = () =>
    played.stage.clusters
      .get('shop')
      ?.nodes()
      .filter(({ ready, unschedulable }) => ready && !unschedulable);

  it('leaves no replacement that goes on, and nothing that holds or shuns instances', () => {
    expect(group()?.activeRefresh).toBeUndefined();
    expect(group()?.hooks).toEqual(['reglaze-drain']);
    expect(entriesOf(played.log, 'stack.deleted')).toHaveLength(1);
    const [cluster] = played.stage.clusters.values();
    expect(cluster?.nodes().filter(({ unschedulable }) => unschedulable)).toEqual([]);
  });

  it('never has fewer Ready nodes than wanted', () => {
    // Scaled in to three at the end.
    expect(played.observer.readyNodes('shop', 'web')).toEqual({ desired: 3, lowest: 3 });
  });

  it('lets the group grow without anybody who admits, and shrink without anybody who drains', () => {
    const states = group()?.instances.map(({ state }) => state);
    expect(states).toEqual(['InService', 'InService', 'InService']);
    expect(readyNodes()).toHaveLength(3);
    const capacities = entriesOf(played.log, 'group.capacity').map(({ desired }) => desired);
    expect(capacities.slice(-2)).toEqual([6, 3]);
  });

  it('says that the run did not come to its end', () => {
    expect(played.document.run.status).not.toBe('SUCCEEDED');
  });
});

describe('a stack that is removed while nothing rolls', () => {
  it('calls nothing in any group', async () => {
    const { stage, log } = await play('stack-gone', {
      change: (scenario) => {
        scenario.operator = [{ when: { minute: 90 }, does: { kind: 'remove-stack' } }];
      },
    });
    const byTheEnd = entriesOf(log, 'call.aws').filter(
      ({ functionName, operation }) =>
        String(functionName).endsWith('-withdraw') && /^AutoScaling\.(?!Describe)/.test(String(operation)),
    );
    expect(byTheEnd).toEqual([]);
    expect(entriesOf(log, 'stack.deleted')).toHaveLength(1);
    expect(stage.account.autoScaling.group('web')?.instances).toHaveLength(4);
  });
});
