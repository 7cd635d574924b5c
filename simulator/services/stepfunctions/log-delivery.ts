import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { ExecutionRecord } from './execution-record.ts';

export type LogDelivery = (record: ExecutionRecord, event: HistoryEvent) => void;

/** Takes one line for a log group of CloudWatch Logs. */
export type LogSink = (line: {
  readonly logGroupArn: string;
  readonly logStreamName: string;
  readonly message: string;
}) => void;

const FATAL: ReadonlySet<string> = new Set(['ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut']);
const FAILING = /(Failed|TimedOut|Aborted)$/;
const DATA: ReadonlySet<string> = new Set(['input', 'output', 'parameters', 'assignedVariables']);

/** Sends the events of executions to the log groups of their machine, as its logging level asks. */
export function createLogDelivery(sink: LogSink): LogDelivery {
  return (record, event) => {
    const { level = 'OFF', includeExecutionData = false, destinations = [] } = record.revision.loggingConfiguration;
    if (!isWanted(level, event.type ?? '')) return;
    const message = JSON.stringify(lineOf(record, event, includeExecutionData));
    const logStreamName = `states/${record.machine.name}/${new Date(record.startDate).toISOString().slice(0, 16)}/${record.name}`;
    for (const { cloudWatchLogsLogGroup } of destinations) {
      const logGroupArn = cloudWatchLogsLogGroup?.logGroupArn;
      if (logGroupArn !== undefined) sink({ logGroupArn, logStreamName, message });
    }
  };
}

function isWanted(level: string, type: string): boolean {
  if (level === 'ALL') return true;
  if (level === 'ERROR') return FAILING.test(type);
  return level === 'FATAL' && FATAL.has(type);
}

function lineOf(record: ExecutionRecord, event: HistoryEvent, withData: boolean) {
  const { timestamp, type, id, previousEventId, ...details } = event;
  const own = Object.entries(Object.values(details)[0] ?? {});
  return {
    id: String(id),
    type,
    details: Object.fromEntries(withData ? own : own.filter(([name]) => !DATA.has(name))),
    previous_event_id: String(previousEventId),
    event_timestamp: String(timestamp?.getTime()),
    execution_arn: record.arn,
    redrive_count: String(record.redriveCount),
  };
}
