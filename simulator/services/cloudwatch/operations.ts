import { onEverything, onResource } from '../../iam/dependent-actions.ts';
import type { Identity } from '../../kernel/kernel.ts';
import { type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import type { Alarm, Alarms } from './alarms.ts';
import { createListMetrics } from './list-metrics.ts';
import type { Metric, MetricStore } from './metric-store.ts';

type Dependencies = {
  readonly identity: Identity;
  readonly metrics: MetricStore;
  readonly alarms: Alarms;
  readonly now: () => number;
};

type Dimension = { readonly Name: string; readonly Value: string };

type PutMetricDataInput = {
  readonly Namespace: string;
  readonly EntityMetricData?: unknown;
  readonly MetricData?: readonly {
    readonly MetricName: string;
    readonly Dimensions?: readonly Dimension[];
    readonly Timestamp?: Date;
    readonly Value?: number;
    readonly Values?: readonly number[];
    readonly Counts?: readonly number[];
    readonly StatisticValues?: unknown;
  }[];
};

type GetMetricDataInput = {
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly Label?: string;
    readonly Expression?: string;
    readonly ReturnData?: boolean;
    readonly MetricStat?: {
      readonly Metric: {
        readonly Namespace: string;
        readonly MetricName: string;
        readonly Dimensions?: readonly Dimension[];
      };
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending';
  readonly NextToken?: string;
};

type DescribeAlarmsInput = {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly AlarmTypes?: readonly string[];
  readonly StateValue?: string;
  readonly ActionPrefix?: string;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
  readonly ChildrenOfAlarmName?: string;
  readonly ParentsOfAlarmName?: string;
};

/** The operations of CloudWatch: no metric math, no statistic sets, no composite alarms. */
export function createMetricOperations({ identity, metrics, alarms, now }: Dependencies): Service['operations'] {
  const putMetricData: Operation<PutMetricDataInput> = {
    needs: ({ Namespace }) => [onEverything('cloudwatch:PutMetricData', { 'cloudwatch:namespace': Namespace })],
    run({ Namespace, MetricData = [], EntityMetricData }) {
      if (EntityMetricData !== undefined) throw invalid('EntityMetricData is not simulated.');
      if (Namespace.startsWith('AWS/')) throw invalid('The value AWS/ for parameter Namespace is invalid.');
      for (const datum of MetricData) {
        const { MetricName, Dimensions, Timestamp } = datum;
        for (const { value, count } of valuesOf(datum)) {
          metrics.record({
            ...metricOf({ Namespace, MetricName, Dimensions }),
            value,
            count,
            timestamp: Timestamp?.getTime() ?? now(),
          });
        }
      }
    },
  };

  const getMetricData: Operation<GetMetricDataInput> = {
    needs: () => [onEverything('cloudwatch:GetMetricData')],
    run({ MetricDataQueries, StartTime, EndTime, ScanBy, NextToken }) {
      if (NextToken !== undefined) throw new ServiceError('InvalidNextToken', 'There is no such page.');
      const range = { from: StartTime.getTime(), until: EndTime.getTime() };
      checkRange(range);
      const results = MetricDataQueries.filter(({ ReturnData = true }) => ReturnData).map((query) => {
        const points = pointsOf(query, range, metrics);
        if (ScanBy !== 'TimestampAscending') points.reverse();
        return {
          Id: query.Id,
          Label: query.Label ?? query.MetricStat?.Metric.MetricName,
          Timestamps: points.map(({ start }) => new Date(start)),
          Values: points.map(({ value }) => value),
          StatusCode: 'Complete',
        };
      });
      return { MetricDataResults: results, Messages: [] };
    },
  };

  const describeAlarms: Operation<DescribeAlarmsInput> = {
    needs: ({ AlarmNames, AlarmNamePrefix }) => {
      const names = AlarmNames ?? [AlarmNamePrefix === undefined ? '*' : `${AlarmNamePrefix}*`];
      const prefix = `arn:${identity.partition}:cloudwatch:${identity.region}:${identity.accountId}:alarm:`;
      return names.map((name) => onResource('cloudwatch:DescribeAlarms', prefix + name));
    },
    run(input) {
      if (input.ChildrenOfAlarmName !== undefined || input.ParentsOfAlarmName !== undefined) {
        throw invalid('Composite alarms are not simulated.');
      }
      const found = alarms.all().filter((alarm) => isAskedFor(alarm, input));
      const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
      if (!Number.isInteger(start) || start < 0) throw new ServiceError('InvalidNextToken', 'There is no such page.');
      const end = start + (input.MaxRecords ?? 50);
      return {
        MetricAlarms: found.slice(start, end).map(alarmReply),
        CompositeAlarms: [],
        ...(end < found.length && { NextToken: String(end) }),
      };
    },
  };

  return {
    ListMetrics: createListMetrics(metrics),
    PutMetricData: putMetricData,
    GetMetricData: getMetricData,
    DescribeAlarms: describeAlarms,
  };
}

/** Source of the wording: elastic/beats#32687. */
function checkRange({ from, until }: { readonly from: number; readonly until: number }): void {
  if (from < until) return;
  const relation = from === until ? 'not equal parameter EndTime' : 'be less than the parameter EndTime';
  throw new ServiceError('ValidationError', `The parameter StartTime must ${relation}.`);
}

function metricOf(metric: {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly Dimension[] | undefined;
}): Metric {
  const { Namespace, MetricName, Dimensions = [] } = metric;
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return { namespace: Namespace, metricName: MetricName, dimensions };
}

type PutDatum = NonNullable<PutMetricDataInput['MetricData']>[number];

function valuesOf({
  MetricName,
  Value,
  Values,
  Counts,
  StatisticValues,
}: PutDatum): { value: number; count: number }[] {
  if (StatisticValues !== undefined) throw invalid(`${MetricName}: StatisticValues are not simulated.`);
  if ((Value === undefined) === (Values === undefined))
    throw invalid(`${MetricName}: one of Value and Values is required.`);
  if (Value !== undefined) return [{ value: Value, count: 1 }];
  if (Counts !== undefined && Counts.length !== Values?.length)
    throw invalid(`${MetricName}: Values and Counts differ in length.`);
  return (Values ?? []).map((value, index) => ({ value, count: Counts?.[index] ?? 1 }));
}

type DataQuery = GetMetricDataInput['MetricDataQueries'][number];

function pointsOf(
  { Id, MetricStat, Expression }: DataQuery,
  { from, until }: { from: number; until: number },
  metrics: MetricStore,
) {
  if (MetricStat === undefined || Expression !== undefined) throw invalid(`${Id}: expressions are not simulated.`);
  const { Metric, Period, Stat } = MetricStat;
  if (Period < 60 || Period % 60 !== 0) throw invalid(`${Id}: Period must be a multiple of 60.`);
  const query = { metric: metricOf(Metric), statistic: Stat, periodMs: Period * 1000 };
  return periodStarts(from, until, query.periodMs)
    .map((start) => ({ start, value: metrics.datapoint(query, start) }))
    .filter((point): point is { start: number; value: number } => point.value !== undefined);
}

/** Periods lie on multiples of their own length. */
function periodStarts(from: number, until: number, periodMs: number): number[] {
  const first = Math.floor(from / periodMs) * periodMs;
  const count = Math.max(0, Math.ceil((until - first) / periodMs));
  if (count > 100_800) throw invalid('More than 100800 datapoints were asked for.');
  return Array.from({ length: count }, (_, index) => first + index * periodMs);
}

function isAskedFor(
  alarm: Alarm,
  { AlarmNames, AlarmNamePrefix = '', AlarmTypes, StateValue, ActionPrefix }: DescribeAlarmsInput,
): boolean {
  const actions = [...alarm.alarmActions, ...alarm.okActions, ...alarm.insufficientDataActions];
  return [
    AlarmNames === undefined || AlarmNames.includes(alarm.alarmName),
    alarm.alarmName.startsWith(AlarmNamePrefix),
    AlarmTypes === undefined || AlarmTypes.includes('MetricAlarm'),
    StateValue === undefined || StateValue === alarm.state,
    ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix)),
  ].every(Boolean);
}

function alarmReply(alarm: Alarm) {
  const isPercentile = alarm.statistic.startsWith('p');
  return {
    AlarmName: alarm.alarmName,
    AlarmArn: alarm.arn,
    AlarmDescription: alarm.description,
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateUpdatedTimestamp: new Date(alarm.stateUpdatedAt),
    MetricName: alarm.metricName,
    Namespace: alarm.namespace,
    ...(isPercentile ? { ExtendedStatistic: alarm.statistic } : { Statistic: alarm.statistic }),
    Dimensions: Object.entries(alarm.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
    Period: alarm.periodSeconds,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparisonOperator,
    TreatMissingData: alarm.treatMissingData,
  };
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
