import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceError } from '../../../simulator/kernel/service.ts';
import type { DestinationDelivery } from '../../../simulator/services/lambda/asynchronous.ts';
import { createFront } from '../../../simulator/wire/front.ts';
import { listen } from '../../../simulator/wire/http-server.ts';
import { type Account, createAccount, operator } from './account.ts';

let account: Account;
beforeEach(async () => {
  account = await createAccount();
});
afterEach(() => account.close());

const events = { arn: 'events.amazonaws.com', service: 'events.amazonaws.com' };
const queueArn = 'arn:aws:sqs:eu-central-1:111122223333:failed';
const invoke = (functionArn: string, payload: unknown = {}, caller: typeof operator = operator) =>
  account.run(account.lambda.invoke({ functionArn, payload: JSON.stringify(payload), caller }));
const entries = (what: string) => account.log().filter((entry) => entry.includes(` ${what} `));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: ServiceError) => error.code,
  );

describe('a synchronous invocation', () => {
  it('starts cold once and warm after that', async () => {
    const functionArn = await account.create({});
    await invoke(functionArn);
    await invoke(functionArn);
    expect(entries('function.invoked').map((entry) => /"start":"(\w+)"/.exec(entry)?.[1])).toEqual(['cold', 'warm']);
  });

  it('takes a new environment while the others are busy', async () => {
    const functionArn = await account.create({
      source: `let n = 0; export const handler = async () => { await new Promise((r) => setTimeout(r, 2000)); return ++n; };`,
    });
    const results = await account.run(
      Promise.all([1, 2, 3].map(() => account.lambda.invoke({ functionArn, payload: '{}', caller: operator }))),
    );
    expect(results.map(({ payload }) => payload)).toEqual(['1', '1', '1']);
  });

  it('loses its environment after ten idle minutes', async () => {
    const functionArn = await account.create({});
    await invoke(functionArn);
    await account.run(account.kernel.clock.sleep(601_000));
    await invoke(functionArn);
    expect(entries('function.invoked').filter((entry) => entry.includes('cold'))).toHaveLength(2);
  });

  it('times out in account time, with its environment', async () => {
    const source = `let n = 0; export const handler = async ({ ms }) => { n += 1; await new Promise((r) => setTimeout(r, ms)); return n; };`;
    const functionArn = await account.create({ source, timeoutSeconds: 3 });
    const result = await invoke(functionArn, { ms: 10_000 });
    expect(result).toMatchObject({
      ok: false,
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 3\.00 seconds$/),
    });
    expect(await invoke(functionArn, { ms: 1 })).toMatchObject({ ok: true, payload: '1' });
    expect(entries('function.ended')[0]).toContain('"durationMs":3000');
  });

  it('gives Lambda’s environment to the function', async () => {
    const functionArn = await account.create({
      source: 'export const handler = async () => process.env;',
      environment: { MINE: '1' },
      memoryMegabytes: 256,
    });
    const { arn } = account.lambda.publishVersion('worker');
    expect(arn).toBe(`${functionArn}:1`);
    expect(JSON.parse((await invoke(arn)).payload)).toMatchObject({
      MINE: '1',
      AWS_REGION: 'eu-central-1',
      AWS_LAMBDA_FUNCTION_NAME: 'worker',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      _HANDLER: 'handlers/handler.handler',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[\da-f]{8}-[\da-f]{24};Parent=[\da-f]{16};Sampled=0$/),
      AWS_SESSION_TOKEN: expect.any(String),
    });
  });

  it('is refused to a role without the right, and allowed by the policy of the function', async () => {
    const functionArn = await account.create({});
    const caller = { arn: 'arn:aws:sts::111122223333:assumed-role/worker/x', roleArn: account.roleArn };
    expect(await codeOf(invoke(functionArn, {}, caller))).toBe('AccessDeniedException');
    account.lambda.addPermission(functionArn, {
      statementId: 'one',
      action: 'lambda:InvokeFunction',
      principal: account.roleArn,
    });
    expect(await codeOf(invoke(functionArn, {}, caller))).toBe('none');
    account.lambda.removePermission(functionArn, 'one');
    expect(await codeOf(invoke(functionArn, {}, caller))).toBe('AccessDeniedException');
  });

  it('is throttled beyond the reserved concurrency', async () => {
    const functionArn = await account.create({ reservedConcurrency: 1 });
    const [first, second] = [
      invoke(functionArn),
      codeOf(account.lambda.invoke({ functionArn, payload: '{}', caller: operator })),
    ];
    expect(await second).toBe('TooManyRequestsException');
    expect((await first).ok).toBe(true);
  });

  it.each([
    { case: 'a payload above 6 MB', payload: 'x'.repeat(6 * 1024 * 1024), code: 'RequestTooLargeException' },
    { case: 'a missing function', name: 'nobody', code: 'ResourceNotFoundException' },
  ])('is refused for $case', async ({ payload = '', name, code }) => {
    const functionArn = await account.create({});
    expect(await codeOf(invoke(name === undefined ? functionArn : functionArn.replace('worker', name), payload))).toBe(
      code,
    );
  });

  it('fails when its result is larger than 6 MB', async () => {
    const functionArn = await account.create({ source: `export const handler = async () => 'x'.repeat(7e6);` });
    expect(await invoke(functionArn)).toMatchObject({ ok: false, errorType: 'Function.ResponseSizeTooLarge' });
  });
});

describe('an asynchronous invocation', () => {
  const failing = `let n = 0; export const handler = async () => { console.log('try', ++n); throw new Error('no'); };`;
  const tries = () =>
    entries('function.invoked').map((entry) =>
      Math.round((Number(entry.split(' ')[0]) - Date.UTC(2026, 10, 10, 18)) / 60_000),
    );
  const untilGivenUp = () => account.kernel.clock.run(() => entries('function.event-failed').length > 0);

  it('is tried again after one and two minutes, then goes to its destination with the documented record', async () => {
    const functionArn = await account.create({ source: failing });
    const deliveries: DestinationDelivery[] = [];
    account.lambda.onDestination((delivery) => deliveries.push(delivery));
    account.lambda.setEventInvokeConfig(functionArn, { onFailure: queueArn });
    account.lambda.invokeAsync({ functionArn, payload: '{"id":7}', caller: events });
    expect(await untilGivenUp()).toBe(true);
    expect(tries()).toEqual([0, 1, 3]);
    expect(deliveries).toMatchObject([{ destinationArn: queueArn, caller: { roleArn: account.roleArn } }]);
    expect(JSON.parse(deliveries[0]?.body ?? '')).toEqual({
      version: '1.0',
      timestamp: new Date(account.kernel.clock.now()).toISOString(),
      requestContext: {
        requestId: expect.any(String),
        functionArn: `${functionArn}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { id: 7 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'Error', errorMessage: 'no', trace: expect.any(Array) },
    });
  });

  it('is not tried again where the configuration says so', async () => {
    const functionArn = await account.create({ source: failing });
    account.lambda.setEventInvokeConfig(functionArn, { maximumRetryAttempts: 0 });
    account.lambda.invokeAsync({ functionArn, payload: '{}', caller: events });
    await untilGivenUp();
    expect(tries()).toEqual([0]);
  });

  it('is given up when it gets too old', async () => {
    const functionArn = await account.create({ source: failing, reservedConcurrency: 0 });
    account.lambda.setEventInvokeConfig(functionArn, { maximumEventAgeSeconds: 60 });
    account.lambda.invokeAsync({ functionArn, payload: '{}', caller: events });
    await untilGivenUp();
    expect(entries('function.event-failed')[0]).toContain('"condition":"EventAgeExceeded","attempts":0');
  });
});

describe('a function', () => {
  it.each([
    { case: 'another runtime', config: { runtime: 'python3.13' } },
    { case: 'a role that Lambda cannot assume', config: { role: 'arn:aws:iam::111122223333:role/nobody' } },
    { case: 'a handler that is not in the package', config: { handler: 'other.handler' } },
    { case: 'a package that is no zip', config: { zip: Buffer.from('no zip') } },
    { case: 'a time-out above 900 seconds', config: { timeoutSeconds: 901 } },
    { case: 'a variable that Lambda keeps for itself', config: { environment: { AWS_REGION: 'x' } } },
  ])('is not created with $case', async ({ config }) => {
    expect(await codeOf(account.create(config))).toBe('InvalidParameterValueException');
  });

  it('keeps a published version as it was', async () => {
    await account.create({});
    expect(account.lambda.publishVersion('worker').version).toBe('1');
    expect(account.lambda.publishVersion('worker').version).toBe('1');
  });

  it('is gone when it is deleted', async () => {
    const functionArn = await account.create({});
    await invoke(functionArn);
    account.lambda.deleteFunction('worker');
    expect(await codeOf(invoke(functionArn))).toBe('ResourceNotFoundException');
  });
});

describe('the Invoke operation', () => {
  it('answers with the error of the function as its payload', async () => {
    await account.create({ source: `export const handler = async () => { throw new TypeError('bad'); };` });
    const { kernel, iam, lambda } = account;
    const server = await listen({ kernel, front: createFront({ kernel, iam, services: [lambda.service] }) });
    const { accessKeyId, secretAccessKey } = iam.operatorCredentials();
    const client = new LambdaClient({
      endpoint: `http://127.0.0.1:${server.port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId, secretAccessKey },
      systemClockOffset: kernel.clock.now() - Date.now(),
    });
    let isOver = false;
    const running = kernel.clock.run(() => isOver, { idle: 'wait' });
    const answer = await client.send(new InvokeCommand({ FunctionName: 'worker' }));
    isOver = true;
    await kernel.clock.busy(Promise.resolve());
    await running;
    await server.close();
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled', ExecutedVersion: '$LATEST' });
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'bad',
    });
  });

  it('needs the right to the version that it names', () => {
    const needs = account.lambda.service.operations.Invoke?.needs({ FunctionName: 'worker', Qualifier: '2' } as never, {
      caller: operator,
      requestId: '1',
    });
    expect(needs).toMatchObject([
      { action: 'lambda:InvokeFunction', resource: 'arn:aws:lambda:eu-central-1:111122223333:function:worker:2' },
    ]);
  });
});
