import { denialMessage } from '../../iam/authorization.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type AwsEvent, type Caller, ServiceError } from '../../kernel/service.ts';
import type { MetricStore } from '../cloudwatch/metric-store.ts';
import { type Authority, type PolicyContext, roleSession, servicePrincipal } from '../kms/authority.ts';
import type { Sns } from '../sns.ts';
import type { Sqs } from '../sqs.ts';
import { InvalidTargetInput, targetInput } from './input.ts';
import type { Rule, Target } from './rules.ts';

/** The part of Lambda that takes asynchronous invocations. */
export type AsynchronousFunctions = {
  readonly functionByArn: (functionArn: string) => unknown;
  readonly invokeAsync: (request: {
    readonly functionArn: string;
    readonly payload: string;
    readonly caller: Caller;
  }) => void;
};

export type DeliveryDependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Authority, 'authorize' | 'mayAssume'>;
  readonly lambda: AsynchronousFunctions;
  readonly sqs: Pick<Sqs, 'send'>;
  readonly sns: Pick<Sns, 'publish'>;
  readonly metrics?: Pick<MetricStore, 'record'>;
};

export type Delivery = {
  readonly event: AwsEvent;
  readonly rule: Rule;
  readonly target: Target;
  readonly receivedAt: number;
};

/** Counts in `AWS/Events`. Source: EventBridge User Guide, "Monitoring Amazon EventBridge". */
export function createRuleCounter(metrics: DeliveryDependencies['metrics']) {
  return (metricName: string, ruleName: string): void =>
    metrics?.record({ namespace: 'AWS/Events', metricName, dimensions: { RuleName: ruleName }, value: 1 });
}

type Refusal = { readonly code: string; readonly message: string; readonly retriable: boolean };

/**
 * Delivers an event to one target of a rule. What can never work (a right or the target is missing, no JSON) goes to
 * the dead-letter queue at once; what may work later is tried again with growing pauses. Source: EventBridge User
 * Guide, "Event retry policy and using dead-letter queues".
 */
export function createDelivery(dependencies: DeliveryDependencies): (delivery: Delivery) => void {
  const { kernel, iam, sqs } = dependencies;
  const count = createRuleCounter(dependencies.metrics);
  const send = createSender(dependencies);

  const attempt = (delivery: Delivery, retries: number) => {
    const { event, rule, target } = delivery;
    const refusal = send(delivery);
    count('Invocations', rule.name);
    if (refusal === undefined) {
      kernel.log.write('event.delivered', {
        id: event.id,
        detailType: event['detail-type'],
        rule: rule.name,
        target: target.arn,
      });
      return;
    }
    const exhausted = exhaustedBy(delivery, retries, kernel.clock.now());
    if (refusal.retriable && exhausted === undefined) {
      kernel.clock.after(pauseBeforeRetry(kernel, delivery, retries), () => attempt(delivery, retries + 1));
      return;
    }
    giveUp(delivery, refusal, retries, exhausted);
  };

  const giveUp = (delivery: Delivery, refusal: Refusal, retries: number, exhausted: string | undefined) => {
    const { event, rule, target } = delivery;
    count('FailedInvocations', rule.name);
    const deadLetter = toDeadLetters(delivery, {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.arn,
      ERROR_CODE: refusal.code,
      ERROR_MESSAGE: refusal.message,
      ...(exhausted !== undefined && refusal.retriable && { EXHAUSTED_RETRY_CONDITION: exhausted }),
      RETRY_ATTEMPTS: String(retries),
    });
    const { code, message } = refusal;
    kernel.log.write('event.failed', { id: event.id, rule: rule.name, target: target.arn, code, message, deadLetter });
  };

  const toDeadLetters = ({ event, rule, target }: Delivery, attributes: Readonly<Record<string, string>>): string => {
    if (target.deadLetterArn === undefined) return 'none';
    try {
      const { caller, context } = actor(kernel, iam, rule, undefined);
      sqs.send({ queueArn: target.deadLetterArn, body: JSON.stringify(event), attributes, caller, context });
      count('InvocationsSentToDlq', rule.name);
      return 'sent';
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      count('InvocationsFailedToBeSentToDlq', rule.name);
      return `refused: ${error.message}`;
    }
  };

  return (delivery) => attempt(delivery, 0);
}

/** Hands the input over; answers why it was not taken. */
function createSender({ kernel, iam, lambda, sqs, sns }: DeliveryDependencies) {
  const senders: Readonly<Record<string, (target: Target, payload: string, as: Actor) => void>> = {
    lambda({ arn }, payload, { caller, context }) {
      if (lambda.functionByArn(arn) === undefined)
        throw new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`);
      const permission = { action: 'lambda:InvokeFunction', resource: arn, context };
      const decision = iam.authorize(caller, permission);
      if (!decision.allowed)
        throw new ServiceError('AccessDeniedException', denialMessage(caller, permission, decision));
      lambda.invokeAsync({ functionArn: arn, payload, caller });
    },
    sqs: ({ arn }, body, { caller, context }) => void sqs.send({ queueArn: arn, body, caller, context }),
    sns: ({ arn }, message, { caller, context }) => void sns.publish({ topicArn: arn, message, caller, context }),
  };

  return ({ event, rule, target, receivedAt }: Delivery): Refusal | undefined => {
    try {
      const payload = targetInput(target, event, rule, receivedAt);
      senders[target.arn.split(':')[2] ?? '']?.(target, payload, actor(kernel, iam, rule, target.roleArn));
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  };
}

type Actor = { readonly caller: Caller; readonly context: PolicyContext };

/** EventBridge itself, known by the rule it acts for, or the role that the target names. */
function actor(kernel: Kernel, iam: Pick<Authority, 'mayAssume'>, rule: Rule, roleArn: string | undefined): Actor {
  const caller = servicePrincipal('events.amazonaws.com');
  const context = { 'aws:SourceArn': rule.arn, 'aws:SourceAccount': kernel.identity.accountId };
  if (roleArn === undefined) return { caller, context };
  if (!iam.mayAssume(caller, roleArn, context))
    throw new ServiceError('AccessDeniedException', `EventBridge cannot assume ${roleArn}`);
  return { caller: roleSession(roleArn, rule.name), context: {} };
}

const deniedCodes = /AccessDenied|Authorization|KMS/i;
const missingCodes = /NotFound|DoesNotExist|NonExistent/;

/** The error codes are those that the dead-letter queue's messages carry; anything else is a defect and is thrown on. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof InvalidTargetInput) return { code: 'INVALID_JSON', message: error.message, retriable: false };
  if (!(error instanceof ServiceError)) throw error;
  const { code, message, status = 400 } = error;
  if (deniedCodes.test(code)) return { code: 'NO_PERMISSIONS', message, retriable: false };
  if (missingCodes.test(code)) return { code: 'NO_RESOURCE', message, retriable: false };
  if (/Throttl|TooManyRequests/.test(code)) return { code: 'THROTTLING', message, retriable: true };
  return { code: 'ERROR_FROM_TARGET', message, retriable: status >= 500 };
}

function exhaustedBy({ target, receivedAt }: Delivery, retries: number, now: number): string | undefined {
  const { maximumRetryAttempts = 185, maximumEventAgeInSeconds = 86_400 } = target.retryPolicy ?? {};
  if (retries >= maximumRetryAttempts) return 'MaximumRetryAttempts';
  return now - receivedAt >= maximumEventAgeInSeconds * 1000 ? 'MaximumEventAgeInSeconds' : undefined;
}

/** Exponential with full jitter; AWS says so and gives no numbers. */
function pauseBeforeRetry(kernel: Kernel, { event, rule, target }: Delivery, retries: number): number {
  const ceiling = Math.min(600_000, 1000 * 2 ** retries);
  return kernel.random.between(ceiling / 2, ceiling, 'event-retry', event.id, rule.name, target.id, retries);
}
