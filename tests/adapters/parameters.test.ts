import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { findParameter, putAmi } from '../../functions/adapters/parameters.ts';

const aws = mockClient(SSMClient);
beforeEach(() => aws.reset());

const name = '/reglaze/windows-2022-core/broad/ami-id';
const awsError = (code: string) => Object.assign(new Error('text'), { name: code });

describe('a parameter', () => {
  it('is told with its kind', async () => {
    const Parameter = { Name: name, Type: 'String' as const, DataType: 'aws:ec2:image', Value: 'ami-0new', Version: 3 };
    aws.on(GetParameterCommand, { Name: name }).resolves({ Parameter });

    expect(await findParameter(name)).toEqual({ name, type: 'String', dataType: 'aws:ec2:image', value: 'ami-0new' });
  });

  it('that is not there is none', async () => {
    aws.on(GetParameterCommand).rejects(awsError('ParameterNotFound'));

    expect(await findParameter(name)).toBeUndefined();
  });

  it('is put as an AMI that AWS looks at, over what was there', async () => {
    aws.on(PutParameterCommand).resolves({ Version: 4 });

    expect(await putAmi(name, 'ami-0new', 'text')).toBe('accepted');
    expect(aws.commandCalls(PutParameterCommand)[0]?.args[0].input).toEqual({
      ...{ Name: name, Value: 'ami-0new', Description: 'text' },
      ...{ Type: 'String', DataType: 'aws:ec2:image', Overwrite: true },
    });
  });

  it.each([
    { code: 'TooManyUpdates', answer: 'busy' },
    { code: 'ValidationException', answer: 'busy' },
  ])('is $answer when AWS says $code', async ({ code, answer }) => {
    aws.on(PutParameterCommand).rejects(awsError(code));

    expect(await putAmi(name, 'ami-0new', 'text')).toBe(answer);
  });

  it.each([
    { code: 'ThrottlingException', error: 'AwsUnavailable' },
    { code: 'AccessDeniedException', error: 'AccessDenied' },
    { code: 'ParameterLimitExceeded', error: 'ParameterLimitExceeded' },
  ])('fails with $error when AWS says $code', async ({ code, error }) => {
    aws.on(PutParameterCommand).rejects(awsError(code));

    await expect(putAmi(name, 'ami-0new', 'text')).rejects.toMatchObject({ name: error });
  });
});
