import { holds, type Suite, same } from '../check.ts';
import { type Fields, list, text } from '../fields.ts';
import { jsonRequest } from '../form-request.ts';

export const ssm: Suite = {
  service: 'ssm',
  probe: jsonRequest('1.1', 'AmazonSSM.GetParameters', { Names: ['/contract-check/none'] }),
  invalidCodes: ['ValidationException', 'SerializationException'],
  checks: [
    {
      name: 'refuses a parameter that does not exist',
      source: 'model, GetParameter',
      run: ({ refuse }) => refuse('GetParameter', { Name: '/contract-check/none' }, ['ParameterNotFound']),
    },
    {
      name: 'tells which of several parameters do not exist',
      source: 'API reference, GetParameters',
      async run({ ask }) {
        const answer = await ask('GetParameters', { Names: ['/contract-check/none'] });
        same(answer, 'InvalidParameters', ['/contract-check/none']);
        holds(list(answer, 'Parameters').length === 0, 'no parameters', answer.Parameters);
      },
    },
    {
      name: 'takes at most ten names at once',
      source: 'API reference, GetParameters',
      run: ({ refuse }) =>
        refuse('GetParameters', { Names: Array.from({ length: 11 }, (_, index) => `/contract-check/${index}`) }, [
          'ValidationException',
        ]),
    },
    {
      name: 'counts the versions of a parameter, and overwrites only when asked to',
      source: 'API reference, PutParameter',
      changes: true,
      async run({ ask, refuse, uniqueName, undo }) {
        const Name = `/contract-check/${uniqueName}`;
        undo(() => ask('DeleteParameter', { Name }));
        same(await ask('PutParameter', { Name, Value: 'first', Type: 'String' }), 'Version', 1);
        await refuse('PutParameter', { Name, Value: 'x', Type: 'String' }, ['ParameterAlreadyExists']);
        same(await ask('PutParameter', { Name, Value: 'second', Overwrite: true }), 'Version', 2);
        const answer = await ask('GetParameter', { Name });
        same(answer, 'Parameter.Value', 'second');
        same(answer, 'Parameter.Version', 2);
        const arn = text(answer, 'Parameter.ARN');
        holds(arn.endsWith(`:parameter${Name}`), 'an ARN that ends with the name', arn);
        same(await ask('GetParameter', { Name: `${Name}:1` }), 'Parameter.Value', 'first');
        await refuse('GetParameter', { Name: `${Name}:3` }, ['ParameterVersionNotFound']);
      },
    },
    {
      name: 'finds the parameters below a path, level by level, in pages that miss none',
      source: 'API reference, GetParametersByPath',
      changes: true,
      async run({ ask, uniqueName, undo }) {
        const Path = `/contract-check/${uniqueName}`;
        for (const Name of [`${Path}/a`, `${Path}/b`, `${Path}/below/c`]) {
          undo(() => ask('DeleteParameter', { Name }));
          await ask('PutParameter', { Name, Value: 'x', Type: 'String' });
        }
        const names = async (question: Fields) => {
          const found: string[] = [];
          let token: string | undefined;
          do {
            const page = await ask('GetParametersByPath', {
              Path,
              MaxResults: 1,
              ...question,
              ...(token && { NextToken: token }),
            });
            found.push(...list(page, 'Parameters').map((one) => text(one, 'Name')));
            token = text(page, 'NextToken') || undefined;
          } while (token !== undefined && found.length < 50);
          return found.toSorted();
        };
        same({ names: await names({}) }, 'names', [`${Path}/a`, `${Path}/b`]);
        same({ names: await names({ Recursive: true }) }, 'names', [`${Path}/a`, `${Path}/b`, `${Path}/below/c`]);
      },
    },
    {
      name: 'deletes a parameter once',
      source: 'API reference, DeleteParameter',
      changes: true,
      async run({ ask, refuse, uniqueName, undo }) {
        const Name = `/contract-check/${uniqueName}`;
        let isThere = true;
        undo(async () => isThere && ask('DeleteParameter', { Name }));
        await ask('PutParameter', { Name, Value: 'x', Type: 'String' });
        await ask('DeleteParameter', { Name });
        isThere = false;
        await refuse('DeleteParameter', { Name }, ['ParameterNotFound']);
        await refuse('GetParameter', { Name }, ['ParameterNotFound']);
      },
    },
    {
      name: 'refuses a paging token that it never gave out',
      source: 'model, GetParametersByPath',
      run: ({ refuse }) =>
        refuse('GetParametersByPath', { Path: '/contract-check', NextToken: 'never' }, [
          'InvalidNextToken',
          'ValidationException',
        ]),
    },
  ],
};
