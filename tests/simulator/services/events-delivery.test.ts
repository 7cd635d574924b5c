import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../simulator/kernel/service.ts';
import type { Target } from '../../../simulator/services/events/rules.ts';
import { createEvents } from '../../../simulator/services/events.ts';
import { zipOf } from '../../support/zip.ts';
import { anAccount, pass } from '../cloudformation/account.ts';
import { aRole, call, operator } from './calling.ts';

type Options = Parameters<typeof anAccount>[0] & { readonly target?: Partial<Target>; readonly permission?: boolean };

/** A rule that wants every image, a function that it targets, and a queue that may take what fails. */
async function aRule({ target = {}, permission = true, ...options }: Options = {}) {
  const account = anAccount(options);
  const { iam, lambda, events, sqs, kernel } = account;
  const role = aRole(iam, 'worker', []);
  const zip = zipOf({ 'index.mjs': 'export const handler = async () => null;' });
  const { arn } = await lambda.createFunction({
    functionName: 'worker',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    role: role.roleArn,
    zip,
  });
  const rule = events.rules.put({ name: 'images', eventPattern: '{"source":["aws.imagebuilder"]}' });
  const sourceArn = rule.arn;
  if (permission) {
    lambda.addPermission(arn, {
      statementId: 'rule',
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn,
    });
  }
  const queue = sqs.createQueue({ queueName: 'undelivered' });
  const letEventsIn = () =>
    sqs.setPolicy(queue.arn, {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: queue.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
        },
      ],
    });
  events.rules.setTargets('images', [{ id: 'worker', arn, deadLetterArn: queue.arn, ...target }]);
  const put = (detail = {}) =>
    events.bus.put({ source: 'aws.imagebuilder', 'detail-type': 'Image', resources: ['arn:x'], detail });
  const failures = () =>
    kernel.log
      .entries()
      .filter(({ kind }) => kind === 'event.failed')
      .map(({ details }) => details);
  return { ...account, rule, functionArn: arn, queue, letEventsIn, put, failures };
}

describe('rules on the default bus', () => {
  it('hand the whole event to the function, later than it was put', async () => {
    const { put, kernel, invocations } = await aRule();
    put({ a: 1 });
    expect(invocations).toEqual([]);
    await pass(kernel, 10_000);
    expect(invocations).toEqual([
      {
        functionName: 'worker',
        payload: {
          version: '0',
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          'detail-type': 'Image',
          source: 'aws.imagebuilder',
          account: '111122223333',
          time: '2026-06-01T00:00:00Z',
          region: 'us-west-2',
          resources: ['arn:x'],
          detail: { a: 1 },
        },
      },
    ]);
  });

  it('do not invoke a function whose policy does not name them', async () => {
    const { put, kernel, invocations, failures } = await aRule({ permission: false });
    put();
    await pass(kernel, 100_000);
    expect(invocations).toEqual([]);
    expect(failures()).toEqual([expect.objectContaining({ code: 'NO_PERMISSIONS' })]);
  });

  it('keep what they may not deliver in the dead-letter queue, at once and with the reason', async () => {
    const { put, kernel, queue, sqs, rule, functionArn, letEventsIn } = await aRule({ permission: false });
    letEventsIn();
    put({ a: 1 });
    await pass(kernel, 10_000);
    const [message] = sqs.messages(queue.arn);
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ detail: { a: 1 } });
    expect(message?.attributes).toMatchObject({
      RULE_ARN: rule.arn,
      TARGET_ARN: functionArn,
      ERROR_CODE: 'NO_PERMISSIONS',
      RETRY_ATTEMPTS: '0',
    });
  });

  it('lose the event when the dead-letter queue does not let them in, and say so', async () => {
    const { put, kernel, queue, sqs, failures } = await aRule({ permission: false });
    put();
    await pass(kernel, 10_000);
    expect(sqs.messages(queue.arn)).toEqual([]);
    expect(failures()).toEqual([expect.objectContaining({ deadLetter: expect.stringContaining('refused') })]);
  });

  it('give up at once on a function that is gone', async () => {
    const { put, kernel, lambda, queue, sqs, letEventsIn } = await aRule();
    letEventsIn();
    lambda.deleteFunction('worker');
    put();
    await pass(kernel, 10_000);
    expect(sqs.messages(queue.arn)[0]?.attributes).toMatchObject({ ERROR_CODE: 'NO_RESOURCE' });
  });

  it('treat an input that is not JSON after its transformation as undeliverable', async () => {
    const inputTransformer = { inputPathsMap: { x: '$.detail.missing' }, inputTemplate: '{"x": <x>}' };
    const { put, kernel, queue, sqs, letEventsIn, invocations } = await aRule({ target: { inputTransformer } });
    letEventsIn();
    put();
    await pass(kernel, 10_000);
    expect(invocations).toEqual([]);
    expect(sqs.messages(queue.arn)[0]?.attributes).toMatchObject({ ERROR_CODE: 'INVALID_JSON' });
  });

  it.each([
    { case: 'a duplicate', delays: [0, 60_000], count: 2 },
    { case: 'a loss', delays: [], count: 0 },
  ])('suffer $case when it is asked for', async ({ delays, count }) => {
    const { put, kernel, invocations } = await aRule({ disturb: () => delays });
    put();
    await pass(kernel, 200_000);
    expect(invocations).toHaveLength(count);
  });

  it('suffer what the faults of the account say of the rule, unless asked otherwise', async () => {
    const { put, kernel, invocations } = await aRule();
    kernel.faults.add({ at: 'event', rule: 'images', nth: 1, delaysMs: [] });
    kernel.faults.add({ at: 'event', rule: 'images', nth: 2, delaysMs: [0, 60_000] });
    put();
    put();
    await pass(kernel, 200_000);
    expect(invocations).toHaveLength(2);
  });

  it('do nothing while they are disabled, or for events that they do not ask for', async () => {
    const { put, kernel, events, invocations } = await aRule();
    events.bus.put({ source: 'aws.ec2', 'detail-type': 'X', resources: [], detail: {} });
    events.rules.put({ name: 'images', eventPattern: '{"source":["aws.imagebuilder"]}', state: 'DISABLED' });
    put();
    await pass(kernel, 10_000);
    expect(invocations).toEqual([]);
  });

  it('deliver a scheduled event to their targets on time, and to nobody else', async () => {
    const { kernel, events, functionArn, lambda, invocations } = await aRule();
    events.rules.put({ name: 'others', eventPattern: '{"source":["aws.events"]}' });
    events.rules.setTargets('others', [{ id: 'x', arn: functionArn }]);
    const hourly = events.rules.put({ name: 'hourly', scheduleExpression: 'rate(1 hour)' });
    events.rules.setTargets('hourly', [{ id: 'x', arn: functionArn, input: '{"sweep":true}' }]);
    lambda.addPermission(functionArn, {
      statementId: 'h',
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: hourly.arn,
    });
    await pass(kernel, 2.5 * 3_600_000);
    expect(invocations.map(({ payload }) => payload)).toEqual([{ sweep: true }, { sweep: true }]);
  });

  it('are the same event twice in one instant, with two ids', async () => {
    const { put, kernel, invocations } = await aRule();
    put();
    put();
    await pass(kernel, 10_000);
    const ids = invocations.map(({ payload }) => (payload as { id: string }).id);
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    { case: 'a Step Functions target', target: { arn: 'arn:aws:states:us-west-2:111122223333:stateMachine:x' } },
    { case: 'a dead-letter queue that is a topic', target: { deadLetterArn: 'arn:aws:sns:us-west-2:111122223333:x' } },
    { case: 'retries out of range', target: { retryPolicy: { maximumRetryAttempts: 186 } } },
    { case: 'two kinds of input', target: { input: '{}', inputPath: '$.detail' } },
    { case: 'an input that is not JSON', target: { input: '{' } },
    { case: 'a template with an unknown variable', target: { inputTransformer: { inputTemplate: '{"a": <b>}' } } },
    { case: 'a path with a wildcard', target: { inputPath: '$.detail.*' } },
  ])('refuse $case', async ({ target }) => {
    await expect(aRule({ target })).rejects.toMatchObject({ code: 'ValidationException' });
  });
});

describe('retries', () => {
  const functionArn = 'arn:aws:lambda:us-west-2:111122223333:function:busy';

  /** A rule whose function is throttled this many times before it takes the event. */
  function aBusyFunction(refusals: number, retryPolicy: Target['retryPolicy'] = {}) {
    const account = anAccount();
    const { kernel, iam, sqs } = account;
    const open = (Resource: string, Action: string) =>
      iam.setResourcePolicy(Resource, {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action, Resource }],
      });
    const attempts: number[] = [];
    const lambda = {
      functionByArn: () => ({}),
      invokeAsync: () => {
        attempts.push(kernel.clock.now());
        if (attempts.length <= refusals)
          throw new ServiceError('TooManyRequestsException', 'Rate exceeded', { status: 429 });
      },
    };
    const events = createEvents({ ...account, lambda });
    const queue = sqs.createQueue({ queueName: 'undelivered' });
    open(functionArn, 'lambda:InvokeFunction');
    open(queue.arn, 'sqs:SendMessage');
    events.rules.put({ name: 'r', eventPattern: '{"source":["app"]}' });
    events.rules.setTargets('r', [{ id: 't', arn: functionArn, deadLetterArn: queue.arn, retryPolicy }]);
    events.bus.put({ source: 'app', 'detail-type': 'x', resources: [], detail: {} });
    return { kernel, attempts, deadLetters: () => sqs.messages(queue.arn).map(({ attributes }) => attributes) };
  }

  it('go on with growing pauses until the target takes the event', async () => {
    const { kernel, attempts, deadLetters } = aBusyFunction(6);
    await pass(kernel, 3_600_000);
    expect(attempts).toHaveLength(7);
    const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] as number));
    expect(pauses.at(-1)).toBeGreaterThan(10 * (pauses[0] as number));
    expect(deadLetters()).toEqual([]);
  });

  it.each([
    { case: 'attempts', policy: { maximumRetryAttempts: 2 }, condition: 'MaximumRetryAttempts' },
    { case: 'age', policy: { maximumEventAgeInSeconds: 60 }, condition: 'MaximumEventAgeInSeconds' },
  ])('end with the $case of the policy, in the dead-letter queue', async ({ policy, condition }) => {
    const { kernel, deadLetters } = aBusyFunction(1000, policy);
    await pass(kernel, 3_600_000);
    expect(deadLetters()).toMatchObject([{ ERROR_CODE: 'THROTTLING', EXHAUSTED_RETRY_CONDITION: condition }]);
  });
});

describe('transformed input', () => {
  it.each([
    { case: 'a path', target: { inputPath: '$.detail.state' }, payload: { status: 'AVAILABLE' } },
    {
      case: 'values in a JSON template, quoted and not',
      target: {
        inputTransformer: {
          inputPathsMap: { image: '$.resources[0]', state: '$.detail.state', status: '$.detail.state.status' },
          inputTemplate: '{"image": <image>, "text": "is <status>", "state": <state>, "rule": <aws.events.rule-name>}',
        },
      },
      payload: { image: 'arn:x', text: 'is AVAILABLE', state: { status: 'AVAILABLE' }, rule: 'images' },
    },
    {
      case: 'a text in quotes',
      target: {
        inputTransformer: { inputPathsMap: { status: '$.detail.state.status' }, inputTemplate: '"now <status>"' },
      },
      payload: 'now AVAILABLE',
    },
  ])('comes from $case', async ({ target, payload }) => {
    const { put, kernel, invocations } = await aRule({ target });
    put({ state: { status: 'AVAILABLE' } });
    await pass(kernel, 10_000);
    expect(invocations).toEqual([{ functionName: 'worker', payload }]);
  });
});

describe('PutEvents', () => {
  const entry = { Source: 'my.app', DetailType: 'Thing', Detail: '{"a":1}' };

  it('answers every entry for itself', async () => {
    const { events, iam } = await aRule();
    const reply = await call(iam, events.service, 'PutEvents', {
      Entries: [
        entry,
        { ...entry, Source: 'aws.imagebuilder' },
        { ...entry, Detail: '[1]' },
        { ...entry, Detail: '{' },
        { ...entry, DetailType: '' },
      ],
    });
    expect(reply).toEqual({
      FailedEntryCount: 4,
      Entries: [
        { EventId: expect.any(String) },
        expect.objectContaining({ ErrorCode: 'NotAuthorizedForSourceException' }),
        expect.objectContaining({ ErrorCode: 'MalformedDetail' }),
        expect.objectContaining({ ErrorCode: 'MalformedDetail' }),
        expect.objectContaining({ ErrorCode: 'InvalidArgument' }),
      ],
    });
  });

  it('needs the right on the bus', async () => {
    const { events, iam } = await aRule();
    const nobody = aRole(iam, 'nobody', []);
    await expect(call(iam, events.service, 'PutEvents', { Entries: [entry] }, nobody)).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });

  it('refuses a bus that does not exist', async () => {
    const { events, iam } = await aRule();
    const input = { Entries: [{ ...entry, EventBusName: 'other' }] };
    await expect(call(iam, events.service, 'PutEvents', input, operator)).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});

describe('DescribeRule and ListTargetsByRule', () => {
  it('show what was put', async () => {
    const { events, iam, functionArn, queue } = await aRule();
    expect(await call(iam, events.service, 'DescribeRule', { Name: 'images' })).toMatchObject({
      State: 'ENABLED',
      EventBusName: 'default',
    });
    expect(await call(iam, events.service, 'ListTargetsByRule', { Rule: 'images' })).toMatchObject({
      Targets: [{ Id: 'worker', Arn: functionArn, DeadLetterConfig: { Arn: queue.arn } }],
    });
  });

  it('refuse a rule that does not exist', async () => {
    const { events, iam } = await aRule();
    await expect(call(iam, events.service, 'DescribeRule', { Name: 'x' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});
