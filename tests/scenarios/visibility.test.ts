import { expect, it } from 'vitest';
import { brokenPromises } from '../../scripts/hunt/promises.ts';
import { situations } from '../../scripts/hunt/situations.ts';
import { entriesOf, play } from '../support/play.ts';

it('costs nothing but time when EC2 does not know a launch template version right after it was made', async () => {
  const { document, log } = await play('tiny-month', {
    change: (scenario) => {
      scenario.behaviour.ec2 = { launchTemplateVisibleAfter: 20_000 };
    },
  });
  const refused = entriesOf(log, 'function.ended').filter(
    ({ functionName, error }) => String(functionName).endsWith('create-template-version') && error !== undefined,
  );

  expect(document.run.status).toBe('SUCCEEDED');
  expect(document.nodeGroups.map(({ launchTemplate }) => launchTemplate?.toVersion)).toEqual([2, 2]);
  expect(refused.length).toBeGreaterThan(0);
});

it('costs nothing but time when the copy of a launch template version is not known at once either', async () => {
  const played = await play('broken-ami', {
    change: (scenario) => {
      situations['shared-broken-ami']?.change(scenario);
      // What was made just before the run would look as if somebody made it during the run.
      for (const group of scenario.clusters.flatMap(({ nodeGroups }) => nodeGroups)) group.olderVersions = 0;
      scenario.behaviour.ec2 = { launchTemplateVisibleAfter: 20_000 };
    },
  });

  expect(brokenPromises(played, { expected: 'restored', mayNotBlame: ['NodesNotVerified'] })).toEqual([]);
});
