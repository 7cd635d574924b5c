import type { Account } from './account.ts';
import { creationOrder, namesIn } from './dependencies.ts';
import { resolveCondition, resolveValue, type Scope } from './intrinsics.ts';
import { type ParameterValue, resolveParameters } from './parameters.ts';
import { resourceTypes } from './registry.ts';
import type { CreatedResource, Creation, ResourceType } from './resource-type.ts';
import { keepRecord } from './stack-record.ts';
import { parseTemplate, type ResourceDeclaration, type Template } from './template.ts';
import { TemplateError } from './template-error.ts';

export type Deployment = {
  readonly account: Account;
  /** The parsed JSON of a template. */
  readonly template: unknown;
  readonly stackName: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The zip that was uploaded under a key. */
  readonly artifacts: (s3Key: string) => Buffer;
};

export type StackResource = CreatedResource & {
  readonly logicalId: string;
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
};

export type Stack = {
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** In the order in which they were created. */
  readonly resources: readonly StackResource[];
  readonly resource: (logicalId: string) => StackResource | undefined;
  /**
   * Deletes the resources in reverse order, except those that their DeletionPolicy keeps; rejects at the first that cannot
   * be deleted. Takes account time where a custom resource does.
   */
  readonly delete: () => Promise<void>;
};

/**
 * Creates the resources of a template, each after what it refers to. Nothing is created when the template itself is at
 * fault; when a resource cannot be created, those before it are deleted again, as CreateStack rolls back.
 *
 * @throws {TemplateError} naming the place in the template and what to change
 */
export async function deploy({
  account,
  template: document,
  stackName,
  parameters,
  artifacts,
}: Deployment): Promise<Stack> {
  const template = parseTemplate(document);
  const startedAt = account.kernel.clock.now();
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(stackName))
    throw new TemplateError('StackName', `${stackName} is no name for a stack`);
  const created = new Map<string, StackResource>();
  const scope = createScope(account, template, stackName, parameters, created);
  const active = Object.entries(template.Resources).filter(([logicalId, { Condition }]) =>
    isActive(Condition, scope, `Resources.${logicalId}`),
  );
  const types = new Map(active.map(([logicalId, { Type }]) => [logicalId, typeOf(Type, logicalId)]));
  const order = creationOrder(dependenciesOf(new Map(active), template, scope));

  const remove = async (logicalId: string) => created.get(logicalId)?.delete();
  const awaited = <Result>(logicalId: string, work: Result | Promise<Result>) =>
    types.get(logicalId)?.takesTime ? elapse(account, work) : work;
  for (const logicalId of order) {
    const { Type, Properties = {} } = template.Resources[logicalId] as ResourceDeclaration;
    try {
      const properties = resolveValue(Properties, scope, `Resources.${logicalId}.Properties`);
      const creation = creationOf(
        { account, stackName, artifacts },
        String(scope.values.get('AWS::StackId')),
        logicalId,
      );
      const resource = await awaited(logicalId, (types.get(logicalId) as ResourceType).create(properties, creation));
      created.set(logicalId, { logicalId, type: Type, createdAt: account.kernel.clock.now(), ...resource });
    } catch (error) {
      for (const other of [...created.values()].reverse()) await awaited(other.logicalId, other.delete());
      if (error instanceof TemplateError) throw error;
      throw new TemplateError(`Resources.${logicalId}`, `${Type} could not be created: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  account.kernel.log.write('stack.created', { stack: stackName, resources: order.length });
  const outputs = outputsOf(template, scope);
  const record = keepRecord(account, { stackName, template, scope, startedAt, outputs, resources: created.values() });

  return {
    stackName,
    outputs,
    resources: [...created.values()],
    resource: (logicalId) => created.get(logicalId),
    async delete() {
      await record.deleting(async () => {
        for (const logicalId of [...order].reverse()) {
          const isKept = template.Resources[logicalId]?.DeletionPolicy === 'Retain';
          await record.deletingResource(logicalId, isKept, () => remove(logicalId));
        }
      });
      account.kernel.log.write('stack.deleted', { stack: stackName });
    },
  };
}

/** Lets the account's time pass until a resource is there, or gone. */
async function elapse<Result>({ kernel }: Account, work: Result | Promise<Result>): Promise<Result> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  const result = Promise.resolve(work);
  result.then(end, end);
  await kernel.clock.run(() => isOver);
  return result;
}

function createScope(
  account: Account,
  template: Template,
  stackName: string,
  parameters: Readonly<Record<string, string>>,
  created: ReadonlyMap<string, StackResource>,
): Scope {
  const { accountId, region, partition } = account.kernel.identity;
  const stackId = `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stackName}/${account.kernel.random.uuid('stack', stackName)}`;
  const values = new Map<string, ParameterValue>([
    ...resolveParameters(template.Parameters ?? {}, parameters),
    ['AWS::AccountId', accountId],
    ['AWS::Partition', partition],
    ['AWS::Region', region],
    ['AWS::StackId', stackId],
    ['AWS::StackName', stackName],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::NotificationARNs', []],
  ]);
  const inProgress = new Set<string>();
  const conditions = template.Conditions ?? {};
  const forConditions: Scope = {
    values,
    mappings: template.Mappings ?? {},
    condition: (name, place) => condition(name, place),
    resource: (logicalId, place) => {
      throw new TemplateError(place, `conditions cannot refer to the resource ${logicalId}`);
    },
  };
  const condition = (name: string, place: string): boolean => {
    if (!Object.hasOwn(conditions, name)) throw new TemplateError(place, `there is no condition ${name}`);
    if (inProgress.has(name)) throw new TemplateError(`Conditions.${name}`, 'refers to itself');
    inProgress.add(name);
    const holds = resolveCondition(conditions[name], forConditions, `Conditions.${name}`);
    inProgress.delete(name);
    return holds;
  };
  return {
    ...forConditions,
    resource: (logicalId, place) => {
      const found = created.get(logicalId);
      if (found === undefined)
        throw new TemplateError(place, `${logicalId} is no parameter and no resource that the stack creates`);
      return found;
    },
  };
}

function isActive(condition: string | undefined, scope: Scope, place: string): boolean {
  return condition === undefined || scope.condition(condition, place);
}

function typeOf(type: string, logicalId: string): ResourceType {
  const found = resourceTypes.get(type);
  if (found === undefined)
    throw new TemplateError(`Resources.${logicalId}`, `the resource type ${type} is not simulated`);
  return found;
}

function dependenciesOf(
  active: ReadonlyMap<string, ResourceDeclaration>,
  { Resources }: Template,
  scope: Scope,
): ReadonlyMap<string, ReadonlySet<string>> {
  const needs = ([logicalId, declaration]: [string, ResourceDeclaration]): [string, ReadonlySet<string>] => {
    const place = `Resources.${logicalId}`;
    const listed = [declaration.DependsOn ?? []].flat();
    const missing = listed.find((name) => !Object.hasOwn(Resources, name));
    if (missing !== undefined) throw new TemplateError(`${place}.DependsOn`, `there is no resource ${missing}`);
    const named = namesIn(declaration.Properties, (name) => scope.condition(name, place));
    const unknown = named.find((name) => !name.startsWith('AWS::') && !scope.values.has(name) && !active.has(name));
    if (unknown !== undefined)
      throw new TemplateError(place, `${unknown} is no parameter and no resource that the stack creates`);
    return [logicalId, new Set([...listed, ...named].filter((name) => active.has(name)))];
  };
  return new Map([...active].map(needs));
}

function creationOf(
  { account, stackName, artifacts }: Pick<Deployment, 'account' | 'stackName' | 'artifacts'>,
  stackId: string,
  logicalId: string,
): Creation {
  const suffix = account.kernel.random.hex(12, 'physical-id', stackName, logicalId);
  return {
    ...{ account, stackName, stackId, logicalId, artifact: artifacts },
    generatedName: (maximumLength = 255) =>
      `${`${stackName}-${logicalId}`.slice(0, maximumLength - suffix.length - 1)}-${suffix}`,
  };
}

function outputsOf({ Outputs = {} }: Template, scope: Scope): Record<string, string> {
  const active = Object.entries(Outputs).filter(([name, { Condition }]) =>
    isActive(Condition, scope, `Outputs.${name}`),
  );
  return Object.fromEntries(
    active.map(([name, { Value }]) => [name, String(resolveValue(Value, scope, `Outputs.${name}`))]),
  );
}
