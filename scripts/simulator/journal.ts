import type { EventLog, LogEntry } from '../../simulator/kernel/event-log.ts';

type Details = Readonly<Record<string, unknown>>;

/** What deserves a line, by the kind of the entry: undefined for all that went well or that a function did. */
const sentences: Readonly<Record<string, (details: Details) => string | undefined>> = {
  'call.aws': ({ operation, error, reason }) =>
    reason === undefined ? undefined : `${operation} answered ${error}: ${reason}`,
  'call.kubernetes': ({ operation, cluster, status, functionName }) =>
    functionName === undefined && Number(status) >= 400
      ? `Kubernetes of ${cluster}: ${operation} answered ${status}`
      : undefined,
  'token.refused': ({ cluster, reason }) => `Kubernetes of ${cluster} refused a token: ${reason}`,
  'request.malformed': ({ reason }) => `A request could not be read: ${reason}`,
  refused: ({ operation, reason }) => [operation, reason].filter((part) => part !== undefined).join(': '),
  defect: ({ error, operation, request }) => `A mistake of the account in ${operation ?? request}: ${error}`,
};

/** Tells what callers outside the account did wrong, with the reason, one line each. */
export function writeJournal(log: Pick<EventLog, 'follow'>, tell: (line: string) => void): void {
  log.follow((entry) => {
    const sentence = sentences[entry.kind]?.(entry.details);
    if (sentence === undefined) return;
    const line = sentence.replaceAll(/\s*\n\s*/g, ' ');
    tell(`${timeOf(entry)}  ${entry.kind === 'defect' ? line : shortened(line)}`);
  });
}

/** Callers are answered with what they sent, however long it is. */
const shortened = (line: string) => (line.length > 500 ? `${line.slice(0, 500)}… (${line.length} characters)` : line);

const timeOf = ({ at }: LogEntry) => new Date(at).toISOString().slice(0, 19);
