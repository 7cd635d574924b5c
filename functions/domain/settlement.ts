import { type Reason, reason } from './errors.ts';
import type { StateFile } from './state-file.ts';

/** The statuses of executions that may have left something behind. */
export const badEnds = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const;

/** An execution that ended otherwise than it should, as its event or Step Functions tells it. */
export type EndedExecution = {
  readonly executionArn: string;
  readonly name: string;
  readonly status: (typeof badEnds)[number];
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
};

/** Our machines whose executions are settled when they end badly. */
export const machines = ['patch-fleet', 'roll-node-group', 'admit-node', 'drain-node'] as const;
export type Machine = (typeof machines)[number];

/** Which of our machines an ARN names; its name ends so, whatever stands before. `settle` is not settled itself. */
export const machineOf = (stateMachineArn: string): Machine | undefined =>
  machines.find((machine) => stateMachineArn.endsWith(machine));

const names = { FAILED: 'ExecutionFailed', TIMED_OUT: 'ExecutionTimedOut', ABORTED: 'ExecutionAborted' } as const;
const words = { FAILED: 'failed', TIMED_OUT: 'ran out of time', ABORTED: 'was stopped' } as const;

/** A cause that Lambda wrote is a JSON document with a stack trace; its message is what a person wants to read. */
function messageOf(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === 'string' ? errorMessage : cause;
  } catch {
    return cause;
  }
}

/** Why the execution ended: its own error and cause when it has them. */
export function reasonOfEnd({ name, status, error, cause }: EndedExecution): Reason {
  const sentence = `The execution ${name} ${words[status]}.`;
  if (error === undefined) return reason(names[status], cause ? `${sentence} ${cause}` : sentence);
  return { error, cause: cause === undefined ? sentence : messageOf(cause) };
}

/**
 * What is left to do for a rollout whose execution has ended: `roll-back` when nodes may have been replaced, `judge` when
 * the other groups of its unit decide, `close` when only the admit hook or taints may be there, `release` when no node was changed, `nothing` when the rollout came to its own end or
 * another execution owns the group.
 */
export function nextForRollout(
  state: StateFile | undefined,
  executionArn: string,
): 'roll-back' | 'judge' | 'close' | 'release' | 'nothing' {
  if (state?.lease?.executionArn !== executionArn) return 'nothing';
  switch (state.phase) {
    case 'released':
      return 'nothing';
    case 'leased':
    case 'versioned':
      return state.hook === 'open' || state.taints !== undefined ? 'close' : 'release';
    case 'proved':
      return 'judge';
    case 'admitting':
    case 'promoted':
      return 'close';
    case 'rolling':
    case 'replaced':
    case 'rolling-back':
      return 'roll-back';
  }
}

/**
 * What is left to do for a run whose execution has ended: `report` once none of its rollouts holds a lease any more, so
 * that the report tells the end of each; `nothing` when it was reported.
 */
export function nextForRun({ isReported, leases }: { readonly isReported: boolean; readonly leases: number }) {
  if (isReported) return 'nothing';
  return leases === 0 ? 'report' : 'wait';
}

/** The errors by which an admission says that it has turned its instance away. */
const ownEnds = ['NodeNeverJoined', 'SmokeTestFailed', 'SmokeTestInconclusive'];

/**
 * What to say of an instance whose admission died, or undefined when the admission came to its own end: it turned the
 * instance away and says so by failing. An admission that died is no finding against the AMI.
 */
export function findingOfEnd(ended: EndedExecution): Reason | undefined {
  if (ownEnds.includes(ended.error ?? '')) return undefined;
  const { error, cause } = reasonOfEnd(ended);
  return reason('AdmissionStopped', `Its admission ended before its node was judged. ${error}: ${cause}`);
}
