import { holds, type Suite, same } from '../check.ts';
import { list, text } from '../fields.ts';
import { formRequest } from '../form-request.ts';

const nameOf = (arn: string) => arn.split('/').at(-1) ?? '';

export const iam: Suite = {
  service: 'iam',
  probe: formRequest('Action=ListRoles&Version=2010-05-08'),
  invalidCodes: ['ValidationError'],
  checks: [
    {
      name: 'describes a role with its trust policy, which is written for URLs',
      source: 'API reference, GetRole and Role: policies are URL-encoded as in RFC 3986',
      needs: ['role'],
      async run({ ask, given }) {
        const answer = await ask('GetRole', { RoleName: nameOf(given('role')) });
        same(answer, 'Role.Arn', given('role'));
        const policy = JSON.parse(decodeURIComponent(text(answer, 'Role.AssumeRolePolicyDocument')));
        same(policy, 'Statement.0.Action', 'sts:AssumeRole');
      },
    },
    {
      name: 'refuses roles and policies that do not exist',
      source: 'model: NoSuchEntity',
      needs: ['role'],
      async run({ refuse, given }) {
        await refuse('GetRole', { RoleName: 'contract-check-none' }, ['NoSuchEntity']);
        await refuse('ListRolePolicies', { RoleName: 'contract-check-none' }, ['NoSuchEntity']);
        const absent = { RoleName: nameOf(given('role')), PolicyName: 'contract-check-none' };
        await refuse('GetRolePolicy', absent, ['NoSuchEntity']);
      },
    },
    {
      name: 'lists every role once over pages of one',
      source: 'API reference, ListRoles: Marker and IsTruncated',
      needs: ['role'],
      async run({ ask, given }) {
        const names: string[] = [];
        let marker: string | undefined;
        do {
          const page = await ask('ListRoles', { MaxItems: 1, ...(marker && { Marker: marker }) });
          names.push(...list(page, 'Roles').map((one) => text(one, 'RoleName')));
          marker = text(page, 'Marker') || undefined;
          same(page, 'IsTruncated', marker !== undefined);
        } while (marker !== undefined && names.length < 1000);
        holds(new Set(names).size === names.length && names.includes(nameOf(given('role'))), 'every role once', names);
      },
    },
  ],
};
