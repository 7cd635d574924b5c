import type { Identity } from '../../kernel/kernel.ts';
import type { Alarm } from './alarms.ts';
import type { AlarmState } from './evaluate-alarm.ts';

/** What CloudWatch says about a change of state. */
export function reasonOf(
  alarm: Pick<Alarm, 'comparisonOperator' | 'threshold'>,
  state: AlarmState,
  range: readonly (number | undefined)[],
): string {
  const values = range.filter((value) => value !== undefined);
  if (values.length === 0) return `${state}: no datapoints were received for ${range.length} periods`;
  const found = `${values.length} datapoint${values.length === 1 ? '' : 's'} [${values.join(', ')}]`;
  const verdict = state === 'ALARM' ? 'crossed' : 'did not cross';
  return `Threshold Crossed: ${found}, of which enough ${verdict} the threshold (${alarm.threshold}), ${alarm.comparisonOperator}.`;
}

/** The message that an alarm sends to a topic. Its subject names the Region by its code; AWS writes the Region's title. */
export function notification(
  alarm: Alarm,
  oldState: AlarmState,
  { accountId, region }: Identity,
): { readonly subject: string; readonly message: string } {
  const subject = `${alarm.state}: "${alarm.alarmName}" in ${region}`;
  const message = JSON.stringify({
    AlarmName: alarm.alarmName,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: accountId,
    NewStateValue: alarm.state,
    NewStateReason: alarm.stateReason,
    StateChangeTime: new Date(alarm.stateUpdatedAt).toISOString().replace('Z', '+0000'),
    Region: region,
    AlarmArn: alarm.arn,
    OldStateValue: oldState,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
    Trigger: {
      MetricName: alarm.metricName,
      Namespace: alarm.namespace,
      Statistic: alarm.statistic.toUpperCase(),
      Dimensions: Object.entries(alarm.dimensions ?? {}).map(([name, value]) => ({ name, value })),
      Period: alarm.periodSeconds,
      EvaluationPeriods: alarm.evaluationPeriods,
      DatapointsToAlarm: alarm.datapointsToAlarm,
      ComparisonOperator: alarm.comparisonOperator,
      Threshold: alarm.threshold,
      TreatMissingData: alarm.treatMissingData,
    },
  });
  return { subject: subject.slice(0, 100), message };
}
