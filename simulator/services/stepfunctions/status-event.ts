import type { EventBus } from '../../kernel/service.ts';
import type { ExecutionRecord } from './execution-record.ts';

/** Of the 256 KB of an event, what is left for input and output. */
const MAX_DATA = 248 * 1024;

type Data = { readonly text: string | null; readonly details: { readonly included: boolean } | null };

/**
 * `Step Functions Execution Status Change`, in the shape that Standard workflows send. Error and cause are in the
 * model of DescribeExecution; that events carry them too is not confirmed.
 */
export function statusEvent(record: ExecutionRecord, obstacle: string | undefined): Parameters<EventBus['put']>[0] {
  const { input, output } = fitData(record.input, record.output);
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [record.arn],
    detail: {
      executionArn: record.arn,
      stateMachineArn: record.machine.arn,
      name: record.name,
      status: record.status,
      startDate: record.startDate,
      stopDate: record.stopDate ?? null,
      input: input.text,
      output: output.text,
      inputDetails: input.details,
      outputDetails: output.details,
      stateMachineVersionArn: record.versionArn ?? null,
      stateMachineAliasArn: null,
      redriveCount: record.redriveCount,
      redriveDate: record.redriveDate ?? null,
      redriveStatus: obstacle === undefined ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
      redriveStatusReason: obstacle ?? null,
      error: record.error ?? null,
      cause: record.cause ?? null,
    },
  };
}

/** Input goes first when both together are too large for an event, output when it is so alone. */
function fitData(input: string, output: string | undefined): { input: Data; output: Data } {
  const outputSize = output === undefined ? 0 : escapedSize(output);
  const fits = escapedSize(input) + outputSize <= MAX_DATA;
  return {
    input: fits ? whole(input) : LEFT_OUT,
    output: output === undefined ? ABSENT : outputSize <= MAX_DATA ? whole(output) : LEFT_OUT,
  };
}

const escapedSize = (text: string) => Buffer.byteLength(JSON.stringify(text));
const whole = (text: string): Data => ({ text, details: { included: true } });
const LEFT_OUT: Data = { text: null, details: { included: false } };
const ABSENT: Data = { text: null, details: null };
