import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type Parameter, parameterKind } from '../domain/publication.ts';
import { awsCall, isAwsError, once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

const client = once(() => new SSMClient(clientSettings()));

/** A parameter as Parameter Store has it now; undefined when there is none, or none that was checked yet. */
export async function findParameter(name: string): Promise<Parameter | undefined> {
  try {
    const { Parameter: found } = await awsCall('ssm:GetParameter', name, () =>
      client().send(new GetParameterCommand({ Name: name })),
    );
    return { name, type: found?.Type ?? '', dataType: found?.DataType ?? '', value: found?.Value ?? '' };
  } catch (error) {
    if (isAwsError(error, 'ParameterNotFound')) return undefined;
    throw error;
  }
}

/**
 * Asks Parameter Store to take an AMI as the value of a parameter, and to make the parameter where there is none.
 *
 * `accepted` does not mean taken: AWS looks at the AMI afterwards, with the rights of the caller, and keeps the old value
 * when it does not like what it finds. `busy`: it is still looking at the value before this one. AWS does not document
 * with which of two errors it says so.
 */
export async function putAmi(name: string, amiId: string, description: string): Promise<'accepted' | 'busy'> {
  try {
    await awsCall('ssm:PutParameter', name, () =>
      client().send(
        new PutParameterCommand({
          Name: name,
          Value: amiId,
          Type: parameterKind.type,
          DataType: parameterKind.dataType,
          Description: description,
          Overwrite: true,
        }),
      ),
    );
    return 'accepted';
  } catch (error) {
    if (isAwsError(error, 'TooManyUpdates', 'ValidationException')) return 'busy';
    throw error;
  }
}
