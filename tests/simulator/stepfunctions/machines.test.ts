import { describe, expect, it } from 'vitest';
import { anAccount, invoke, startChild } from './account.ts';

const PASS = { A: { Type: 'Pass', End: true } };
const CHILD = 'arn:aws:states:us-west-2:111122223333:stateMachine:child';

describe('creating a machine', () => {
  it.each([
    { case: 'a definition that is not JSON', spec: { definition: '{' }, code: 'InvalidDefinition' },
    { case: 'a broken definition', spec: { definition: {} }, code: 'InvalidDefinition' },
    { case: 'an Express machine', spec: { type: 'EXPRESS' as const }, code: 'StateMachineTypeNotSupported' },
    { case: 'a name with a space', spec: { name: 'a b' }, code: 'InvalidName' },
    {
      case: 'a role that does not exist',
      spec: { roleArn: 'arn:aws:iam::111122223333:role/other' },
      code: 'AccessDeniedException',
    },
    {
      case: 'logs without a place for them',
      spec: { loggingConfiguration: { level: 'ALL' as const } },
      code: 'InvalidLoggingConfiguration',
    },
  ])('refuses $case', ({ spec, code }) => {
    const account = anAccount();
    const definition = { QueryLanguage: 'JSONata', StartAt: 'A', States: PASS };
    const valid = { name: 'm', definition, roleArn: account.roleArn };
    expect(() => account.stepFunctions.createStateMachine({ ...valid, ...spec })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('refuses a role that trusts another service', () => {
    expect(() => anAccount({ trusted: 'lambda.amazonaws.com' }).create('m', PASS)).toThrow(
      'Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.',
    );
  });

  it.each([
    { case: 'sqs:sendMessage', state: { Resource: 'arn:aws:states:::sqs:sendMessage' }, says: 'is not recognized' },
    {
      case: 'an SDK integration',
      state: { Resource: 'arn:aws:states:::aws-sdk:ec2:describeInstances' },
      says: 'is not recognized',
    },
    {
      case: 'a function ARN',
      state: { Resource: 'arn:aws:lambda:us-west-2:111122223333:function:f' },
      says: 'is not recognized',
    },
    {
      case: 'an argument that is not simulated',
      state: { Arguments: { FunctionName: 'f', LogType: 'Tail' } },
      says: 'Not simulated: the arguments LogType',
    },
    { case: 'no FunctionName', state: { Arguments: { Payload: {} } }, says: "The argument 'FunctionName' is required" },
  ])('refuses a Task with $case', ({ state, says }) => {
    expect(() => anAccount().create('m', { A: invoke('f', state) })).toThrow(says);
  });

  it('demands the managed rule for children that it waits for, and only for those', () => {
    const account = anAccount({ statements: [{ Effect: 'Allow', Action: 'states:*', Resource: '*' }] });
    account.create('free', { A: startChild(CHILD, '') });
    expect(() => account.create('m', { A: startChild(CHILD, '.sync') })).toThrow(
      `'${account.roleArn}' is not authorized to create managed-rule.`,
    );
  });

  it('refuses a name twice', () => {
    const account = anAccount();
    account.create('m', PASS);
    expect(() => account.create('m', PASS)).toThrow(expect.objectContaining({ code: 'StateMachineAlreadyExists' }));
  });
});

it('a machine that logs needs a role that may deliver logs', () => {
  const account = anAccount({ statements: [], logSink: () => {} });
  const definition = { QueryLanguage: 'JSONata', StartAt: 'A', States: PASS };
  const spec = { name: 'm', roleArn: account.roleArn, definition };
  expect(() => account.stepFunctions.createStateMachine({ ...spec, loggingConfiguration: { level: 'ALL' } })).toThrow(
    'The state machine IAM Role is not authorized to access the Log Destination',
  );
  expect(account.stepFunctions.createStateMachine(spec).arn).toContain(':stateMachine:m');
});

describe('versions', () => {
  it('keep their definition when the machine changes, and so does a running execution', async () => {
    const account = anAccount();
    const { stepFunctions } = account;
    const arn = account.create('m', {
      A: { Type: 'Wait', Seconds: 60, Next: 'B' },
      B: { Type: 'Pass', Output: 'old', End: true },
    });
    const { versionArn } = stepFunctions.publishVersion(arn);
    expect(stepFunctions.publishVersion(arn).versionArn).toBe(versionArn);
    const running = stepFunctions.startExecution({ machineArn: arn });
    await account.pass(1000);
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: { A: { Type: 'Pass', Output: 'new', End: true } },
    };
    expect(stepFunctions.updateStateMachine(arn, { definition, publish: true }).versionArn).toBe(`${arn}:2`);

    expect((await account.finish(running.arn)).output).toBe('"old"');
    const first = stepFunctions.startExecution({ machineArn: versionArn });
    expect((await account.finish(first.arn)).output).toBe('"old"');
    expect((await account.finish(stepFunctions.startExecution({ machineArn: arn }).arn)).output).toBe('"new"');
    expect(await account.call('DescribeExecution', { executionArn: first.arn })).toMatchObject({
      stateMachineVersionArn: `${arn}:1`,
    });
  });
});

it('a deleted machine goes when its last execution has ended', async () => {
  const account = anAccount();
  const arn = account.create('m', { A: { Type: 'Wait', Seconds: 60, End: true } });
  const { arn: executionArn } = account.stepFunctions.startExecution({ machineArn: arn });
  account.stepFunctions.deleteStateMachine(arn);
  expect(await account.call('DescribeStateMachine', { stateMachineArn: arn })).toMatchObject({ status: 'DELETING' });
  expect(() => account.stepFunctions.startExecution({ machineArn: arn })).toThrow(
    expect.objectContaining({ code: 'StateMachineDeleting' }),
  );
  expect(await account.finish(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  await expect(account.call('DescribeStateMachine', { stateMachineArn: arn })).rejects.toMatchObject({
    code: 'StateMachineDoesNotExist',
  });
});

it('machines are listed by name, page by page', async () => {
  const account = anAccount();
  for (const name of ['c', 'a', 'b']) account.create(name, PASS);
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page: { stateMachines: { name: string }[]; nextToken?: string } = await account.call('ListStateMachines', {
      maxResults: 2,
      nextToken,
    });
    names.push(...page.stateMachines.map(({ name }) => name));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  expect(names).toEqual(['a', 'b', 'c']);
  await expect(account.call('ListStateMachines', { nextToken: 'eA==' })).rejects.toMatchObject({
    code: 'InvalidToken',
  });
});

it('logs what the level asks for, with data only when told', async () => {
  const lines: { logGroupArn: string; message: string }[] = [];
  const account = anAccount({ logSink: (line) => lines.push(line) });
  const destinations = [
    { cloudWatchLogsLogGroup: { logGroupArn: 'arn:aws:logs:us-west-2:111122223333:log-group:g:*' } },
  ];
  const { arn } = account.stepFunctions.createStateMachine({
    name: 'm',
    roleArn: account.roleArn,
    definition: { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Fail', Error: 'E' } } },
    loggingConfiguration: { level: 'ERROR', includeExecutionData: false, destinations },
  });
  await account.finish(account.stepFunctions.startExecution({ machineArn: arn, input: '{"secret":1}' }).arn);
  expect(lines.map(({ message }) => JSON.parse(message))).toEqual([
    expect.objectContaining({ type: 'ExecutionFailed', details: { error: 'E' }, id: '3', redrive_count: '0' }),
  ]);
});
