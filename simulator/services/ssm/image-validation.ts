import { onEverything } from '../../iam/dependent-actions.ts';
import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Caller, type EventBus, ServiceError } from '../../kernel/service.ts';
import type { SsmBehaviour } from './behaviour.ts';
import type { ParameterType } from './parameters.ts';

/** What Parameter Store needs of the account to look at AMIs and to tell what came of it. */
export type Surroundings = {
  readonly events: EventBus;
  /** State of an AMI that the account can see; undefined when there is none. */
  readonly imageState: (imageId: string) => string | undefined;
};

export type Change = {
  readonly operation: 'Create' | 'Update' | 'Delete';
  readonly name: string;
  readonly type: ParameterType;
};

export type ImageValidation = {
  /** @throws {ServiceError} An earlier value of the parameter is still being looked at. */
  readonly refuseWhilePending: (name: string) => void;
  /** Looks at the AMI later, with the caller's rights; the value counts only from then on, if at all. */
  readonly begin: (change: Change, imageId: string, caller: Caller, take: () => void) => void;
  readonly announce: (change: Change, detail?: Readonly<Record<string, string>>) => void;
};

/**
 * The asynchronous validation of `aws:ec2:image` values, and the events of changed parameters.
 *
 * Sources: Systems Manager user guide, "Native parameter support for Amazon Machine Image IDs" (the version number comes
 * at once, the value after the validation; `ec2:DescribeImages` of the caller; the event with `exception`; a second value
 * meanwhile is refused) and "Amazon EventBridge event examples for Systems Manager".
 */
export function createImageValidation(
  { kernel, iam, arn }: { kernel: Kernel; iam: Pick<Iam, 'authorize'>; arn: (name: string) => string },
  behaviour: SsmBehaviour,
  surroundings: () => Surroundings | undefined,
): ImageValidation {
  const pending = new Set<string>();

  const announce: ImageValidation['announce'] = ({ operation, name, type }, detail = {}) => {
    kernel.log.write('parameter.changed', { name, operation, ...detail });
    surroundings()?.events.put({
      source: 'aws.ssm',
      'detail-type': 'Parameter Store Change',
      resources: [arn(name)],
      detail: { ...detail, name, type, operation },
    });
  };
  const isFound = (imageId: string, caller: Caller) => {
    const describe = onEverything('ec2:DescribeImages');
    return iam.authorize(caller, describe).allowed && surroundings()?.imageState(imageId) === 'available';
  };

  return {
    announce,
    refuseWhilePending(name) {
      if (!pending.has(name)) return;
      throw new ServiceError(behaviour.validationInProcess, `The validation of parameter ${name} is still in process.`);
    },
    begin(change, imageId, caller, take) {
      if (surroundings() === undefined) {
        throw new ServiceError('ValidationException', 'The data type aws:ec2:image is not simulated without EC2.');
      }
      pending.add(change.name);
      kernel.clock.after(behaviour.imageValidatedAfter, () => {
        pending.delete(change.name);
        const found = isFound(imageId, caller);
        if (found) take();
        announce(change, { dataType: 'aws:ec2:image', ...(!found && { exception: 'Unable to Describe Resource' }) });
      });
    },
  };
}
