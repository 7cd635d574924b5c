import { denialMessage } from '../iam/authorization.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Caller, ServiceError } from '../kernel/service.ts';
import { parseSchedule, type Schedule as Times } from './events/schedule-expression.ts';
import { type Authority, roleSession, servicePrincipal } from './kms/authority.ts';
import type { Sqs } from './sqs.ts';

export type ScheduleSpec = {
  readonly name: string;
  readonly groupName?: string;
  readonly description?: string;
  /** `rate(...)`, `cron(...)` or `at(...)`. */
  readonly expression: string;
  readonly timezone?: string;
  readonly state?: 'ENABLED' | 'DISABLED';
  readonly startDate?: Date;
  readonly endDate?: Date;
  readonly target: ScheduleTarget;
};

export type ScheduleTarget = {
  /** A Lambda function, its version or alias. */
  readonly arn: string;
  readonly roleArn: string;
  readonly input?: string;
  /** For failures that may pass. There are none here: a right or the function is there or it is not. */
  readonly retryPolicy?: { readonly maximumRetryAttempts?: number; readonly maximumEventAgeInSeconds?: number };
  readonly deadLetterArn?: string;
};

export type Schedule = ScheduleSpec & { readonly arn: string };

export type Scheduler = {
  /** @throws {ServiceError} `ValidationException`, also for targets other than Lambda functions, which are not simulated. */
  readonly createSchedule: (spec: ScheduleSpec) => Schedule;
  readonly deleteSchedule: (arn: string) => void;
  readonly schedules: () => readonly Schedule[];
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Authority, 'authorize' | 'mayAssume'>;
  readonly lambda: {
    readonly functionByArn: (functionArn: string) => unknown;
    readonly invokeAsync: (request: {
      readonly functionArn: string;
      readonly payload: string;
      readonly caller: Caller;
    }) => void;
  };
  readonly sqs: Pick<Sqs, 'send'>;
};

/**
 * EventBridge Scheduler without flexible windows. It acts as the role of the target, so a role that does not trust it
 * is refused at once, as CreateSchedule does, and a missing right shows when the schedule is due.
 */
export function createScheduler({ kernel, iam, lambda, sqs }: Dependencies): Scheduler {
  const { accountId, region, partition } = kernel.identity;
  const { clock } = kernel;
  const schedules = new Map<string, Schedule>();
  const principal = servicePrincipal('scheduler.amazonaws.com');
  // Trust policies see the schedule's group. Source: Scheduler User Guide, "Confused deputy prevention".
  const source = {
    'aws:SourceArn': `arn:${partition}:scheduler:${region}:${accountId}:schedule-group/default`,
    'aws:SourceAccount': accountId,
  };

  const arm = (schedule: Schedule, times: Times) => {
    const from = Math.max(clock.now(), (schedule.startDate?.getTime() ?? 0) - 1);
    const due = times.nextAfter(from);
    if (due === undefined || due > (schedule.endDate?.getTime() ?? Number.POSITIVE_INFINITY)) return;
    clock.after(due - clock.now(), () => {
      if (schedules.get(schedule.arn) !== schedule) return;
      arm(schedule, times);
      if (schedule.state !== 'DISABLED') invoke(schedule, due);
    });
  };
  const invoke = (schedule: Schedule, due: number) => {
    const { target, arn, name } = schedule;
    const caller = roleSession(target.roleArn, name);
    try {
      checkRights(schedule, caller);
      lambda.invokeAsync({ functionArn: target.arn, payload: inputOf(schedule, due), caller });
      kernel.log.write('schedule.invoked', { schedule: name, target: target.arn });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      kernel.log.write('schedule.failed', { schedule: arn, code: error.code, message: error.message });
      toDeadLetters(schedule, caller, error, due);
    }
  };
  const checkRights = ({ target }: Schedule, caller: Caller) => {
    if (!iam.mayAssume(principal, target.roleArn, source)) {
      throw new ServiceError('AccessDeniedException', `EventBridge Scheduler cannot assume ${target.roleArn}`);
    }
    if (lambda.functionByArn(target.arn) === undefined)
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${target.arn}`);
    const permission = { action: 'lambda:InvokeFunction', resource: target.arn };
    const decision = iam.authorize(caller, permission);
    if (!decision.allowed) throw new ServiceError('AccessDeniedException', denialMessage(caller, permission, decision));
  };
  const toDeadLetters = (schedule: Schedule, caller: Caller, error: ServiceError, due: number) => {
    const { target, arn } = schedule;
    if (target.deadLetterArn === undefined) return;
    const attributes = {
      ERROR_CODE: error.code,
      ERROR_MESSAGE: error.message,
      SCHEDULE_ARN: arn,
      TARGET_ARN: target.arn,
      RETRY_ATTEMPTS: '0',
    };
    try {
      sqs.send({ queueArn: target.deadLetterArn, body: inputOf(schedule, due), attributes, caller });
    } catch (refusal) {
      if (!(refusal instanceof ServiceError)) throw refusal;
      kernel.log.write('schedule.dead-letter-refused', { schedule: arn, message: refusal.message });
    }
  };

  return {
    createSchedule(spec) {
      const arn = `arn:${partition}:scheduler:${region}:${accountId}:schedule/${spec.groupName ?? 'default'}/${spec.name}`;
      check(spec);
      if (schedules.has(arn)) throw new ServiceError('ConflictException', `Schedule ${spec.name} already exists.`);
      if (!iam.mayAssume(principal, spec.target.roleArn, source)) {
        throw new ServiceError(
          'ValidationException',
          'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
        );
      }
      const options = {
        createdAt: clock.now(),
        oneTime: true,
        ...(spec.timezone !== undefined && { timezone: spec.timezone }),
      };
      const times = parseSchedule(spec.expression, options);
      const schedule = { ...spec, arn };
      schedules.set(arn, schedule);
      arm(schedule, times);
      return schedule;
    },
    deleteSchedule: (arn) => {
      schedules.delete(arn);
    },
    schedules: () => [...schedules.values()],
  };
}

function check({ name, groupName = 'default', target }: ScheduleSpec): void {
  if (!/^[0-9a-zA-Z-_.]{1,64}$/.test(name))
    throw new ServiceError('ValidationException', `Invalid schedule name ${name}`);
  if (groupName !== 'default')
    throw new ServiceError('ResourceNotFoundException', `Schedule group ${groupName} does not exist.`);
  if (!/^arn:aws:lambda:[^:]+:\d+:function:/.test(target.arn)) {
    throw new ServiceError(
      'ValidationException',
      `The schedule target ${target.arn} is not simulated; only Lambda functions are.`,
    );
  }
}

/** Context attributes are filled in; without an input the target gets a description of the call. Source: Scheduler User Guide, "Adding context attributes". */
function inputOf({ arn, target }: Schedule, due: number): string {
  const time = `${new Date(due).toISOString().slice(0, 19)}Z`;
  if (target.input === undefined) return JSON.stringify({ 'schedule-arn': arn, 'scheduled-time': time });
  const known: Readonly<Record<string, string>> = {
    'schedule-arn': arn,
    'scheduled-time': time,
    'attempt-number': '1',
  };
  return target.input.replaceAll(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => known[name] ?? whole);
}
