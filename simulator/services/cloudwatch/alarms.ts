import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import { servicePrincipal } from '../kms/authority.ts';
import type { Sns } from '../sns.ts';
import { type AlarmState, evaluateAlarm, extraPeriods, type Rules } from './evaluate-alarm.ts';
import { type Metric, type MetricStore, metricKey } from './metric-store.ts';
import { notification, reasonOf } from './notification.ts';
import { checkStatistic } from './statistics.ts';

export type AlarmSpec = Metric &
  Rules & {
    readonly alarmName: string;
    readonly description?: string;
    readonly statistic: string;
    readonly periodSeconds: number;
    readonly actionsEnabled: boolean;
    readonly alarmActions: readonly string[];
    readonly okActions: readonly string[];
    readonly insufficientDataActions: readonly string[];
  };

export type Alarm = AlarmSpec & {
  readonly arn: string;
  readonly state: AlarmState;
  readonly stateReason: string;
  readonly stateUpdatedAt: number;
};

export type Alarms = {
  /** @throws {ServiceError} `ValidationError` as PutMetricAlarm does. */
  readonly put: (spec: AlarmSpec) => Alarm;
  readonly remove: (alarmName: string) => void;
  readonly all: () => readonly Alarm[];
};

type Dependencies = { readonly kernel: Kernel; readonly metrics: MetricStore; readonly sns: Pick<Sns, 'publish'> };
type Held = { readonly key: string; alarm: Alarm; isArmed: boolean };

const minuteMs = 60_000;

/**
 * Metric alarms, evaluated every full minute or hour. One that sees no datapoint in its range cannot change any more and
 * sleeps until its metric gets data, so that an idle account stays idle.
 */
export function createAlarms({ kernel, metrics, sns }: Dependencies): Alarms {
  const { accountId, region, partition } = kernel.identity;
  const { clock } = kernel;
  const alarms = new Map<string, Held>();

  const arm = (held: Held) => {
    if (held.isArmed) return;
    held.isArmed = true;
    const every = evaluationInterval(held.alarm);
    const next = (Math.floor(clock.now() / every) + 1) * every;
    clock.after(next - clock.now(), () => {
      held.isArmed = false;
      if (alarms.get(held.alarm.alarmName) === held) evaluate(held);
    });
  };
  const evaluate = (held: Held) => {
    const range = rangeOf(held.alarm, metrics, clock.now());
    const state = evaluateAlarm(held.alarm, range, held.alarm.state);
    if (state !== held.alarm.state) change(held, state, range);
    if (range.some((value) => value !== undefined)) arm(held);
  };
  const change = (held: Held, state: AlarmState, range: readonly (number | undefined)[]) => {
    const before = held.alarm;
    held.alarm = { ...before, state, stateReason: reasonOf(before, state, range), stateUpdatedAt: clock.now() };
    kernel.log.write('alarm.state', {
      alarm: before.alarmName,
      from: before.state,
      to: state,
      reason: held.alarm.stateReason,
    });
    if (before.actionsEnabled) for (const action of actionsOf(before, state)) publish(held.alarm, before.state, action);
  };
  const publish = (alarm: Alarm, oldState: AlarmState, topicArn: string) => {
    const context = { 'aws:SourceArn': alarm.arn, 'aws:SourceAccount': accountId };
    try {
      sns.publish({
        topicArn,
        caller: servicePrincipal('cloudwatch.amazonaws.com'),
        context,
        ...notification(alarm, oldState, kernel.identity),
      });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      kernel.log.write('alarm.action-failed', { alarm: alarm.alarmName, action: topicArn, error: error.message });
    }
  };

  metrics.onData((key) => {
    for (const held of alarms.values()) if (held.key === key) arm(held);
  });

  return {
    put(spec) {
      checkAlarm(spec);
      const arn = `arn:${partition}:cloudwatch:${region}:${accountId}:alarm:${spec.alarmName}`;
      const stateReason = 'Unchecked: Initial alarm creation';
      const alarm: Alarm = { ...spec, arn, state: 'INSUFFICIENT_DATA', stateReason, stateUpdatedAt: clock.now() };
      const held = { key: metricKey(alarm), alarm, isArmed: false };
      alarms.set(spec.alarmName, held);
      arm(held);
      return alarm;
    },
    remove: (alarmName) => {
      alarms.delete(alarmName);
    },
    all: () => [...alarms.values()].map(({ alarm }) => alarm).sort((a, b) => (a.alarmName < b.alarmName ? -1 : 1)),
  };
}

/** Alarms that look back over more than a day are evaluated once an hour. Source: CloudWatch User Guide, "Alarm evaluation". */
function evaluationInterval({ periodSeconds, evaluationPeriods }: Alarm): number {
  return periodSeconds * evaluationPeriods > 86_400 ? 60 * minuteMs : minuteMs;
}

function rangeOf(alarm: Alarm, metrics: MetricStore, now: number): (number | undefined)[] {
  const periodMs = alarm.periodSeconds * 1000;
  const query = { metric: alarm, statistic: alarm.statistic, periodMs };
  const periods = alarm.evaluationPeriods + extraPeriods;
  return Array.from({ length: periods }, (_, index) => metrics.datapoint(query, now - (periods - index) * periodMs));
}

function actionsOf(alarm: Alarm, state: AlarmState): readonly string[] {
  if (state === 'ALARM') return alarm.alarmActions;
  return state === 'OK' ? alarm.okActions : alarm.insufficientDataActions;
}

/** Source: CloudWatch API Reference, PutMetricAlarm. Periods under a minute are for high-resolution metrics, which are not simulated. */
function checkAlarm(spec: AlarmSpec): void {
  checkStatistic(spec.statistic);
  const { periodSeconds, evaluationPeriods, datapointsToAlarm } = spec;
  if (periodSeconds < 60 || periodSeconds % 60 !== 0)
    throw invalid('Period must be a multiple of 60 (shorter ones are not simulated)');
  if (periodSeconds * evaluationPeriods > 604_800)
    throw invalid('Metrics cannot be checked across more than seven days');
  if (datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods)
    throw invalid('DatapointsToAlarm must be within EvaluationPeriods');
  const actions = [...spec.alarmActions, ...spec.okActions, ...spec.insufficientDataActions];
  const other = actions.find((action) => action.split(':')[2] !== 'sns');
  if (other !== undefined) throw invalid(`the action ${other} is not simulated; only SNS topics are`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('ValidationError', message, { status: 400 });
}
