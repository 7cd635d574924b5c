import { holds, type Suite, same } from '../check.ts';
import { list, read, text } from '../fields.ts';
import { jsonRequest } from '../form-request.ts';

const good = { Source: 'contract-check', DetailType: 'Contract check', Detail: '{}' };

export const events: Suite = {
  service: 'events',
  probe: jsonRequest('1.1', 'AWSEvents.DescribeRule', { Name: 'contract-check-none' }),
  invalidCodes: ['ValidationException', 'SerializationException'],
  // The client itself refuses them, or needs another way of signing.
  lenient: ['PutEvents.EndpointId'],
  checks: [
    {
      name: 'takes events in one by one: the good ones get an id, the others an error',
      source: 'API reference, PutEvents and PutEventsResultEntry',
      changes: true,
      async run({ ask }) {
        const broken = { ...good, Detail: 'no JSON' };
        const { Source: _, ...withoutSource } = good;
        const answer = await ask('PutEvents', { Entries: [good, broken, withoutSource] });
        same(answer, 'FailedEntryCount', 2);
        holds(text(answer, 'Entries.0.EventId') !== '', 'an EventId for the first entry', answer.Entries);
        same(answer, 'Entries.1.ErrorCode', 'MalformedDetail');
        same(answer, 'Entries.2.ErrorCode', 'InvalidArgument');
      },
    },
    {
      name: 'takes at most ten events at once',
      source: 'API reference, PutEvents',
      run: ({ refuse }) =>
        refuse('PutEvents', { Entries: Array.from({ length: 11 }, () => good) }, ['ValidationException']),
    },
    {
      name: 'refuses a rule that does not exist',
      source: 'model, DescribeRule and ListTargetsByRule',
      async run({ refuse }) {
        await refuse('DescribeRule', { Name: 'contract-check-none' }, ['ResourceNotFoundException']);
        await refuse('ListTargetsByRule', { Rule: 'contract-check-none' }, ['ResourceNotFoundException']);
      },
    },
    {
      name: 'describes a rule by its name, its ARN and its bus',
      source: 'API reference, DescribeRule',
      needs: ['rule'],
      async run({ ask, given }) {
        const answer = await ask('DescribeRule', { Name: given('rule') });
        same(answer, 'Name', given('rule'));
        same(answer, 'EventBusName', 'default');
        same(answer, 'State', 'ENABLED');
        holds(text(answer, 'Arn').endsWith(`:rule/${given('rule')}`), 'the ARN of the rule', answer.Arn);
        same({ pattern: JSON.parse(text(answer, 'EventPattern')) }, 'pattern', { source: ['contract-check'] });
      },
    },
    {
      name: 'lists the targets of a rule with their ids',
      source: 'API reference, ListTargetsByRule',
      needs: ['rule', 'topic'],
      async run({ ask, given }) {
        const targets = list(await ask('ListTargetsByRule', { Rule: given('rule') }), 'Targets');
        same({ targets: targets.map((one) => [read(one, 'Id'), read(one, 'Arn')]) }, 'targets', [
          ['topic', given('topic')],
        ]);
      },
    },
    {
      name: 'makes of a rule that is put again with the same fields the same rule',
      source: 'API reference, PutRule: what is left out is taken away',
      changes: true,
      needs: ['rule'],
      async run({ ask, given, undo }) {
        const before = await ask('DescribeRule', { Name: given('rule') });
        const same_ = { Name: given('rule'), EventPattern: text(before, 'EventPattern'), State: 'ENABLED' };
        undo(() => ask('PutRule', same_));
        const answer = await ask('PutRule', { ...same_, State: 'DISABLED', Description: 'contract check' });
        same(answer, 'RuleArn', before.Arn);
        same(await ask('DescribeRule', { Name: given('rule') }), 'State', 'DISABLED');
        await ask('PutRule', same_);
        same(await ask('DescribeRule', { Name: given('rule') }), 'Description', undefined);
      },
    },
    {
      name: 'switches a rule off and on again, and changes nothing else in it',
      source: 'API reference, DisableRule and EnableRule',
      changes: true,
      needs: ['rule'],
      async run({ ask, refuse, given, uniqueName, undo }) {
        const rule = { Name: given('rule') };
        const before = await ask('DescribeRule', rule);
        undo(() => ask('EnableRule', rule));
        await ask('DisableRule', rule);
        same(await ask('DescribeRule', rule), 'State', 'DISABLED');
        await ask('EnableRule', rule);
        same({ rule: await ask('DescribeRule', rule) }, 'rule', before);
        await refuse('DisableRule', { Name: uniqueName }, ['ResourceNotFoundException']);
        await refuse('EnableRule', { Name: uniqueName }, ['ResourceNotFoundException']);
      },
    },
    {
      name: 'deletes a rule that has no targets, and takes one for deleted that is not there',
      source: 'API reference, DeleteRule',
      changes: true,
      needs: ['rule'],
      async run({ ask, refuse, given, uniqueName, undo }) {
        undo(() => ask('DeleteRule', { Name: uniqueName }));
        await ask('PutRule', { Name: uniqueName, EventPattern: '{"source":["contract-check"]}', State: 'DISABLED' });
        await ask('DeleteRule', { Name: uniqueName });
        await refuse('DescribeRule', { Name: uniqueName }, ['ResourceNotFoundException']);
        await ask('DeleteRule', { Name: uniqueName });
        await refuse('DeleteRule', { Name: given('rule') }, ['ValidationException']);
      },
    },
    {
      name: 'refuses a rule with neither pattern nor schedule',
      source: 'API reference, PutRule',
      run: ({ refuse, uniqueName }) => refuse('PutRule', { Name: uniqueName }, ['ValidationException']),
    },
    {
      name: 'refuses a pattern that is not JSON',
      source: 'API reference, PutRule, errors',
      run: ({ refuse, uniqueName }) =>
        refuse('PutRule', { Name: uniqueName, EventPattern: '{' }, ['InvalidEventPatternException']),
    },
  ],
};
