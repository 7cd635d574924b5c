import type { Kernel } from '../../kernel/kernel.ts';
import type { MetricStore } from './metric-store.ts';

/** Metric by the status that an execution takes. Source: Step Functions Developer Guide, "Monitoring metrics using CloudWatch". */
const metricOf: Readonly<Record<string, string>> = {
  RUNNING: 'ExecutionsStarted',
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/** Counts executions in `AWS/States`, by machine, as the account's log tells of them. */
export function countExecutions(
  { log, identity }: Pick<Kernel, 'log' | 'identity'>,
  metrics: Pick<MetricStore, 'record'>,
): void {
  const { accountId, region, partition } = identity;
  log.follow(({ kind, details }) => {
    const metricName = kind === 'execution.status' ? metricOf[String(details.status)] : undefined;
    if (metricName === undefined) return;
    const StateMachineArn = `arn:${partition}:states:${region}:${accountId}:stateMachine:${String(details.machine)}`;
    metrics.record({ namespace: 'AWS/States', metricName, dimensions: { StateMachineArn }, value: 1 });
  });
}
