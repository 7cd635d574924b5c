import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { awsCall, isAwsError, once } from './aws-call.ts';

const client = once(() => new SFNClient({}));

/** Starts an execution under a name that no second one can have. */
export type StartExecution = (name: string, input: unknown) => Promise<'started' | 'already'>;

/**
 * Starts executions of one state machine.
 *
 * `already` means that an execution of that name runs or has run, with this input or another: an everyday answer, since
 * events come twice and sweeps find what events have found. Step Functions forgets a name after ninety days.
 */
export const startExecutionsOf =
  (stateMachineArn: () => string): StartExecution =>
  async (name, input) => {
    try {
      await awsCall('states:StartExecution', name, () =>
        client().send(
          new StartExecutionCommand({ stateMachineArn: stateMachineArn(), name, input: JSON.stringify(input) }),
        ),
      );
      return 'started';
    } catch (error) {
      if (isAwsError(error, 'ExecutionAlreadyExists')) return 'already';
      throw error;
    }
  };
