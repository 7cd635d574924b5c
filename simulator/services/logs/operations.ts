import { onEverything, onResource } from '../../iam/dependent-actions.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import type { LogGroup, LogLine, Logs } from '../logs.ts';
import { type LogFilter, parseFilterPattern } from './filter-pattern.ts';

type Store = Pick<Logs, 'logGroup' | 'logGroups' | 'lines'>;
type GroupName = { readonly logGroupName?: string; readonly logGroupIdentifier?: string };
type Range = { readonly startTime?: number; readonly endTime?: number };
type Page = { readonly limit?: number; readonly nextToken?: string };

type DescribeGroups = Page & { readonly logGroupNamePrefix?: string; readonly logGroupNamePattern?: string };
type DescribeStreams = GroupName &
  Page & {
    readonly logStreamNamePrefix?: string;
    readonly orderBy?: 'LogStreamName' | 'LastEventTime';
    readonly descending?: boolean;
  };
type GetEvents = GroupName &
  Range &
  Page & { readonly logStreamName: string; readonly startFromHead?: boolean; readonly unmask?: boolean };
type FilterEvents = GroupName &
  Range &
  Page & {
    readonly logStreamNames?: readonly string[];
    readonly logStreamNamePrefix?: string;
    readonly filterPattern?: string;
    readonly interleaved?: boolean;
  };

/** What people read logs with: groups, streams, events. Writing is done by the services that log here. */
export function createLogOperations(store: Store, { identity, random }: Pick<Kernel, 'identity' | 'random'>) {
  const { accountId, region, partition } = identity;
  const arnOf = (name: string) => `arn:${partition}:logs:${region}:${accountId}:log-group:${name}`;
  const nameOf = ({ logGroupName, logGroupIdentifier }: GroupName): string => {
    const given = [logGroupName, logGroupIdentifier].filter((name) => name !== undefined);
    if (given.length !== 1) throw invalid('Exactly one of logGroupName and logGroupIdentifier must be given.');
    return given[0]?.startsWith('arn:') ? (given[0].split(':')[6] ?? '') : (given[0] ?? '');
  };
  const existing = (input: GroupName): LogGroup => {
    const group = store.logGroup(nameOf(input));
    if (group === undefined) throw notFound('The specified log group does not exist.');
    return group;
  };
  const eventId = (group: LogGroup, position: number) =>
    BigInt(`0x${random.hex(44, 'log event', group.arn, position)}`)
      .toString()
      .padStart(56, '3')
      .slice(0, 56);
  const permission = (action: string) => (input: GroupName) => [
    onResource(`logs:${action}`, `${arnOf(nameOf(input))}:log-stream:`),
  ];

  const describeGroups: Operation<DescribeGroups> = {
    needs: () => [onEverything('logs:DescribeLogGroups')],
    run({ logGroupNamePrefix: prefix = '', logGroupNamePattern: pattern = '', limit = 50, nextToken }) {
      const found = store
        .logGroups()
        .filter(({ logGroupName: name }) => name.startsWith(prefix) && isLike(name, pattern))
        .toSorted((a, b) => (a.logGroupName < b.logGroupName ? -1 : 1));
      const page = paginate(found, { token: nextToken, size: limit, invalidToken });
      return { logGroups: page.items.map((group) => describeGroup(group, store)), ...next(page) };
    },
  };
  const describeStreams: Operation<DescribeStreams> = {
    needs: permission('DescribeLogStreams'),
    run(input) {
      const { logStreamNamePrefix: prefix = '', orderBy = 'LogStreamName', descending = false } = input;
      if (orderBy === 'LastEventTime' && prefix !== '') {
        throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
      }
      const group = existing(input);
      const streams = streamsOf(group, store.lines(group.logGroupName)).filter((one) =>
        one.logStreamName.startsWith(prefix),
      );
      const key = (stream: Stream) => (orderBy === 'LastEventTime' ? stream.lastEventTimestamp : stream.logStreamName);
      const sorted = streams.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
      const listed = descending ? sorted.toReversed() : sorted;
      const page = paginate(listed, { token: input.nextToken, size: input.limit ?? 50, invalidToken });
      return { logStreams: page.items, ...next(page) };
    },
  };
  const getEvents: Operation<GetEvents> = {
    needs: permission('GetLogEvents'),
    run(input) {
      const group = existing(input);
      const lines = store.lines(group.logGroupName).filter(({ stream }) => stream === input.logStreamName);
      if (lines.length === 0) throw notFound('The specified log stream does not exist.');
      return eventPage(lines.filter(isWithin(input)), input);
    },
  };
  const filterEvents: Operation<FilterEvents> = {
    needs: permission('FilterLogEvents'),
    run(input) {
      const group = existing(input);
      const { logStreamNames, logStreamNamePrefix: prefix = '', filterPattern = '' } = input;
      const matches: LogFilter = parseFilterPattern(filterPattern);
      const found = store
        .lines(group.logGroupName)
        .map((line, position) => ({ line, position }))
        .filter(({ line }) => isWithin(input)(line) && matches(line.message))
        .filter(({ line: { stream } }) => (logStreamNames?.includes(stream) ?? true) && stream.startsWith(prefix));
      const page = paginate(found, { token: input.nextToken, size: input.limit ?? 10_000, invalidToken });
      const events = page.items.map(({ line: { stream, timestamp, message }, position }) => ({
        ...{ logStreamName: stream, timestamp, message, ingestionTime: timestamp },
        eventId: eventId(group, position),
      }));
      return { events, searchedLogStreams: [], ...next(page) };
    },
  };
  const operations: Service['operations'] = {
    DescribeLogGroups: describeGroups,
    DescribeLogStreams: describeStreams,
    GetLogEvents: getEvents,
    FilterLogEvents: filterEvents,
  };
  return operations;
}

const invalid = (message: string) => new ServiceError('InvalidParameterException', message);
const notFound = (message: string) => new ServiceError('ResourceNotFoundException', message);
const invalidToken = () => invalid('The specified nextToken is invalid.');
const next = ({ nextToken }: { readonly nextToken: string | undefined }) =>
  nextToken === undefined ? {} : { nextToken };

const isLike = (name: string, pattern: string) => name.toLowerCase().includes(pattern.toLowerCase());

const isWithin =
  ({ startTime = 0, endTime = Number.POSITIVE_INFINITY }: Range) =>
  ({ timestamp }: LogLine) =>
    timestamp >= startTime && timestamp < endTime;

function describeGroup({ logGroupName, arn, retentionInDays, kmsKey }: LogGroup, store: Store) {
  const storedBytes = store.lines(logGroupName).reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
  return {
    ...{ logGroupName, arn: `${arn}:*`, logGroupArn: arn, storedBytes, metricFilterCount: 0 },
    logGroupClass: 'STANDARD',
    ...(retentionInDays !== undefined && { retentionInDays }),
    ...(kmsKey !== undefined && { kmsKeyId: kmsKey }),
  };
}

type Stream = ReturnType<typeof streamsOf>[number];

function streamsOf({ arn }: LogGroup, lines: readonly LogLine[]) {
  const byName = Map.groupBy(lines, ({ stream }) => stream);
  return [...byName].map(([logStreamName, [first, ...rest]]) => {
    const last = rest.at(-1) ?? first;
    return {
      ...{ logStreamName, arn: `${arn}:log-stream:${logStreamName}`, storedBytes: 0 },
      creationTime: first?.timestamp ?? 0,
      firstEventTimestamp: first?.timestamp ?? 0,
      lastEventTimestamp: last?.timestamp ?? 0,
      lastIngestionTime: last?.timestamp ?? 0,
      uploadSequenceToken: '0',
    };
  });
}

/** GetLogEvents answers a token for either direction, and the same one again where there is nothing more. */
function eventPage(lines: readonly LogLine[], { limit = 10_000, nextToken, startFromHead = false }: GetEvents) {
  const [, direction, position] = /^([fb])\/(\d{1,15})$/.exec(nextToken ?? '') ?? [];
  if (nextToken !== undefined && position === undefined) throw invalidToken();
  const isForward = direction === undefined ? startFromHead : direction === 'f';
  const at = position === undefined ? (isForward ? 0 : lines.length) : Number(position);
  const [from, until] = isForward ? [at, Math.min(lines.length, at + limit)] : [Math.max(0, at - limit), at];
  return {
    events: lines
      .slice(from, until)
      .map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
    nextForwardToken: `f/${until}`,
    nextBackwardToken: `b/${from}`,
  };
}
