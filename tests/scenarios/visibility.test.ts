import { expect, it } from 'vitest';
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
