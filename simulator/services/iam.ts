import { onEverything, onResource } from '../iam/dependent-actions.ts';
import type { Iam, Role } from '../iam/iam.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Operation, type Service, ServiceError } from '../kernel/service.ts';
import { paginate } from './ec2/paging.ts';

type RoleName = { readonly RoleName: string };
type Page = { readonly Marker?: string; readonly MaxItems?: number };

/** IAM as people read it: the roles of the account and what their policies say. Nothing is changed through it. */
export function createIamService({
  kernel: { identity },
  iam,
}: {
  readonly kernel: Pick<Kernel, 'identity'>;
  readonly iam: Pick<Iam, 'roles' | 'rolePolicies'>;
}): { readonly service: Service } {
  const find = (roleName: string) => iam.roles().find((role) => role.roleName === roleName);
  const existing = ({ RoleName }: RoleName): Role => {
    const role = find(RoleName);
    if (role === undefined) throw missing(`The role with name ${RoleName} cannot be found.`);
    return role;
  };
  const on =
    (action: string) =>
    ({ RoleName }: RoleName) => {
      const { arn, tags } = find(RoleName) ?? {};
      const unknown = `arn:${identity.partition}:iam::${identity.accountId}:role/${RoleName}`;
      return [onResource(`iam:${action}`, { arn: arn ?? unknown, ...(tags && { tags }) })];
    };

  const listRoles: Operation<Page & { readonly PathPrefix?: string }> = {
    needs: () => [onEverything('iam:ListRoles')],
    run({ PathPrefix = '/', ...input }) {
      const roles = iam.roles().filter(({ path }) => path.startsWith(PathPrefix));
      const { items, page } = pageOf(
        roles.toSorted((a, b) => (a.roleName < b.roleName ? -1 : 1)),
        input,
      );
      return { Roles: items.map(describe), ...page };
    },
  };
  const getRole: Operation<RoleName> = {
    needs: on('GetRole'),
    run(input) {
      const role = existing(input);
      const tags = Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value }));
      return { Role: { ...describe(role), ...(tags.length > 0 && { Tags: tags }) } };
    },
  };
  const listPolicies: Operation<RoleName & Page> = {
    needs: on('ListRolePolicies'),
    run(input) {
      const names = Object.keys(iam.rolePolicies(existing(input).arn)).sort();
      const { items, page } = pageOf(names, input);
      return { PolicyNames: items, ...page };
    },
  };
  const getPolicy: Operation<RoleName & { readonly PolicyName: string }> = {
    needs: on('GetRolePolicy'),
    run(input) {
      const document = iam.rolePolicies(existing(input).arn)[input.PolicyName];
      if (document === undefined) throw missing(`The role policy with name ${input.PolicyName} cannot be found.`);
      return { ...{ RoleName: input.RoleName, PolicyName: input.PolicyName }, PolicyDocument: written(document) };
    },
  };
  return {
    service: {
      model: 'iam',
      name: 'Iam',
      operations: {
        ...{ ListRoles: listRoles, GetRole: getRole },
        ...{ ListRolePolicies: listPolicies, GetRolePolicy: getPolicy },
      },
    },
  };
}

const missing = (message: string) => new ServiceError('NoSuchEntity', message, { status: 404 });

/** Policies are URL-encoded in answers, by RFC 3986. */
const written = (document: unknown) => encodeURIComponent(JSON.stringify(document));

function pageOf<T>(all: readonly T[], { Marker, MaxItems = 100 }: Page) {
  const invalidToken = () => new ServiceError('ValidationError', 'Invalid Marker.');
  const { items, nextToken } = paginate(all, { token: Marker, size: MaxItems, invalidToken });
  return { items, page: nextToken === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: nextToken } };
}

function describe({ path, roleName, roleId, arn, createdAt, trustPolicy, maxSessionSeconds }: Role) {
  return {
    ...{ Path: path, RoleName: roleName, RoleId: roleId, Arn: arn, CreateDate: createdAt },
    ...{ AssumeRolePolicyDocument: written(trustPolicy), MaxSessionDuration: maxSessionSeconds },
  };
}
