import type { Kernel } from '../kernel/kernel.ts';
import type { Service } from '../kernel/service.ts';
import { type Alarms, createAlarms } from './cloudwatch/alarms.ts';
import { countExecutions } from './cloudwatch/execution-metrics.ts';
import { createMetricStore, type MetricStore } from './cloudwatch/metric-store.ts';
import { createMetricOperations } from './cloudwatch/operations.ts';
import type { Sns } from './sns.ts';
import type { Sqs } from './sqs.ts';

export type CloudWatch = {
  readonly service: Service;
  /** For the services of the account, which report in namespaces that begin with `AWS/`. */
  readonly metrics: MetricStore;
  readonly alarms: Alarms;
};

type Dependencies = { readonly kernel: Kernel; readonly sns: Pick<Sns, 'publish'>; readonly sqs: Pick<Sqs, 'onDepth'> };

/** Metrics and alarms. Reports queues and executions by itself; Lambda, EventBridge and log lines call `metrics.record`. */
export function createCloudWatch({ kernel, sns, sqs }: Dependencies): CloudWatch {
  const metrics = createMetricStore(kernel.clock);
  const alarms = createAlarms({ kernel, metrics, sns });
  sqs.onDepth((queueName, visible) => {
    const dimensions = { QueueName: queueName };
    metrics.setGauge({ namespace: 'AWS/SQS', metricName: 'ApproximateNumberOfMessagesVisible', dimensions }, visible);
  });
  countExecutions(kernel, metrics);
  const operations = createMetricOperations({ identity: kernel.identity, metrics, alarms, now: kernel.clock.now });
  return { service: { model: 'cloudwatch', name: 'CloudWatch', operations }, metrics, alarms };
}
