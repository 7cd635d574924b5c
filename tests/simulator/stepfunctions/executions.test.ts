import { describe, expect, it } from 'vitest';
import { anAccount, invoke, ok, thrown } from './account.ts';

const PASS = { A: { Type: 'Pass', End: true } };
const WAIT = { A: { Type: 'Wait', Seconds: 60, End: true } };
const DAY = 24 * 60 * 60 * 1000;

describe('StartExecution', () => {
  it('answers the same name and input with the execution that runs, and refuses everything else under that name', async () => {
    const account = anAccount();
    const stateMachineArn = account.create('m', WAIT);
    const start = (input: string) =>
      account.call<{ executionArn: string; startDate: Date }>('StartExecution', { stateMachineArn, name: 'n', input });
    const first = await start('{"a":1}');
    expect(first.executionArn).toBe('arn:aws:states:us-west-2:111122223333:execution:m:n');
    await account.pass(1000);
    expect(await start('{"a":1}')).toEqual(first);
    await expect(start('{"a":2}')).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await account.finish(first.executionArn);
    await expect(start('{"a":1}')).rejects.toMatchObject({
      code: 'ExecutionAlreadyExists',
      message: `Execution Already Exists: '${first.executionArn}'`,
    });
    await account.pass(91 * DAY);
    expect((await start('{"a":1}')).startDate).not.toEqual(first.startDate);
  });

  it.each([
    {
      case: 'a machine that does not exist',
      input: { stateMachineArn: 'arn:aws:states:us-west-2:111122223333:stateMachine:x' },
      code: 'StateMachineDoesNotExist',
    },
    {
      case: 'an ARN of an execution',
      input: { stateMachineArn: 'arn:aws:states:us-west-2:111122223333:execution:m:x' },
      code: 'InvalidArn',
    },
    { case: 'no ARN', input: { stateMachineArn: 'm' }, code: 'InvalidArn' },
    { case: 'a slash in the name', input: { name: 'a/b' }, code: 'InvalidName' },
    { case: 'a control character in the name', input: { name: 'a\u0007' }, code: 'InvalidName' },
    { case: '81 characters', input: { name: 'x'.repeat(81) }, code: 'InvalidName' },
    { case: 'input that is not JSON', input: { input: 'not json' }, code: 'InvalidExecutionInput' },
    { case: 'empty input', input: { input: '' }, code: 'InvalidExecutionInput' },
  ])('refuses $case', async ({ input, code }) => {
    const account = anAccount();
    const stateMachineArn = account.create('m', PASS);
    await expect(account.call('StartExecution', { stateMachineArn, ...input })).rejects.toMatchObject({ code });
  });

  it('takes any JSON as input and the empty object for none', async () => {
    const account = anAccount();
    const machineArn = account.create('m', PASS);
    for (const input of ['1', '"text"', 'null', '[]']) {
      expect((await account.finish(account.stepFunctions.startExecution({ machineArn, input }).arn)).output).toBe(
        input,
      );
    }
    expect((await account.finish(account.stepFunctions.startExecution({ machineArn }).arn)).output).toBe('{}');
  });
});

describe('DescribeExecution', () => {
  it.each([
    {
      case: 'success',
      states: PASS,
      described: {
        status: 'SUCCEEDED',
        output: '{}',
        outputDetails: { included: true },
        redriveStatus: 'NOT_REDRIVABLE',
        redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
      },
    },
    {
      case: 'failure',
      states: { A: { Type: 'Fail', Error: 'E', Cause: 'c' } },
      described: { status: 'FAILED', error: 'E', cause: 'c', redriveStatus: 'REDRIVABLE' },
    },
  ])('tells of $case', async ({ states, described }) => {
    const account = anAccount();
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', states), name: 'n' });
    expect(await account.call('DescribeExecution', { executionArn: arn })).toMatchObject({
      status: 'RUNNING',
      redriveStatus: 'NOT_REDRIVABLE',
    });
    await account.finish(arn);
    expect(await account.call('DescribeExecution', { executionArn: arn })).toMatchObject({
      ...described,
      input: '{}',
      name: 'n',
      redriveCount: 0,
    });
  });

  it('forgets executions 90 days after their end', async () => {
    const account = anAccount();
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', PASS) });
    await account.finish(arn);
    await account.pass(91 * DAY);
    await expect(account.call('DescribeExecution', { executionArn: arn })).rejects.toMatchObject({
      code: 'ExecutionDoesNotExist',
    });
  });
});

describe('ListExecutions', () => {
  it('gives the newest first, filtered, page by page', async () => {
    const account = anAccount();
    const stateMachineArn = account.create('m', {
      A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input = 1 %}', Next: 'F' }], Default: 'S' },
      F: { Type: 'Fail' },
      S: { Type: 'Succeed' },
    });
    for (const [index, input] of ['0', '1', '0', '0'].entries()) {
      await account.finish(
        account.stepFunctions.startExecution({ machineArn: stateMachineArn, name: `n${index}`, input }).arn,
      );
    }
    type Page = { executions: { name: string }[]; nextToken?: string };
    const list = async (input: object) => {
      const page = await account.call<Page>('ListExecutions', { stateMachineArn, ...input });
      return { names: page.executions.map(({ name }) => name), nextToken: page.nextToken };
    };
    expect((await list({})).names).toEqual(['n3', 'n2', 'n1', 'n0']);
    expect((await list({ statusFilter: 'FAILED' })).names).toEqual(['n1']);
    const first = await list({ maxResults: 3 });
    expect(first.names).toEqual(['n3', 'n2', 'n1']);
    expect((await list({ maxResults: 3, nextToken: first.nextToken })).names).toEqual(['n0']);
    await expect(list({ statusFilter: 'FAILED', nextToken: first.nextToken })).rejects.toMatchObject({
      code: 'InvalidToken',
    });
  });
});

describe('GetExecutionHistory', () => {
  it('pages, reverses and leaves data out', async () => {
    const account = anAccount();
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', PASS), input: '{"a":1}' });
    await account.finish(arn);
    type Page = { events: { id: number; stateEnteredEventDetails?: object }[]; nextToken?: string };
    const page = (input: object) => account.call<Page>('GetExecutionHistory', { executionArn: arn, ...input });
    const reversed = await page({ reverseOrder: true, maxResults: 3 });
    expect(reversed.events.map(({ id }) => id)).toEqual([4, 3, 2]);
    const { events } = await page({ reverseOrder: true, maxResults: 3, nextToken: reversed.nextToken });
    expect(events.map(({ id }) => id)).toEqual([1]);
    const [, entered] = (await page({ includeExecutionData: false })).events;
    expect(entered).toMatchObject({ stateEnteredEventDetails: { name: 'A' } });
    expect(JSON.stringify(entered)).not.toContain('input');
    await expect(page({ nextToken: reversed.nextToken })).rejects.toMatchObject({ code: 'InvalidToken' });
  });
});

describe('StopExecution', () => {
  it('aborts with error and cause, once', async () => {
    const account = anAccount();
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', WAIT) });
    await account.pass(5000);
    const answer = await account.call('StopExecution', { executionArn: arn, error: 'E', cause: 'c' });
    await account.pass(5000);
    expect(await account.call('StopExecution', { executionArn: arn, error: 'again' })).toEqual(answer);
    expect(account.stepFunctions.execution(arn)).toMatchObject({
      status: 'ABORTED',
      error: 'E',
      cause: 'c',
      states: [],
    });
  });
});

describe('RedriveExecution', () => {
  const failOnce = () => {
    let calls = 0;
    return anAccount({ functions: { f: () => (calls++ === 0 ? thrown('E') : ok('mended')) } });
  };

  it('continues a failed execution; the same token is answered the same', async () => {
    const account = failOnce();
    const { arn } = account.stepFunctions.startExecution({
      machineArn: account.create('m', { A: invoke('f', { Output: '{% $states.result.Payload %}' }) }),
    });
    await account.finish(arn);
    const redrive = () => account.call('RedriveExecution', { executionArn: arn, clientToken: 't' });
    const answer = await redrive();
    expect(await redrive()).toEqual(answer);
    expect(await account.finish(arn)).toMatchObject({ status: 'SUCCEEDED', output: '"mended"', redriveCount: 1 });
    expect(await redrive()).toEqual(answer);
    expect(account.events.map(({ detail }) => [detail.status, detail.redriveCount])).toEqual([
      ['RUNNING', 0],
      ['FAILED', 0],
      ['RUNNING', 1],
      ['SUCCEEDED', 1],
    ]);
  });

  it.each([
    { case: 'running', states: WAIT, ms: 1000, reason: 'Execution is RUNNING and cannot be redriven' },
    { case: 'succeeded', states: PASS, ms: 1000, reason: 'Execution is SUCCEEDED and cannot be redriven' },
    {
      case: 'failed 15 days ago',
      states: { A: { Type: 'Fail' } },
      ms: 15 * DAY,
      reason: 'Execution redrivable period exceeded',
    },
    {
      case: 'out of history',
      states: { A: { Type: 'Pass', Next: 'A' } },
      ms: DAY,
      reason: 'Execution history event limit exceeded',
    },
  ])('refuses an execution that is $case', async ({ states, ms, reason }) => {
    const account = anAccount();
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', states) });
    await account.pass(ms);
    await expect(account.call('RedriveExecution', { executionArn: arn })).rejects.toMatchObject({
      code: 'ExecutionNotRedrivable',
      message: reason,
    });
  });
});

describe('events on the bus', () => {
  it('have the shape of the service', async () => {
    const account = anAccount();
    const stateMachineArn = account.create('m', { A: { Type: 'Fail', Error: 'E', Cause: 'c' } });
    const { arn } = account.stepFunctions.startExecution({ machineArn: stateMachineArn, name: 'n', input: '{"a":1}' });
    await account.finish(arn);
    expect(account.events.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'FAILED']);
    expect(account.events[1]).toEqual({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      resources: [arn],
      detail: {
        executionArn: arn,
        stateMachineArn,
        name: 'n',
        status: 'FAILED',
        startDate: Date.UTC(2026, 5, 1),
        stopDate: Date.UTC(2026, 5, 1) + 25,
        input: '{"a":1}',
        output: null,
        inputDetails: { included: true },
        outputDetails: null,
        stateMachineVersionArn: null,
        stateMachineAliasArn: null,
        redriveCount: 0,
        redriveDate: null,
        redriveStatus: 'REDRIVABLE',
        redriveStatusReason: null,
        error: 'E',
        cause: 'c',
      },
    });
  });

  it.each([
    { case: 'both small', input: 10, output: 10, included: [true, true] },
    { case: 'large together', input: 130_000, output: 130_000, included: [false, true] },
    { case: 'large output', input: 10, output: 254_000, included: [false, false] },
  ])('leave data out by size: $case', async ({ input, output, included }) => {
    const account = anAccount();
    const machineArn = account.create('m', {
      A: { Type: 'Pass', Output: `{% $pad("", ${output}, "x") %}`, End: true },
    });
    await account.finish(
      account.stepFunctions.startExecution({ machineArn, input: JSON.stringify('y'.repeat(input)) }).arn,
    );
    const detail = account.events.at(-1)?.detail as Record<string, { included: boolean } | null>;
    expect([detail.inputDetails?.included, detail.outputDetails?.included]).toEqual(included);
    expect([detail.input !== null, detail.output !== null]).toEqual(included);
  });
});

it('tells the log what runs, and the display which states', async () => {
  const account = anAccount();
  const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', WAIT), name: 'n' });
  await account.pass(1000);
  expect(account.stepFunctions.executions()).toMatchObject([
    { name: 'n', machineName: 'm', status: 'RUNNING', states: ['A'] },
  ]);
  await account.finish(arn);
  const logged = account.kernel.log.entries().map(({ kind, details }) => [kind, details.state ?? details.status]);
  expect(logged).toEqual([
    ['execution.status', 'RUNNING'],
    ['execution.state', 'A'],
    ['execution.status', 'SUCCEEDED'],
  ]);
  expect(account.stepFunctions.transitions()).toBe(1);
});
