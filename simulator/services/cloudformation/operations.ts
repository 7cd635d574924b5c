import { onResource } from '../../iam/dependent-actions.ts';
import type { Identity } from '../../kernel/kernel.ts';
import { type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import type { StackRecord, StackResourceRecord } from '../cloudformation.ts';
import { paginate } from '../ec2/paging.ts';

type OfStack = { readonly StackName?: string; readonly NextToken?: string };
type OfResource = {
  readonly StackName?: string;
  readonly LogicalResourceId?: string;
  readonly PhysicalResourceId?: string;
};

/** No source tells how many stacks a page has; of resources it is a hundred (API Reference, DescribeStackResources). */
const pageSize = 100;

/** The operations that tell of stacks. A deleted stack is known by its id alone. Source: API Reference, DescribeStacks. */
export function createStackOperations(
  { partition, region, accountId }: Identity,
  stacks: () => readonly StackRecord[],
): Service['operations'] {
  const arnOf = (name: string | undefined) => {
    if (name === undefined) return '*';
    const found = name.startsWith('arn:') ? name : lookUp(name)?.stackId;
    return found ?? `arn:${partition}:cloudformation:${region}:${accountId}:stack/${name}/*`;
  };
  const lookUp = (nameOrId: string) =>
    stacks().find(
      ({ stackName, stackId, status }) =>
        stackId === nameOrId || (stackName === nameOrId && status !== 'DELETE_COMPLETE'),
    );
  const existing = (nameOrId: string): StackRecord => {
    const found = lookUp(nameOrId);
    if (found === undefined) throw validationError(`Stack with id ${nameOrId} does not exist`);
    return found;
  };

  const describeStacks: Operation<OfStack> = {
    needs: ({ StackName }) => [onResource('cloudformation:DescribeStacks', arnOf(StackName))],
    run({ StackName, NextToken }) {
      const present = () => stacks().filter(({ status }) => status !== 'DELETE_COMPLETE');
      const page = pageOf(StackName === undefined ? present().toReversed() : [existing(StackName)], NextToken);
      return { Stacks: page.items.map(describeStack), ...page.rest };
    },
  };
  const listStackResources: Operation<OfStack> = {
    needs: ({ StackName }) => [onResource('cloudformation:ListStackResources', arnOf(StackName))],
    run({ StackName = '', NextToken }) {
      const page = pageOf(existing(StackName).resources, NextToken);
      const summaries = page.items.map(({ changedAt, ...resource }) => ({
        ...{ ...describeResource(resource), LastUpdatedTimestamp: new Date(changedAt) },
      }));
      return { StackResourceSummaries: summaries, ...page.rest };
    },
  };
  const describeStackResources: Operation<OfResource> = {
    needs: ({ StackName }) => [onResource('cloudformation:DescribeStackResources', arnOf(StackName))],
    run({ StackName, LogicalResourceId, PhysicalResourceId }) {
      const stack = StackName === undefined ? ownerOf(stacks(), PhysicalResourceId) : existing(StackName);
      const asked = stack.resources
        .filter(({ logicalId }) => LogicalResourceId === undefined || logicalId === LogicalResourceId)
        .filter(({ physicalId }) => PhysicalResourceId === undefined || physicalId === PhysicalResourceId);
      return { StackResources: asked.slice(0, pageSize).map((resource) => inStack(stack, resource)) };
    },
  };
  return {
    ...{ DescribeStacks: describeStacks, ListStackResources: listStackResources },
    DescribeStackResources: describeStackResources,
  };
}

function describeStack(stack: StackRecord) {
  return {
    StackId: stack.stackId,
    StackName: stack.stackName,
    ...(stack.description !== undefined && { Description: stack.description }),
    Parameters: stack.parameters.map(({ name, value }) => ({ ParameterKey: name, ParameterValue: value })),
    CreationTime: new Date(stack.createdAt),
    ...(stack.deletedAt !== undefined && { DeletionTime: new Date(stack.deletedAt) }),
    StackStatus: stack.status,
    DisableRollback: false,
    NotificationARNs: [],
    Outputs: stack.outputs.map(({ name, value, description, exportName }) => ({
      ...{ OutputKey: name, OutputValue: value },
      ...(description !== undefined && { Description: description }),
      ...(exportName !== undefined && { ExportName: exportName }),
    })),
    Tags: [],
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

const describeResource = ({ logicalId, physicalId, type, status }: Omit<StackResourceRecord, 'changedAt'>) => ({
  LogicalResourceId: logicalId,
  PhysicalResourceId: physicalId,
  ResourceType: type,
  ResourceStatus: status,
  DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
});

const inStack = ({ stackId, stackName }: StackRecord, resource: StackResourceRecord) => ({
  ...{ StackName: stackName, StackId: stackId },
  ...{ ...describeResource(resource), Timestamp: new Date(resource.changedAt) },
});

function ownerOf(stacks: readonly StackRecord[], physicalId: string | undefined): StackRecord {
  if (physicalId === undefined) throw validationError('StackName or PhysicalResourceId must be specified');
  const found = stacks.find(({ resources }) =>
    resources.some((resource) => resource.physicalId === physicalId && resource.status !== 'DELETE_COMPLETE'),
  );
  if (found === undefined) throw validationError(`Stack for ${physicalId} does not exist`);
  return found;
}

function pageOf<Item>(items: readonly Item[], token: string | undefined) {
  const invalidToken = () => validationError('NextToken is not valid');
  const page = paginate(items, { token, size: pageSize, invalidToken });
  return { items: page.items, rest: page.nextToken === undefined ? {} : { NextToken: page.nextToken } };
}

const validationError = (message: string) => new ServiceError('ValidationError', message, { status: 400 });
