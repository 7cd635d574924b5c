import type { Kernel } from '../../kernel/kernel.ts';
import type { MachineExecution } from '../../states-language/execution.ts';
import { MAX_EVENTS } from '../../states-language/history.ts';
import type { Revision } from './machines.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** All that is kept of one execution. */
export type ExecutionRecord = {
  readonly arn: string;
  readonly name: string;
  readonly machine: { readonly arn: string; readonly name: string };
  readonly versionArn: string | undefined;
  readonly revision: Revision;
  /** JSON text as it was given. */
  readonly input: string;
  readonly startDate: number;
  status: ExecutionStatus;
  stopDate: number | undefined;
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  redriveCount: number;
  redriveDate: number | undefined;
  /** Tokens of redrives, which make a repeated call answer the same. */
  redriveTokens: readonly { readonly token: string; readonly at: number; readonly redriveDate: number }[];
  run: MachineExecution | undefined;
  /** Called once, when the current attempt ends. */
  onEnd: readonly (() => void)[];
};

const DAY = 24 * 60 * 60 * 1000;
const REDRIVABLE = 14 * DAY;
const RETENTION = 90 * DAY;
const LONGEST = 365 * DAY;

type Now = Pick<Kernel['clock'], 'now'>;

/** Closed executions are forgotten after 90 days; their names can then be used again. */
export const isForgotten = ({ stopDate }: ExecutionRecord, clock: Now): boolean =>
  stopDate !== undefined && clock.now() - stopDate > RETENTION;

/** Why an execution cannot be redriven, in the words of DescribeExecution; undefined when it can. */
export function redriveObstacle(record: ExecutionRecord, isDeleting: boolean, clock: Now): string | undefined {
  const { status, stopDate, startDate, run } = record;
  if (isDeleting) return 'State machine is in DELETING status';
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  if ((run?.history().length ?? 0) >= MAX_EVENTS - 1) return 'Execution history event limit exceeded';
  if (clock.now() - startDate > LONGEST) return 'Execution has exceeded the max execution time';
  if (clock.now() - (stopDate ?? startDate) > REDRIVABLE) return 'Execution redrivable period exceeded';
  return undefined;
}
