import { z } from 'zod';
import type { ComparisonOperator } from '../../services/cloudwatch/evaluate-alarm.ts';
import { compact, decimal, flag, resourceType, tags, text, whole } from '../resource-type.ts';
import { TemplateError } from '../template-error.ts';

const operators: readonly [ComparisonOperator, ...ComparisonOperator[]] = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
];

// Metric math, anomaly detection and units are not simulated.
export const alarm = resourceType(
  z.strictObject({
    AlarmName: text.optional(),
    AlarmDescription: text.optional(),
    ActionsEnabled: flag.optional(),
    AlarmActions: z.array(text).optional(),
    OKActions: z.array(text).optional(),
    InsufficientDataActions: z.array(text).optional(),
    Namespace: text,
    MetricName: text,
    Dimensions: z.array(z.strictObject({ Name: text, Value: text })).optional(),
    Statistic: z.enum(['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum']).optional(),
    ExtendedStatistic: text.optional(),
    Period: whole,
    EvaluationPeriods: whole,
    DatapointsToAlarm: whole.optional(),
    Threshold: decimal,
    ComparisonOperator: z.enum(operators),
    TreatMissingData: z.enum(['missing', 'ignore', 'breaching', 'notBreaching']).optional(),
    Tags: tags.optional(),
  }),
  (properties, { account, logicalId, generatedName }) => {
    const { alarms } = account.cloudWatch;
    const alarmName = properties.AlarmName ?? generatedName(255);
    const { arn } = alarms.put(
      compact({
        alarmName,
        description: properties.AlarmDescription,
        actionsEnabled: properties.ActionsEnabled ?? true,
        alarmActions: properties.AlarmActions ?? [],
        okActions: properties.OKActions ?? [],
        insufficientDataActions: properties.InsufficientDataActions ?? [],
        namespace: properties.Namespace,
        metricName: properties.MetricName,
        dimensions: Object.fromEntries((properties.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
        statistic: statisticOf(properties, `Resources.${logicalId}.Properties`),
        periodSeconds: properties.Period,
        evaluationPeriods: properties.EvaluationPeriods,
        datapointsToAlarm: properties.DatapointsToAlarm ?? properties.EvaluationPeriods,
        threshold: properties.Threshold,
        comparisonOperator: properties.ComparisonOperator,
        treatMissingData: properties.TreatMissingData ?? 'missing',
      }),
    );
    return { ref: alarmName, attributes: { Arn: arn }, delete: () => alarms.remove(alarmName) };
  },
);

type Statistics = { readonly Statistic?: string | undefined; readonly ExtendedStatistic?: string | undefined };

function statisticOf({ Statistic, ExtendedStatistic }: Statistics, place: string): string {
  const [statistic, ...others] = [Statistic, ExtendedStatistic].filter((name) => name !== undefined);
  if (statistic === undefined || others.length > 0) {
    throw new TemplateError(place, 'exactly one of Statistic and ExtendedStatistic is needed');
  }
  return statistic;
}
