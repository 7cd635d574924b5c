import { describe, expect, it } from 'vitest';
import type { ScheduleSpec } from '../../../simulator/services/scheduler.ts';
import { zipOf } from '../../support/zip.ts';
import { anAccount, pass } from '../cloudformation/account.ts';
import { allowing, aRole } from './calling.ts';

const functionArn = 'arn:aws:lambda:us-west-2:111122223333:function:sweep';
const queueArn = 'arn:aws:sqs:us-west-2:111122223333:undelivered';

async function aSchedule(
  overrides: Partial<ScheduleSpec> = {},
  rights = [allowing('lambda:InvokeFunction', functionArn)],
) {
  const account = anAccount();
  const { iam, lambda, scheduler, sqs } = account;
  const zip = zipOf({ 'index.mjs': 'export const handler = async () => null;' });
  const worker = aRole(iam, 'worker', []);
  await lambda.createFunction({
    functionName: 'sweep',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    role: worker.roleArn,
    zip,
  });
  sqs.createQueue({ queueName: 'undelivered' });
  const { roleArn } = aRole(iam, 'scheduler', rights, 'scheduler.amazonaws.com');
  const target = {
    arn: functionArn,
    roleArn,
    input: '{"at":"<aws.scheduler.scheduled-time>"}',
    deadLetterArn: queueArn,
  };
  const create = (more: Partial<ScheduleSpec> = {}) =>
    scheduler.createSchedule({ name: 'sweep', expression: 'cron(15 6 * * ? *)', target, ...overrides, ...more });
  return { ...account, create, target, worker, payloads: () => account.invocations.map(({ payload }) => payload) };
}

describe('schedules', () => {
  it('invoke their function every day, in their time zone', async () => {
    const { create, kernel, payloads } = await aSchedule({ timezone: 'Europe/Berlin' });
    create();
    await pass(kernel, 2 * 86_400_000);
    expect(payloads()).toEqual([{ at: '2026-06-01T04:15:00Z' }, { at: '2026-06-02T04:15:00Z' }]);
  });

  it('invoke once for at(...)', async () => {
    const { create, kernel, payloads } = await aSchedule({ expression: 'at(2026-06-01T12:00:00)' });
    create();
    await pass(kernel, 5 * 86_400_000);
    expect(payloads()).toHaveLength(1);
  });

  it('keep to their start and end', async () => {
    const dates = { startDate: new Date('2026-06-02T00:00:00Z'), endDate: new Date('2026-06-03T23:00:00Z') };
    const { create, kernel, payloads } = await aSchedule(dates);
    create();
    await pass(kernel, 7 * 86_400_000);
    expect(payloads()).toHaveLength(2);
  });

  it('do nothing while disabled or once deleted', async () => {
    const { create, kernel, scheduler, payloads } = await aSchedule();
    create({ name: 'off', state: 'DISABLED' });
    scheduler.deleteSchedule(create().arn);
    await pass(kernel, 2 * 86_400_000);
    expect(payloads()).toEqual([]);
  });

  it('cannot do what their role may not, and keep the call in the dead-letter queue if the role may send there', async () => {
    const { create, kernel, sqs, payloads } = await aSchedule({}, [allowing('sqs:SendMessage', queueArn)]);
    create();
    await pass(kernel, 86_400_000);
    expect(payloads()).toEqual([]);
    expect(sqs.messages(queueArn)).toMatchObject([
      { attributes: { ERROR_CODE: 'AccessDeniedException', TARGET_ARN: functionArn } },
    ]);
  });

  it('refuse a role that does not trust the scheduler', async () => {
    const { create, worker, target } = await aSchedule();
    expect(() => create({ target: { ...target, roleArn: worker.roleArn } })).toThrow(
      /must allow AWS EventBridge Scheduler to assume/,
    );
  });

  it.each([
    {
      case: 'a state machine as target',
      change: (target: ScheduleSpec['target']) => ({
        target: { ...target, arn: 'arn:aws:states:us-west-2:111122223333:stateMachine:x' },
      }),
    },
    {
      case: 'a universal target',
      change: (target: ScheduleSpec['target']) => ({
        target: { ...target, arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' },
      }),
    },
    { case: 'an unreadable expression', change: () => ({ expression: 'daily' }) },
    { case: 'a bad name', change: () => ({ name: 'a b' }) },
  ])('refuse $case', async ({ change }) => {
    const { create, target } = await aSchedule();
    expect(() => create(change(target))).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });
});
