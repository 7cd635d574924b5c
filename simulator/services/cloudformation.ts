import type { Kernel } from '../kernel/kernel.ts';
import type { Service } from '../kernel/service.ts';
import { createStackOperations } from './cloudformation/operations.ts';

export type StackRecord = {
  readonly stackId: string;
  readonly stackName: string;
  readonly description?: string | undefined;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly outputs: readonly StackOutput[];
  /** In the order in which they were created. */
  readonly resources: readonly StackResourceRecord[];
  status: 'CREATE_COMPLETE' | 'DELETE_IN_PROGRESS' | 'DELETE_FAILED' | 'DELETE_COMPLETE';
  deletedAt?: number;
};

export type StackOutput = {
  readonly name: string;
  readonly value: string;
  readonly description?: string | undefined;
  readonly exportName?: string | undefined;
};

export type StackResourceRecord = {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  changedAt: number;
  status: 'CREATE_COMPLETE' | 'DELETE_COMPLETE' | 'DELETE_FAILED' | 'DELETE_SKIPPED';
};

export type CloudFormation = {
  readonly service: Service;
  /** A stack that is complete. Whoever deletes it goes on writing into its record. */
  readonly add: (stack: StackRecord) => void;
};

/** What CloudFormation tells of the stacks of the account; `simulator/cloudformation` makes and deletes them. */
export function createCloudFormation({ kernel }: { readonly kernel: Kernel }): CloudFormation {
  const stacks: StackRecord[] = [];
  return {
    service: {
      model: 'cloudformation',
      name: 'CloudFormation',
      operations: createStackOperations(kernel.identity, () => stacks),
    },
    add: (stack) => {
      stacks.push(stack);
    },
  };
}
