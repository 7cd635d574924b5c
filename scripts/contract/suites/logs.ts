import { holds, type Suite, same } from '../check.ts';
import { list, read, text } from '../fields.ts';
import { jsonRequest } from '../form-request.ts';

export const logs: Suite = {
  service: 'logs',
  probe: jsonRequest('1.1', 'Logs_20140328.DescribeLogGroups', {}),
  invalidCodes: ['InvalidParameterException', 'SerializationException'],
  checks: [
    {
      name: 'describes a log group with both forms of its ARN',
      source: 'API reference, LogGroup: arn ends with a star, logGroupArn does not',
      needs: ['logs'],
      async run({ ask, given }) {
        const answer = await ask('DescribeLogGroups', { logGroupNamePrefix: given('logs') });
        same(answer, 'logGroups.0.logGroupName', given('logs'));
        const arn = text(answer, 'logGroups.0.arn');
        holds(arn.endsWith(`:log-group:${given('logs')}:*`), 'an ARN with a star', arn);
      },
    },
    {
      name: 'lists no group below a prefix that nothing has',
      source: 'API reference, DescribeLogGroups',
      async run({ ask }) {
        const answer = await ask('DescribeLogGroups', { logGroupNamePrefix: '/contract-check/none' });
        same(answer, 'logGroups', []);
      },
    },
    {
      name: 'gives the events of a stream in the order of their times, from the head or from the tail',
      source: 'API reference, GetLogEvents',
      needs: ['logs'],
      async run({ ask, given }) {
        const logGroupName = given('logs');
        const streams = await ask('DescribeLogStreams', { logGroupName, orderBy: 'LastEventTime', descending: true });
        const logStreamName = text(streams, 'logStreams.0.logStreamName');
        const about = { logGroupName, logStreamName, startFromHead: true };
        const all = list(await ask('GetLogEvents', about), 'events');
        holds(all.length > 0, 'at least one event', all);
        const times = all.map((one) => Number(read(one, 'timestamp')));
        holds(times.join() === times.toSorted((a, b) => a - b).join(), 'rising times', times);
        const last = list(await ask('GetLogEvents', { ...about, startFromHead: false, limit: 1 }), 'events');
        same({ message: text(last[0], 'message') }, 'message', text(all.at(-1), 'message'));
      },
    },
    {
      name: 'gives the same forward token when nothing more has come',
      source: 'API reference, GetLogEvents: nextForwardToken',
      needs: ['logs'],
      async run({ ask, given }) {
        const logGroupName = given('logs');
        const streams = await ask('DescribeLogStreams', { logGroupName });
        const about = { logGroupName, logStreamName: text(streams, 'logStreams.0.logStreamName'), startFromHead: true };
        const { nextForwardToken: nextToken } = await ask('GetLogEvents', about);
        const beyond = await ask('GetLogEvents', { ...about, nextToken });
        same(beyond, 'events', []);
        same(beyond, 'nextForwardToken', nextToken);
      },
    },
    {
      name: 'filters events by a word',
      source: 'User guide, filter pattern syntax',
      needs: ['logs'],
      async run({ ask, given }) {
        const logGroupName = given('logs');
        const all = list(await ask('FilterLogEvents', { logGroupName }), 'events');
        holds(all.length > 0, 'at least one event', all);
        const none = await ask('FilterLogEvents', { logGroupName, filterPattern: 'contract-check-none' });
        same(none, 'events', []);
      },
    },
    {
      name: 'refuses groups and streams that do not exist',
      source: 'model: ResourceNotFoundException',
      needs: ['logs'],
      async run({ refuse, given }) {
        const codes = ['ResourceNotFoundException'];
        await refuse('DescribeLogStreams', { logGroupName: '/contract-check/none' }, codes);
        await refuse('FilterLogEvents', { logGroupName: '/contract-check/none' }, codes);
        await refuse('GetLogEvents', { logGroupName: given('logs'), logStreamName: 'contract-check-none' }, codes);
      },
    },
  ],
};
