import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../simulator/kernel/service.ts';
import { anAccount, invoke, ok, startChild, thrown } from './account.ts';

const F = 'arn:aws:lambda:us-west-2:111122223333:function:f';
const CHILD_WAITS = {
  W: { Type: 'Wait', Seconds: 600, Next: 'D' },
  D: { Type: 'Pass', Output: '{% {"got": $states.input} %}', End: true },
};

describe('lambda:invoke', () => {
  it('gives the reply of Lambda with the payload as JSON', async () => {
    const account = anAccount({ functions: { f: () => ok({ done: true }) } });
    const { arn } = account.stepFunctions.startExecution({
      machineArn: account.create('m', { A: invoke('f') }),
      input: '{"a":1}',
    });
    const { output = '' } = await account.finish(arn);
    expect(JSON.parse(output)).toMatchObject({
      ExecutedVersion: '$LATEST',
      Payload: { done: true },
      SdkHttpMetadata: { HttpStatusCode: 200 },
      StatusCode: 200,
    });
    expect(account.invoked).toMatchObject([{ functionArn: F, payload: { a: 1 } }]);
  });

  it.each([
    { case: 'a version', given: { FunctionName: `${F}:7` }, functionArn: `${F}:7`, version: '7' },
    { case: 'a qualifier', given: { FunctionName: 'f', Qualifier: '3' }, functionArn: `${F}:3`, version: '3' },
    { case: 'a partial ARN', given: { FunctionName: '111122223333:function:f' }, functionArn: F, version: '$LATEST' },
  ])('takes $case', async ({ given, functionArn, version }) => {
    const account = anAccount();
    const states = { A: invoke('f', { Arguments: given, Output: '{% $states.result.ExecutedVersion %}' }) };
    const { output } = await account.finish(
      account.stepFunctions.startExecution({ machineArn: account.create('m', states) }).arn,
    );
    expect(account.invoked).toMatchObject([{ functionArn, payload: {} }]);
    expect(output).toBe(JSON.stringify(version));
  });

  it.each(['NodeNotReady', 'Sandbox.Timedout', 'Runtime.ExitError'])(
    'fails with the error name %s and the payload as cause',
    async (name) => {
      const account = anAccount({ functions: { f: () => thrown(name) } });
      const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', { A: invoke('f') }) });
      expect(await account.finish(arn)).toMatchObject({
        status: 'FAILED',
        error: name,
        cause: JSON.stringify({ errorType: name, errorMessage: 'why', trace: [] }),
      });
    },
  );

  it('names errors of the service itself', async () => {
    const account = anAccount({
      functions: {
        f: () => {
          throw new ServiceError('ResourceNotFoundException', `Function not found: ${F}`, { status: 404 });
        },
      },
    });
    const ended = await account.finish(
      account.stepFunctions.startExecution({ machineArn: account.create('m', { A: invoke('f') }) }).arn,
    );
    expect(ended.error).toBe('Lambda.ResourceNotFoundException');
    expect(ended.cause).toMatch(
      /^Function not found: .* \(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)$/,
    );
  });

  it.each([
    { case: 'nothing', statements: [], allowed: false },
    {
      case: 'another function',
      statements: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `${F}2` }],
      allowed: false,
    },
    {
      case: 'the function',
      statements: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: F }],
      allowed: true,
    },
  ])('acts as the role of the machine, which is allowed $case', async ({ statements, allowed }) => {
    const account = anAccount({ statements });
    const ended = await account.finish(
      account.stepFunctions.startExecution({ machineArn: account.create('m', { A: invoke('f') }) }).arn,
    );
    expect(ended.error).toBe(allowed ? undefined : 'Lambda.AWSLambdaException');
    if (!allowed)
      expect(ended.cause).toMatch(
        /^User: arn:aws:sts::111122223333:assumed-role\/machine\/\w+ is not authorized to perform: lambda:InvokeFunction on resource: \S+function:f because no identity-based policy allows the lambda:InvokeFunction action \(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException;/,
      );
    expect(account.invoked).toHaveLength(allowed ? 1 : 0);
  });
});

describe('states:startExecution', () => {
  it('does not wait', async () => {
    const account = anAccount();
    const child = account.create('child', CHILD_WAITS);
    const { arn } = account.stepFunctions.startExecution({
      machineArn: account.create('m', { A: startChild(child, '') }),
    });
    const { output = '', status } = await account.finish(arn);
    expect(status).toBe('SUCCEEDED');
    const { ExecutionArn } = JSON.parse(output);
    expect(account.stepFunctions.execution(ExecutionArn)).toMatchObject({ name: 'child', status: 'RUNNING' });
  });

  it.each([
    { pattern: '.sync', input: '{"a":1}', output: '{"got":{"a":1}}' },
    { pattern: '.sync:2', input: { a: 1 }, output: { got: { a: 1 } } },
  ])('$pattern waits and gives what DescribeExecution says', async ({ pattern, input, output }) => {
    const account = anAccount();
    const child = account.create('child', CHILD_WAITS);
    const { arn } = account.stepFunctions.startExecution({
      machineArn: account.create('m', { A: startChild(child, pattern) }),
      input: '{"a":1}',
    });
    const ended = await account.finish(arn);
    expect(JSON.parse(ended.output ?? '')).toMatchObject({
      Input: input,
      Output: output,
      Name: 'child',
      Status: 'SUCCEEDED',
      StateMachineArn: child,
    });
    expect(Number(ended.stopDate) - ended.startDate).toBeGreaterThan(600_000);
    const history = await account.call<{ events: { type: string }[] }>('GetExecutionHistory', { executionArn: arn });
    expect(history.events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it.each([
    {
      case: 'fails',
      states: { A: { Type: 'Fail', Error: 'E', Cause: 'c' } },
      fields: {},
      told: { Error: 'E', Cause: 'c', Status: 'FAILED' },
    },
    { case: 'times out', states: CHILD_WAITS, fields: { TimeoutSeconds: 5 }, told: { Status: 'TIMED_OUT' } },
  ])('fails with States.TaskFailed and the whole story when the child $case', async ({ states, fields, told }) => {
    const account = anAccount();
    const child = account.create('child', states, fields);
    const ended = await account.finish(
      account.stepFunctions.startExecution({ machineArn: account.create('m', { A: startChild(child) }) }).arn,
    );
    expect(ended.error).toBe('States.TaskFailed');
    expect(JSON.parse(ended.cause ?? '')).toMatchObject({
      ...told,
      Input: '{}',
      Name: 'child',
      ExecutionArn: expect.stringContaining(':execution:child:child'),
    });
  });

  it('names errors of the service', async () => {
    const account = anAccount();
    const missing = 'arn:aws:states:us-west-2:111122223333:stateMachine:none';
    const ended = await account.finish(
      account.stepFunctions.startExecution({ machineArn: account.create('m', { A: startChild(missing) }) }).arn,
    );
    expect(ended.error).toBe('StepFunctions.StateMachineDoesNotExistException');
    expect(ended.cause).toContain(
      `State Machine Does Not Exist: '${missing}' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist;`,
    );
  });

  const parentOf = async (account: ReturnType<typeof anAccount>, parent: (child: string) => object) => {
    const child = account.create('child', CHILD_WAITS);
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', parent(child)) });
    await account.pass(60_000);
    return { arn, child: `${child.replace('stateMachine', 'execution')}:child` };
  };
  const failsBeside = (child: string) => ({
    P: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'C', States: { C: startChild(child) } },
        { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 120, Next: 'F' }, F: { Type: 'Fail', Error: 'E' } } },
      ],
      End: true,
    },
  });

  it.each([
    { case: 'its parent is stopped', parent: (child: string) => ({ A: startChild(child) }), stop: true },
    {
      case: 'its task times out',
      parent: (child: string) => ({ A: startChild(child, '.sync:2', { TimeoutSeconds: 120 }) }),
      stop: false,
    },
    { case: 'another branch fails', parent: failsBeside, stop: false },
  ])('stops the child when $case', async ({ parent, stop }) => {
    const account = anAccount();
    const { arn, child } = await parentOf(account, parent);
    expect(account.stepFunctions.execution(child).status).toBe('RUNNING');
    if (stop) account.stepFunctions.stopExecution(arn);
    await account.finish(arn);
    expect(account.stepFunctions.execution(child).status).toBe('ABORTED');
  });

  const EVENTS = {
    Effect: 'Allow',
    Action: 'events:*',
    Resource: 'arn:aws:events:us-west-2:111122223333:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule',
  };
  const allow = (...actions: string[]) => [
    EVENTS,
    ...actions.map((action) => ({
      Effect: 'Allow',
      Action: action,
      Resource:
        action === 'states:StartExecution'
          ? 'arn:aws:states:*:*:stateMachine:child'
          : 'arn:aws:states:*:*:execution:child:*',
    })),
  ];

  it.each([
    { case: 'no right to start it', statements: [EVENTS], action: 'states:StartExecution' },
    { case: 'no right to describe it', statements: allow('states:StartExecution'), action: 'states:DescribeExecution' },
  ])('fails with $case', async ({ statements, action }) => {
    const account = anAccount({ statements });
    const child = account.create('child', CHILD_WAITS);
    const ended = await account.finish(
      account.stepFunctions.startExecution({ machineArn: account.create('m', { A: startChild(child) }) }).arn,
    );
    expect(ended).toMatchObject({ status: 'FAILED', error: 'StepFunctions.AWSStepFunctionsException' });
    expect(ended.cause).toContain(`is not authorized to perform: ${action} on resource:`);
  });

  it('leaves the child alone without the right to stop it', async () => {
    const account = anAccount({ statements: allow('states:StartExecution', 'states:DescribeExecution') });
    const { arn, child } = await parentOf(account, (machine) => ({ A: startChild(machine) }));
    account.stepFunctions.stopExecution(arn);
    expect(account.stepFunctions.execution(child).status).toBe('RUNNING');
  });

  it.each([
    { redriveOfChildren: 'redrive-child' as const, error: undefined },
    { redriveOfChildren: 'start-again' as const, error: 'StepFunctions.ExecutionAlreadyExistsException' },
  ])('a redrive of the parent does as the switch says: $redriveOfChildren', async ({ redriveOfChildren, error }) => {
    let calls = 0;
    const account = anAccount({ redriveOfChildren, functions: { f: () => (calls++ === 0 ? thrown('E') : ok(1)) } });
    const child = account.create('child', { A: invoke('f') });
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', { P: startChild(child) }) });
    await account.finish(arn);
    account.stepFunctions.redriveExecution(arn);
    expect((await account.finish(arn)).error).toBe(error);
    expect(account.stepFunctions.execution(`${child.replace('stateMachine', 'execution')}:child`).redriveCount).toBe(
      error === undefined ? 1 : 0,
    );
  });
});

describe('waitForTaskToken', () => {
  const waiting = async (fields: object = {}) => {
    const account = anAccount();
    const state = invoke('f', {
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'f', Payload: { token: '{% $states.context.Task.Token %}' } },
      ...fields,
    });
    const { arn } = account.stepFunctions.startExecution({ machineArn: account.create('m', { A: state }) });
    await account.pass(5000);
    const [invocation] = account.invoked;
    const { token } = (invocation ?? { payload: {} }).payload as { token: string };
    return { account, arn, token };
  };

  it('goes on with the output that is sent, once', async () => {
    const { account, arn, token } = await waiting();
    expect(account.stepFunctions.execution(arn).status).toBe('RUNNING');
    await account.call('SendTaskSuccess', { taskToken: token, output: '{"v":1}' });
    expect(await account.finish(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"v":1}' });
    await expect(account.call('SendTaskSuccess', { taskToken: token, output: '1' })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    });
  });

  it('fails with the error that is sent', async () => {
    const { account, arn, token } = await waiting();
    await account.call('SendTaskFailure', { taskToken: token, error: 'E', cause: 'c' });
    expect(await account.finish(arn)).toMatchObject({ status: 'FAILED', error: 'E', cause: 'c' });
  });

  it('stays alive while heartbeats come', async () => {
    const { account, arn, token } = await waiting({ HeartbeatSeconds: 10 });
    await account.pass(4000);
    await account.call('SendTaskHeartbeat', { taskToken: token });
    await account.pass(9000);
    expect(account.stepFunctions.execution(arn).status).toBe('RUNNING');
    await account.pass(2000);
    expect(account.stepFunctions.execution(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    await expect(account.call('SendTaskHeartbeat', { taskToken: token })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    });
  });

  it.each([
    { case: 'a malformed token', token: 'x', code: 'InvalidToken' },
    { case: 'a token of nobody', token: Buffer.alloc(64).toString('base64'), code: 'TaskDoesNotExist' },
  ])('refuses $case', async ({ token, code }) => {
    await expect(anAccount().call('SendTaskSuccess', { taskToken: token, output: '1' })).rejects.toMatchObject({
      code,
    });
  });

  it('refuses output that is not JSON and keeps waiting', async () => {
    const { account, arn, token } = await waiting();
    await expect(account.call('SendTaskSuccess', { taskToken: token, output: '{' })).rejects.toMatchObject({
      code: 'InvalidOutput',
    });
    expect(account.stepFunctions.execution(arn).status).toBe('RUNNING');
  });
});
