import type { Context } from 'aws-lambda';

/** What Lambda hands to a handler besides the event. */
export const lambdaContext = {
  functionName: 'reglaze-step',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-west-2:111122223333:function:reglaze-step:1',
  memoryLimitInMB: '256',
  awsRequestId: 'a1b2c3d4-5678-90ab-cdef-111111111111',
  logGroupName: '/aws/lambda/reglaze-step',
  logStreamName: '2026/05/16/[1]a',
  callbackWaitsForEmptyEventLoop: false,
  getRemainingTimeInMillis: () => 30_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
} satisfies Context;
