import { type Suite, same } from '../check.ts';
import { formRequest } from '../form-request.ts';

export const sts: Suite = {
  service: 'sts',
  probe: formRequest('Action=GetCallerIdentity&Version=2011-06-15'),
  invalidCodes: ['ValidationError'],
  samples: { RoleArn: 'arn:aws:iam::111122223333:role/contract-check-none', RoleSessionName: 'contract-check' },
  checks: [
    {
      name: 'tells who calls',
      source: 'API reference, GetCallerIdentity',
      async run({ ask }) {
        const { Account, Arn } = await ask('GetCallerIdentity');
        same({ accountInArn: String(Arn).split(':')[4] }, 'accountInArn', Account);
      },
    },
    {
      name: 'refuses a role that does not exist as one that may not be assumed',
      source: 'API reference, AssumeRole',
      async run({ ask, refuse }) {
        const { Account } = await ask('GetCallerIdentity');
        const RoleArn = `arn:aws:iam::${Account}:role/contract-check-none`;
        await refuse('AssumeRole', { RoleArn, RoleSessionName: 'contract-check' }, ['AccessDenied']);
      },
    },
    {
      name: 'names a session after its role and its name',
      source: 'API reference, AssumeRole',
      needs: ['role'],
      async run({ ask, given, now }) {
        const answer = await ask('AssumeRole', { RoleArn: given('role'), RoleSessionName: 'contract-check' });
        const roleName = given('role').split('/').at(-1);
        const { Arn } = answer.AssumedRoleUser as { readonly Arn: string };
        same({ name: Arn.split(':assumed-role/')[1] }, 'name', `${roleName}/contract-check`);
        const { Expiration } = answer.Credentials as { readonly Expiration: Date };
        const minutes = Math.round((Expiration.getTime() - now()) / 60_000);
        same({ minutes }, 'minutes', 60);
      },
    },
    {
      name: 'refuses a session that is longer than the role allows',
      source: 'API reference, AssumeRole: MaxSessionDuration is an hour unless the role says otherwise',
      needs: ['role'],
      run: ({ refuse, given }) =>
        refuse('AssumeRole', { RoleArn: given('role'), RoleSessionName: 'contract-check', DurationSeconds: 43_200 }, [
          'ValidationError',
        ]),
    },
  ],
};
