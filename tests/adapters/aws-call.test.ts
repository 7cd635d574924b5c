import { describe, expect, it } from 'vitest';
import { awsCall, isAwsError, once } from '../../functions/adapters/aws-call.ts';

const awsError = (name: string, httpStatusCode?: number) =>
  Object.assign(new Error('what AWS says'), { name, ...(httpStatusCode && { $metadata: { httpStatusCode } }) });

const failure = (error: Error) =>
  awsCall('autoscaling:StartInstanceRefresh', 'win2022', () => Promise.reject(error)).catch((thrown: Error) => thrown);

describe('a failed AWS call', () => {
  it.each([
    { case: 'a throttled query call', error: awsError('Throttling', 400), name: 'AwsUnavailable' },
    {
      case: 'a throttled Image Builder call',
      error: awsError('CallRateLimitExceededException', 429),
      name: 'AwsUnavailable',
    },
    { case: 'a throttled notification', error: awsError('ThrottledException', 429), name: 'AwsUnavailable' },
    { case: 'a throttled key', error: awsError('KMSThrottlingException', 400), name: 'AwsUnavailable' },
    { case: 'too many requests under another name', error: awsError('Busy', 429), name: 'AwsUnavailable' },
    { case: 'a contended group', error: awsError('ResourceContentionFault', 500), name: 'AwsUnavailable' },
    { case: 'a server error', error: awsError('ServerException', 503), name: 'AwsUnavailable' },
    {
      case: 'a lost connection',
      error: Object.assign(new Error('read'), { code: 'ECONNRESET' }),
      name: 'AwsUnavailable',
    },
    { case: 'a refusal by IAM', error: awsError('AccessDenied', 403), name: 'AccessDenied' },
    { case: 'a refusal by EC2', error: awsError('UnauthorizedOperation', 403), name: 'AccessDenied' },
    { case: 'a refusal of a bad request', error: awsError('ValidationError', 400), name: 'ValidationError' },
  ])('has a name that says whether to try again: $case is $name', async ({ error, name }) => {
    const thrown = await failure(error);
    expect(thrown).toMatchObject({ name });
    if (thrown !== error)
      expect(thrown).toMatchObject({
        cause: error,
        message: expect.stringMatching(/StartInstanceRefresh on win2022.*what AWS says|read/),
      });
  });

  it('is known by its name only, never by its text', () => {
    expect(isAwsError(awsError('ValidationError'), 'NoSuchKey', 'ValidationError')).toBe(true);
    expect(isAwsError(new Error('ValidationError'), 'ValidationError')).toBe(false);
  });
});

it('a client is made when it is first needed, and only once', () => {
  let made = 0;
  const client = once(() => {
    made += 1;
    return { made };
  });
  expect(made).toBe(0);
  expect(client()).toBe(client());
  expect(made).toBe(1);
});
