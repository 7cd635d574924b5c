import { holds, type Suite, same } from '../check.ts';
import { list, read, text } from '../fields.ts';
import { formRequest } from '../form-request.ts';

const absent = 'contract-check-none';

export const cloudformation: Suite = {
  service: 'cloudformation',
  probe: formRequest('Action=DescribeStacks&Version=2010-05-15'),
  invalidCodes: ['ValidationError'],
  checks: [
    {
      name: 'describes a stack by its name and by its id, with its outputs',
      source: 'API reference, DescribeStacks and Stack',
      needs: ['stack'],
      async run({ ask, given }) {
        const byName = await ask('DescribeStacks', { StackName: given('stack') });
        same(byName, 'Stacks.0.StackName', given('stack'));
        same(byName, 'Stacks.0.StackStatus', 'CREATE_COMPLETE');
        const id = text(byName, 'Stacks.0.StackId');
        holds(id.includes(`:stack/${given('stack')}/`), 'an ARN with the name of the stack', id);
        same({ byId: await ask('DescribeStacks', { StackName: id }) }, 'byId', byName);
        const outputs = list(byName, 'Stacks.0.Outputs');
        const isTold = outputs.every((one) => text(one, 'OutputKey') !== '' && text(one, 'OutputValue') !== '');
        holds(outputs.length > 0 && isTold, 'outputs with their values', outputs);
      },
    },
    {
      name: 'lists the stack among all of them',
      source: 'API reference, DescribeStacks: without a name, all stacks',
      needs: ['stack'],
      async run({ ask, given }) {
        const names: string[] = [];
        let token: string | undefined;
        do {
          const page = await ask('DescribeStacks', token === undefined ? {} : { NextToken: token });
          names.push(...list(page, 'Stacks').map((one) => text(one, 'StackName')));
          token = text(page, 'NextToken') || undefined;
        } while (token !== undefined && names.length < 2000);
        holds(names.includes(given('stack')), given('stack'), names);
      },
    },
    {
      name: 'tells the same of a resource in the list and by itself',
      source: 'API reference, ListStackResources and DescribeStackResources',
      needs: ['stack', 'topic'],
      async run({ ask, given }) {
        const listed = list(await ask('ListStackResources', { StackName: given('stack') }), 'StackResourceSummaries');
        const topic = listed.find((one) => text(one, 'PhysicalResourceId') === given('topic'));
        same({ topic }, 'topic.ResourceType', 'AWS::SNS::Topic');
        const LogicalResourceId = text(topic, 'LogicalResourceId');
        const answers = [
          await ask('DescribeStackResources', { StackName: given('stack'), LogicalResourceId }),
          await ask('DescribeStackResources', { PhysicalResourceId: given('topic') }),
        ];
        for (const answer of answers) {
          const named = list(answer, 'StackResources').filter(
            (one) => text(one, 'LogicalResourceId') === LogicalResourceId,
          );
          same({ count: named.length }, 'count', 1);
          same({ named }, 'named.0.PhysicalResourceId', given('topic'));
          same({ named }, 'named.0.StackName', given('stack'));
          same({ named }, 'named.0.ResourceStatus', read(topic, 'ResourceStatus'));
        }
      },
    },
    {
      name: 'refuses a stack that does not exist',
      source: 'API reference, DescribeStacks: ValidationError for a stack that does not exist',
      async run({ refuse }) {
        await refuse('DescribeStacks', { StackName: absent }, ['ValidationError']);
        await refuse('ListStackResources', { StackName: absent }, ['ValidationError']);
        await refuse('DescribeStackResources', { StackName: absent }, ['ValidationError']);
      },
    },
    {
      name: 'wants to know of which stack or resource',
      source: 'API reference, DescribeStackResources',
      run: ({ refuse }) => refuse('DescribeStackResources', {}, ['ValidationError']),
    },
  ],
};
