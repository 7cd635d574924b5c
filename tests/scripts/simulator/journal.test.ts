import { expect, it } from 'vitest';
import { writeJournal } from '../../../scripts/simulator/journal.ts';
import { createEventLog } from '../../../simulator/kernel/event-log.ts';

function journalOf(kind: string, details: Record<string, unknown>): string[] {
  const lines: string[] = [];
  const log = createEventLog({ now: () => Date.UTC(2026, 5, 1, 12) });
  writeJournal(log, (line) => lines.push(line));
  log.write(kind, details);
  return lines;
}

it.each([
  {
    case: 'what a caller did wrong, with the reason',
    kind: 'call.aws',
    details: { operation: 'Ec2.DescribeImages', error: 'AuthFailure', reason: 'No.' },
    line: '2026-06-01T12:00:00  Ec2.DescribeImages answered AuthFailure: No.',
  },
  {
    case: 'a token that proved nobody',
    kind: 'token.refused',
    details: { cluster: 'shop', reason: 'token is too large' },
    line: '2026-06-01T12:00:00  Kubernetes of shop refused a token: token is too large',
  },
  {
    case: 'a refusal of Kubernetes',
    kind: 'call.kubernetes',
    details: { operation: 'get nodes', cluster: 'shop', status: 401 },
    line: '2026-06-01T12:00:00  Kubernetes of shop: get nodes answered 401',
  },
  {
    case: 'a defect in one line, whatever its trace',
    kind: 'defect',
    details: { operation: 'Ec2.X', error: 'Error: a\n    at b' },
    line: '2026-06-01T12:00:00  A mistake of the account in Ec2.X: Error: a at b',
  },
  {
    case: 'the beginning of an answer that repeats what it was sent',
    kind: 'call.aws',
    details: { operation: 'Sfn.X', error: 'Y', reason: 'a'.repeat(3000) },
    line: `2026-06-01T12:00:00  Sfn.X answered Y: ${'a'.repeat(482)}… (3018 characters)`,
  },
])('tells $case', ({ kind, details, line }) => {
  expect(journalOf(kind, details)).toEqual([line]);
});

it.each([
  { case: 'calls that went well', kind: 'call.aws', details: { operation: 'Ec2.DescribeImages' } },
  { case: 'errors of functions', kind: 'call.aws', details: { operation: 'X', error: 'Y', functionName: 'f' } },
  { case: 'answers of Kubernetes', kind: 'call.kubernetes', details: { operation: 'x', cluster: 'a', status: 200 } },
  { case: 'what happens in the account', kind: 'instance.running', details: { instanceId: 'i-1' } },
])('says nothing of $case', ({ kind, details }) => {
  expect(journalOf(kind, details)).toEqual([]);
});
