import { holds, type Suite, same } from '../check.ts';
import { list, read, text } from '../fields.ts';

const asText = (payload: unknown) => Buffer.from(payload as Uint8Array).toString();

export const lambda: Suite = {
  service: 'lambda',
  probe: { method: 'GET', path: '/2015-03-31/functions' },
  invalidCodes: ['ValidationException', 'InvalidParameterValueException'],
  samples: { FunctionName: 'contract-check-none' },
  checks: [
    {
      name: 'answers an invocation with what the function returns',
      source: 'API reference, Invoke',
      changes: true,
      needs: ['function'],
      async run({ ask, given }) {
        const answer = await ask('Invoke', { FunctionName: given('function'), Payload: '{"a":[1,"é"]}' });
        same(answer, 'StatusCode', 200);
        same({ payload: asText(answer.Payload) }, 'payload', '{"a":[1,"é"]}');
        same(answer, 'FunctionError', undefined);
      },
    },
    {
      name: 'tells the name and the message of what a function throws',
      source: 'Developer guide, errors of Node.js functions',
      changes: true,
      needs: ['function'],
      async run({ ask, given }) {
        const answer = await ask('Invoke', { FunctionName: given('function'), Payload: '{"fail":true}' });
        same(answer, 'StatusCode', 200);
        same(answer, 'FunctionError', 'Unhandled');
        const thrown = JSON.parse(asText(answer.Payload));
        same(thrown, 'errorType', 'AsAsked');
        same(thrown, 'errorMessage', 'As asked.');
      },
    },
    {
      name: 'takes events in with 202 and runs nothing with 204',
      source: 'API reference, Invoke: InvocationType',
      changes: true,
      needs: ['function'],
      async run({ ask, given }) {
        const event = { FunctionName: given('function'), Payload: '{}' };
        same(await ask('Invoke', { ...event, InvocationType: 'Event' }), 'StatusCode', 202);
        same(await ask('Invoke', { ...event, InvocationType: 'DryRun' }), 'StatusCode', 204);
      },
    },
    {
      name: 'refuses a payload that is not JSON',
      source: 'API reference, Invoke, errors',
      needs: ['function'],
      run: ({ refuse, given }) =>
        refuse('Invoke', { FunctionName: given('function'), Payload: '{' }, ['InvalidRequestContentException']),
    },
    {
      name: 'refuses to invoke or describe a function that does not exist',
      source: 'API reference, Invoke and GetFunction, errors',
      async run({ refuse }) {
        const nobody = { FunctionName: 'contract-check-none' };
        await refuse('Invoke', nobody, ['ResourceNotFoundException']);
        await refuse('GetFunction', nobody, ['ResourceNotFoundException']);
      },
    },
    {
      name: 'describes a function by its name and its ARN alike',
      source: 'API reference, GetFunction',
      needs: ['function'],
      async run({ ask, given }) {
        const { Configuration } = await ask('GetFunction', { FunctionName: given('function') });
        const byArn = await ask('GetFunction', { FunctionName: text(Configuration, 'FunctionArn') });
        same(byArn, 'Configuration.CodeSha256', read(Configuration, 'CodeSha256'));
        same(byArn, 'Configuration.FunctionName', text(Configuration, 'FunctionName'));
        same(byArn, 'Configuration.Runtime', 'nodejs24.x');
      },
    },
    {
      name: 'lists every function once over pages of one',
      source: 'API reference, ListFunctions',
      needs: ['function'],
      async run({ ask, given }) {
        const names: string[] = [];
        let marker: string | undefined;
        do {
          const page = await ask('ListFunctions', { MaxItems: 1, ...(marker && { Marker: marker }) });
          holds(list(page, 'Functions').length <= 1, 'at most one function', page.Functions);
          names.push(...list(page, 'Functions').map((one) => text(one, 'FunctionName')));
          marker = text(page, 'NextMarker') || undefined;
        } while (marker !== undefined && names.length < 500);
        holds(new Set(names).size === names.length, 'no name twice', names);
        holds(names.includes(given('function')), `the function ${given('function')}`, names);
      },
    },
  ],
};
