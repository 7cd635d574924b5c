import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
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
  strictObject({
    AlarmName: v.optional(text),
    AlarmDescription: v.optional(text),
    ActionsEnabled: v.optional(flag),
    AlarmActions: v.optional(v.array(text)),
    OKActions: v.optional(v.array(text)),
    InsufficientDataActions: v.optional(v.array(text)),
    Namespace: text,
    MetricName: text,
    Dimensions: v.optional(v.array(strictObject({ Name: text, Value: text }))),
    Statistic: v.optional(v.picklist(['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'])),
    ExtendedStatistic: v.optional(text),
    Period: whole,
    EvaluationPeriods: whole,
    DatapointsToAlarm: v.optional(whole),
    Threshold: decimal,
    ComparisonOperator: v.picklist(operators),
    TreatMissingData: v.optional(v.picklist(['missing', 'ignore', 'breaching', 'notBreaching'])),
    Tags: v.optional(tags),
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
