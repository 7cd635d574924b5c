import { holds, type Suite, same } from '../check.ts';
import { list, read } from '../fields.ts';
import { jsonRequest } from '../form-request.ts';

export const cloudwatch: Suite = {
  service: 'cloudwatch',
  probe: jsonRequest('1.0', 'GraniteServiceVersion20100801.DescribeAlarms', {}),
  invalidCodes: [
    'ValidationException',
    'ValidationError',
    'InvalidParameterValueException',
    'InvalidParameterValue',
    'MissingRequiredParameterException',
    'SerializationException',
  ],
  checks: [
    {
      name: 'finds again what was put, summed up by period',
      source: 'API reference, PutMetricData and GetMetricData',
      changes: true,
      async run({ ask, now, uniqueName, until }) {
        const minute = Math.floor(now() / 60_000) * 60_000;
        const MetricData = [1.5, 2].map((Value) => ({
          ...{ MetricName: uniqueName, Value, Timestamp: new Date(minute), Unit: 'Count' },
        }));
        await ask('PutMetricData', { Namespace: 'contract-check', MetricData });
        const Metric = { Namespace: 'contract-check', MetricName: uniqueName };
        const question = {
          StartTime: new Date(minute),
          EndTime: new Date(minute + 60_000),
          MetricDataQueries: [{ Id: 'total', MetricStat: { Metric, Period: 60, Stat: 'Sum' } }],
        };
        const found = async () => read(await ask('GetMetricData', question), 'MetricDataResults.0');
        await until('a sum of 3.5', async () => list(await found(), 'Values')[0] === 3.5, 300);
        same({ id: read(await found(), 'Id') }, 'id', 'total');
      },
    },
    {
      name: 'describes no alarm that nobody made',
      source: 'API reference, DescribeAlarms',
      async run({ ask }) {
        const answer = await ask('DescribeAlarms', { AlarmNames: ['contract-check-none'] });
        holds(list(answer, 'MetricAlarms').length === 0, 'no alarms', answer.MetricAlarms);
      },
    },
    {
      name: 'refuses a period of time that ends before it begins',
      source: 'API reference, GetMetricData; elastic/beats#32687',
      run: ({ refuse, now }) =>
        refuse(
          'GetMetricData',
          {
            StartTime: new Date(now()),
            EndTime: new Date(now() - 60_000),
            MetricDataQueries: [
              { Id: 'a', MetricStat: { Metric: { Namespace: 'n', MetricName: 'm' }, Period: 60, Stat: 'Sum' } },
            ],
          },
          ['ValidationError', 'ValidationException'],
        ),
    },
  ],
};
