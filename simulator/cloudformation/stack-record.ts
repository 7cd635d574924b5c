import type { StackRecord, StackResourceRecord } from '../services/cloudformation.ts';
import type { Account } from './account.ts';
import type { StackResource } from './deploy.ts';
import { resolveValue, type Scope } from './intrinsics.ts';
import type { Template } from './template.ts';

type Made = {
  readonly stackName: string;
  readonly template: Template;
  readonly scope: Scope;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: Iterable<StackResource>;
};

type Deletion = {
  /** A resource that is kept is skipped; one that cannot be deleted fails, and the stack with it. */
  readonly deletingResource: (logicalId: string, isKept: boolean, remove: () => Promise<void>) => Promise<void>;
  readonly deleting: (removeAll: () => Promise<void>) => Promise<void>;
};

/** Tells CloudFormation of a stack that is complete, and later of its end. */
export function keepRecord({ kernel, cloudFormation }: Account, made: Made): Deletion {
  const record = recordOf(made);
  cloudFormation.add(record);
  const note = (resource: StackResourceRecord | undefined, status: StackResourceRecord['status']) => {
    if (resource !== undefined) Object.assign(resource, { status, changedAt: kernel.clock.now() });
  };
  return {
    async deletingResource(logicalId, isKept, remove) {
      const resource = record.resources.find((one) => one.logicalId === logicalId);
      if (isKept) return note(resource, 'DELETE_SKIPPED');
      try {
        await remove();
      } catch (error) {
        note(resource, 'DELETE_FAILED');
        throw error;
      }
      note(resource, 'DELETE_COMPLETE');
    },
    async deleting(removeAll) {
      record.status = 'DELETE_IN_PROGRESS';
      try {
        await removeAll();
      } catch (error) {
        record.status = 'DELETE_FAILED';
        throw error;
      }
      record.status = 'DELETE_COMPLETE';
      record.deletedAt = kernel.clock.now();
    },
  };
}

function recordOf({ stackName, template, scope, startedAt, outputs, resources }: Made): StackRecord {
  const declared = template.Parameters ?? {};
  return {
    ...{ stackName, stackId: String(scope.values.get('AWS::StackId')), createdAt: startedAt },
    description: template.Description,
    status: 'CREATE_COMPLETE',
    parameters: Object.entries(declared).map(([name, { NoEcho }]) => ({
      ...{ name, value: String(NoEcho) === 'true' ? '****' : [scope.values.get(name)].flat().join(',') },
    })),
    outputs: Object.entries(outputs).map(([name, value]) => {
      const { Description: description, Export } = template.Outputs?.[name] ?? {};
      const exportName = Export && String(resolveValue(Export.Name, scope, `Outputs.${name}.Export`));
      return { name, value, description, exportName };
    }),
    resources: [...resources].map(({ logicalId, ref, type, createdAt }) => ({
      ...{ logicalId, physicalId: ref, type, changedAt: createdAt, status: 'CREATE_COMPLETE' as const },
    })),
  };
}
