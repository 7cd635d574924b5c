import { describe, expect, it } from 'vitest';
import type { AlarmSpec } from '../../../simulator/services/cloudwatch/alarms.ts';
import {
  type AlarmState,
  evaluateAlarm,
  type MissingData,
} from '../../../simulator/services/cloudwatch/evaluate-alarm.ts';
import { embeddedMetrics } from '../../../simulator/services/logs/embedded-metrics.ts';
import { anAccount, pass } from '../cloudformation/account.ts';
import { call } from './calling.ts';

const minute = 60_000;

/** `X` breaches, `0` does not, `-` is missing; the oldest first, as in the documentation. */
const evaluate = (
  points: string,
  treatMissingData: MissingData,
  datapointsToAlarm: number,
  current: AlarmState = 'OK',
) =>
  evaluateAlarm(
    {
      evaluationPeriods: 3,
      datapointsToAlarm,
      threshold: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData,
    },
    [...points].map((point) => (point === '-' ? undefined : point === 'X' ? 1 : 0)),
    current,
  );

describe('the evaluation of an alarm', () => {
  // The rows of "Configuring how CloudWatch alarms treat missing data"; "kept" is the state before.
  it.each([
    { points: '0-X-X', of: 3, missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' },
    { points: '0----', of: 3, missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' },
    { points: '-----', of: 3, missing: 'INSUFFICIENT_DATA', ignore: 'kept', breaching: 'ALARM', notBreaching: 'OK' },
    { points: '0XX-X', of: 3, missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
    { points: '--X--', of: 3, missing: 'ALARM', ignore: 'kept', breaching: 'ALARM', notBreaching: 'OK' },
    { points: '----X', of: 3, missing: 'kept', ignore: 'kept', breaching: 'ALARM', notBreaching: 'OK' },
    { points: '0-X-X', of: 2, missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
    { points: '00X0X', of: 2, missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
    { points: '0-X--', of: 2, missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' },
    { points: '----0', of: 2, missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' },
    { points: '---X-', of: 2, missing: 'ALARM', ignore: 'kept', breaching: 'ALARM', notBreaching: 'OK' },
  ])('of $points, $of of 3', ({ points, of, ...expected }) => {
    for (const current of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const) {
      for (const [treatment, state] of Object.entries(expected)) {
        expect(evaluate(points, treatment as MissingData, of, current), treatment).toBe(
          state === 'kept' ? current : state,
        );
      }
    }
  });
});

const alarmSpec: AlarmSpec = {
  alarmName: 'failures',
  namespace: 'app',
  metricName: 'Failures',
  dimensions: { Service: 'x' },
  statistic: 'Sum',
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  threshold: 2,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  treatMissingData: 'notBreaching',
  actionsEnabled: true,
  alarmActions: [],
  okActions: [],
  insufficientDataActions: [],
};

function anAlarm(overrides: Partial<AlarmSpec> = {}) {
  const account = anAccount();
  const topic = account.sns.createTopic({ topicName: 'alarms' });
  account.cloudWatch.alarms.put({ ...alarmSpec, alarmActions: [topic.arn], okActions: [topic.arn], ...overrides });
  const state = () => account.cloudWatch.alarms.all()[0]?.state;
  const record = (value: number) =>
    account.cloudWatch.metrics.record({
      namespace: 'app',
      metricName: 'Failures',
      dimensions: { Service: 'x' },
      value,
    });
  const told = () => account.sns.publications(topic.arn).map(({ message }) => JSON.parse(message).NewStateValue);
  return { ...account, topic, state, record, told };
}

describe('alarms', () => {
  it('tell their topic when the sum of a period reaches the threshold, and when it is over', async () => {
    const { kernel, state, record, told } = anAlarm();
    await pass(kernel, minute + 1);
    expect(state()).toBe('OK');
    record(1);
    record(1);
    await pass(kernel, minute);
    expect(state()).toBe('ALARM');
    await pass(kernel, 10 * minute);
    expect(state()).toBe('OK');
    expect(told()).toEqual(['OK', 'ALARM', 'OK']);
  });

  it('do not add up what belongs to other dimensions', async () => {
    const { kernel, state, record, cloudWatch } = anAlarm();
    record(1);
    cloudWatch.metrics.record({ namespace: 'app', metricName: 'Failures', dimensions: { Service: 'y' }, value: 5 });
    await pass(kernel, 2 * minute);
    expect(state()).toBe('OK');
  });

  it('let an idle account become idle', async () => {
    const { kernel, record } = anAlarm();
    record(5);
    expect(await kernel.clock.run(() => false)).toBe(false);
    expect(kernel.clock.now() - Date.UTC(2026, 5, 1)).toBeLessThan(10 * minute);
  });

  it('watch the depth of a queue as long as something is in it', async () => {
    const { kernel, sqs, cloudWatch } = anAccount();
    const queue = sqs.createQueue({ queueName: 'undelivered' });
    const metric = {
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: 'undelivered' },
    };
    cloudWatch.alarms.put({ ...alarmSpec, ...metric, statistic: 'Maximum', threshold: 1 });
    sqs.send({ queueArn: queue.arn, body: 'x', caller: { arn: 'arn:aws:iam::111122223333:user/operator' } });
    await pass(kernel, 60 * minute);
    expect(cloudWatch.alarms.all()[0]?.state).toBe('ALARM');
    const [received] = sqs.receive(queue.arn);
    sqs.remove(queue.arn, received?.receiptHandle ?? '');
    await pass(kernel, 60 * minute);
    expect(cloudWatch.alarms.all()[0]?.state).toBe('OK');
  });

  it('cannot tell a topic whose policy leaves them out', async () => {
    const { kernel, sns, topic, told } = anAlarm();
    const other = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: topic.arn,
    };
    sns.setPolicy(topic.arn, { Version: '2012-10-17', Statement: [other] });
    await pass(kernel, 2 * minute);
    expect(told()).toEqual([]);
    expect(kernel.log.entries()).toContainEqual(expect.objectContaining({ kind: 'alarm.action-failed' }));
  });

  it('cannot tell a topic that is encrypted with the key of AWS, or with a key that does not name them', async () => {
    const { kernel, sns, kms, cloudWatch } = anAccount();
    const statement = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'kms:*',
      Resource: '*',
    };
    const key = kms.createKey({ name: 'k', policy: { Version: '2012-10-17', Statement: [statement] } });
    const topics = ['alias/aws/sns', key.arn].map(
      (kmsKey, index) => sns.createTopic({ topicName: `t${index}`, kmsKey }).arn,
    );
    cloudWatch.alarms.put({ ...alarmSpec, okActions: topics });
    await pass(kernel, 2 * minute);
    expect(topics.map((arn) => sns.publications(arn))).toEqual([[], []]);
  });

  it.each([
    { case: 'a period under a minute', overrides: { periodSeconds: 10 } },
    { case: 'more datapoints than periods', overrides: { datapointsToAlarm: 2 } },
    { case: 'eight days', overrides: { periodSeconds: 86_400, evaluationPeriods: 8, datapointsToAlarm: 8 } },
    { case: 'an action that is no topic', overrides: { alarmActions: ['arn:aws:automate:us-west-2:ec2:stop'] } },
    { case: 'a trimmed mean', overrides: { statistic: 'tm90' } },
  ])('are refused with $case', ({ overrides }) => {
    expect(() => anAlarm(overrides)).toThrow(expect.objectContaining({ name: 'ServiceError' }));
  });
});

describe('metrics', () => {
  it('are put and read back by period and statistic', async () => {
    const { iam, cloudWatch } = anAccount();
    const { service } = cloudWatch;
    const data = (Timestamp: string, Values: number[]) => ({
      MetricName: 'Nodes',
      Timestamp: new Date(Timestamp),
      Values,
    });
    await call(iam, service, 'PutMetricData', {
      Namespace: 'app',
      MetricData: [
        data('2026-06-01T00:01:10Z', [1, 3]),
        data('2026-06-01T00:04:00Z', [8]),
        data('2026-06-01T00:07:00Z', [2]),
      ],
    });
    const MetricStat = { Metric: { Namespace: 'app', MetricName: 'Nodes' }, Period: 300, Stat: 'Average' };
    const reply = await call(iam, service, 'GetMetricData', {
      MetricDataQueries: [{ Id: 'a', MetricStat }],
      StartTime: new Date('2026-06-01T00:00:00Z'),
      EndTime: new Date('2026-06-01T01:00:00Z'),
      ScanBy: 'TimestampAscending',
    });
    expect(reply).toMatchObject({
      MetricDataResults: [
        { Values: [4, 2], Timestamps: [new Date('2026-06-01T00:00:00Z'), new Date('2026-06-01T00:05:00Z')] },
      ],
    });
  });

  it.each([
    { case: 'a namespace of AWS', input: { Namespace: 'AWS/SQS', MetricData: [] } },
    { case: 'statistic sets', input: { Namespace: 'app', MetricData: [{ MetricName: 'x', StatisticValues: {} }] } },
    { case: 'no value', input: { Namespace: 'app', MetricData: [{ MetricName: 'x' }] } },
  ])('are refused with $case', async ({ input }) => {
    const { iam, cloudWatch } = anAccount();
    await expect(call(iam, cloudWatch.service, 'PutMetricData', input)).rejects.toMatchObject({
      code: 'InvalidParameterValue',
    });
  });

  it('refuse expressions instead of answering without them', async () => {
    const { iam, cloudWatch } = anAccount();
    const input = { MetricDataQueries: [{ Id: 'a', Expression: '1+1' }], StartTime: new Date(0), EndTime: new Date(1) };
    await expect(call(iam, cloudWatch.service, 'GetMetricData', input)).rejects.toMatchObject({
      code: 'InvalidParameterValue',
    });
  });

  it('describe alarms by name and state', async () => {
    const { iam, cloudWatch } = anAlarm();
    const describe_ = (input: object) => call(iam, cloudWatch.service, 'DescribeAlarms', input);
    expect(await describe_({ AlarmNames: ['failures'] })).toMatchObject({
      MetricAlarms: [{ AlarmName: 'failures', StateValue: 'INSUFFICIENT_DATA' }],
    });
    expect(await describe_({ StateValue: 'ALARM' })).toMatchObject({ MetricAlarms: [] });
  });
});

describe('embedded metrics', () => {
  const line = (over: object = {}) =>
    JSON.stringify({
      _aws: {
        Timestamp: 1000,
        CloudWatchMetrics: [
          { Namespace: 'app', Dimensions: [['service'], []], Metrics: [{ Name: 'Patched', Unit: 'Count' }] },
        ],
      },
      service: 'x',
      Patched: [1, 2],
      ...over,
    });

  it('give every value once for every set of dimensions', () => {
    const datum = { namespace: 'app', metricName: 'Patched', timestamp: 1000 };
    expect(embeddedMetrics(line())).toEqual([
      { ...datum, dimensions: { service: 'x' }, value: 1 },
      { ...datum, dimensions: { service: 'x' }, value: 2 },
      { ...datum, dimensions: {}, value: 1 },
      { ...datum, dimensions: {}, value: 2 },
    ]);
  });

  it.each([
    { case: 'plain text', text: 'started "_aws"' },
    { case: 'another JSON line', text: '{"level":"INFO"}' },
    { case: 'a header without a timestamp', text: line({ _aws: { CloudWatchMetrics: [] } }) },
    { case: 'a value that is no number', text: line({ Patched: 'many' }) },
  ])('give nothing for $case', ({ text }) => {
    expect(embeddedMetrics(text)).toEqual([]);
  });

  it('reach alarms through the log group, if the group exists and the role may write', async () => {
    const { logs, cloudWatch } = anAccount();
    logs.createLogGroup({ logGroupName: '/aws/lambda/x' });
    expect(logs.write({ logGroupName: '/aws/lambda/x', stream: 's', message: line() })).toBe(true);
    expect(logs.write({ logGroupName: '/aws/lambda/y', stream: 's', message: line() })).toBe(false);
    const query = { metric: { namespace: 'app', metricName: 'Patched' }, statistic: 'Sum', periodMs: minute };
    expect(cloudWatch.metrics.datapoint(query, 0)).toBe(3);
  });
});
