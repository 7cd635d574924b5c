import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import { compileEventPattern, type EventPattern } from './event-pattern.ts';
import { checkTargetInput, type TargetInput } from './input.ts';
import { parseSchedule } from './schedule-expression.ts';

export type RuleSpec = {
  readonly name: string;
  readonly description?: string;
  /** As JSON text; the API keeps it as it was written. */
  readonly eventPattern?: string;
  readonly scheduleExpression?: string;
  readonly state?: 'ENABLED' | 'DISABLED';
  readonly roleArn?: string;
};

export type Target = TargetInput & {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string;
  readonly retryPolicy?: { readonly maximumRetryAttempts?: number; readonly maximumEventAgeInSeconds?: number };
  readonly deadLetterArn?: string;
};

export type Rule = RuleSpec & {
  readonly arn: string;
  readonly state: 'ENABLED' | 'DISABLED';
  readonly targets: readonly Target[];
  readonly createdBy: string;
};

export type Rules = {
  /** Creates a rule or changes one; its targets stay. @throws {ServiceError} as PutRule does. */
  readonly put: (spec: RuleSpec) => Rule;
  /** Of a rule that is there. A schedule goes on to be counted from where it began. */
  readonly setState: (ruleName: string, state: Rule['state']) => void;
  readonly setTargets: (ruleName: string, targets: readonly Target[]) => void;
  readonly remove: (ruleName: string) => void;
  readonly find: (ruleName: string) => Rule | undefined;
  /** By name. */
  readonly all: () => readonly Rule[];
  readonly matching: (event: unknown) => readonly Rule[];
};

type Held = { rule: Rule; readonly pattern: EventPattern | undefined; readonly stop: () => void };

/** The rules of the default bus. `onSchedule` is called whenever a scheduled rule is due. */
export function createRules(kernel: Kernel, onSchedule: (rule: Rule) => void): Rules {
  const { accountId, region, partition } = kernel.identity;
  const rules = new Map<string, Held>();

  const startSchedule = (name: string, expression: string | undefined) => {
    if (expression === undefined) return () => {};
    const schedule = parseSchedule(expression, { createdAt: kernel.clock.now() });
    let stopped = false;
    const arm = () => {
      const due = schedule.nextAfter(kernel.clock.now());
      if (due === undefined) return;
      kernel.clock.after(due - kernel.clock.now(), () => {
        const held = rules.get(name);
        if (stopped || held === undefined) return;
        arm();
        if (held.rule.state === 'ENABLED') onSchedule(held.rule);
      });
    };
    arm();
    return () => {
      stopped = true;
    };
  };

  return {
    put(spec) {
      checkRule(spec);
      const arn = `arn:${partition}:events:${region}:${accountId}:rule/${spec.name}`;
      const pattern = spec.eventPattern === undefined ? undefined : compileEventPattern(spec.eventPattern);
      const before = rules.get(spec.name);
      const rule = {
        ...spec,
        arn,
        state: spec.state ?? 'ENABLED',
        targets: before?.rule.targets ?? [],
        createdBy: accountId,
      };
      const stop = startSchedule(spec.name, spec.scheduleExpression);
      before?.stop();
      rules.set(spec.name, { rule, pattern, stop });
      return rule;
    },
    setState(ruleName, state) {
      const held = rules.get(ruleName);
      if (held !== undefined) held.rule = { ...held.rule, state };
    },
    setTargets(ruleName, targets) {
      const held = rules.get(ruleName);
      if (held === undefined)
        throw new ServiceError('ResourceNotFoundException', `Rule ${ruleName} does not exist on EventBus default.`);
      if (targets.length > 5)
        throw new ServiceError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.');
      for (const target of targets) checkTarget(target);
      held.rule = { ...held.rule, targets };
    },
    remove(ruleName) {
      rules.get(ruleName)?.stop();
      rules.delete(ruleName);
    },
    find: (ruleName) => rules.get(ruleName)?.rule,
    all: () => [...rules.values()].map(({ rule }) => rule).sort((a, b) => (a.name < b.name ? -1 : 1)),
    matching: (event) =>
      [...rules.values()]
        .filter(({ rule, pattern }) => rule.state === 'ENABLED' && pattern?.(event))
        .map(({ rule }) => rule)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function checkRule({ name, eventPattern, scheduleExpression }: RuleSpec): void {
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name)) throw new ServiceError('ValidationException', `Invalid rule name ${name}`);
  if (eventPattern === undefined && scheduleExpression === undefined) {
    throw new ServiceError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
}

/** Service part of the ARN of what a rule can deliver to here. */
const deliverable = ['lambda', 'sqs', 'sns'];

function checkTarget(target: Target): void {
  const service = target.arn.split(':')[2] ?? '';
  if (!deliverable.includes(service)) {
    throw new ServiceError(
      'ValidationException',
      `Target ${target.id}: a rule cannot deliver to ${target.arn} here (not simulated)`,
    );
  }
  if (target.deadLetterArn !== undefined && !target.deadLetterArn.startsWith('arn:aws:sqs:')) {
    throw new ServiceError('ValidationException', `Target ${target.id}: a dead-letter queue must be an SQS queue`);
  }
  const { maximumRetryAttempts: attempts = 185, maximumEventAgeInSeconds: age = 86_400 } = target.retryPolicy ?? {};
  if (attempts < 0 || attempts > 185 || age < 60 || age > 86_400) {
    throw new ServiceError('ValidationException', `Target ${target.id}: RetryPolicy is out of range`);
  }
  checkTargetInput(target);
}
