import { type Check, holds, type Place, type Suite, same } from '../check.ts';
import { type Fields, list, read, text } from '../fields.ts';
import { jsonRequest } from '../form-request.ts';

const absent = (arn: string) => `${arn}-none`;

/** Starts an execution, which is stopped when the check is over. */
async function start(place: Place, input: Fields, name = place.uniqueName): Promise<string> {
  const answer = await place.ask('StartExecution', {
    ...{ stateMachineArn: place.given('machine'), name, input: JSON.stringify(input) },
  });
  const executionArn = text(answer, 'executionArn');
  place.undo(() => place.ask('StopExecution', { executionArn }));
  return executionArn;
}

/** Waits until an execution has ended and describes it. */
async function ended(place: Place, executionArn: string): Promise<Fields> {
  const describe = () => place.ask('DescribeExecution', { executionArn });
  await place.until('the end of the execution', async () => (await describe()).status !== 'RUNNING', 120);
  return describe();
}

const started: readonly Check[] = [
  {
    name: 'ends a successful execution with its output',
    source: 'API reference, DescribeExecution',
    changes: true,
    needs: ['machine'],
    async run(place) {
      const found = await ended(place, await start(place, { a: [1, 'é'] }));
      same(found, 'status', 'SUCCEEDED');
      same({ output: JSON.parse(text(found, 'output')) }, 'output', { a: [1, 'é'] });
      same(found, 'redriveStatus', 'NOT_REDRIVABLE');
    },
  },
  {
    name: 'ends a failed execution with its error and its cause',
    source: 'API reference, DescribeExecution',
    changes: true,
    needs: ['machine'],
    async run(place) {
      const found = await ended(place, await start(place, { end: 'fail' }));
      same(found, 'status', 'FAILED');
      same(found, 'error', 'AsAsked');
      same(found, 'cause', 'The input asks for it.');
      same(found, 'redriveStatus', 'REDRIVABLE');
    },
  },
  {
    name: 'answers a name that runs with the same input with the execution that runs',
    source: 'API reference, StartExecution: idempotent for Standard machines',
    changes: true,
    needs: ['machine'],
    async run(place) {
      const arn = await start(place, { end: 'wait' });
      same({ arn: await start(place, { end: 'wait' }) }, 'arn', arn);
      const question = { stateMachineArn: place.given('machine'), name: place.uniqueName, input: '{}' };
      await place.refuse('StartExecution', question, ['ExecutionAlreadyExists']);
    },
  },
  {
    name: 'refuses the name of an execution that has ended, also with the same input',
    source: 'API reference, StartExecution',
    changes: true,
    needs: ['machine'],
    async run(place) {
      await ended(place, await start(place, {}));
      const question = { stateMachineArn: place.given('machine'), name: place.uniqueName, input: '{}' };
      await place.refuse('StartExecution', question, ['ExecutionAlreadyExists']);
    },
  },
  {
    name: 'stops an execution with the error and the cause that are given, once',
    source: 'API reference, StopExecution',
    changes: true,
    needs: ['machine'],
    async run(place) {
      const executionArn = await start(place, { end: 'wait' });
      const first = await place.ask('StopExecution', { executionArn, error: 'Enough', cause: 'The check is over.' });
      const found = await ended(place, executionArn);
      same(found, 'status', 'ABORTED');
      same(found, 'error', 'Enough');
      same(found, 'cause', 'The check is over.');
      same(await place.ask('StopExecution', { executionArn, error: 'Again' }), 'stopDate', first.stopDate);
    },
  },
  {
    name: 'redrives a failed execution and counts it, but no successful one',
    source: 'Developer guide, redriving executions',
    changes: true,
    needs: ['machine'],
    async run(place) {
      const executionArn = await start(place, { end: 'fail' });
      await ended(place, executionArn);
      await place.ask('RedriveExecution', { executionArn });
      const found = await ended(place, executionArn);
      same(found, 'redriveCount', 1);
      same(found, 'status', 'FAILED');
      const good = await start(place, {}, `${place.uniqueName}-good`);
      await ended(place, good);
      await place.refuse('RedriveExecution', { executionArn: good }, ['ExecutionNotRedrivable']);
    },
  },
  {
    name: 'tells the history in order, in pages, and backwards',
    source: 'API reference, GetExecutionHistory',
    changes: true,
    needs: ['machine'],
    async run(place) {
      const executionArn = await start(place, {});
      await ended(place, executionArn);
      const types = (events: readonly unknown[]) => events.map((one) => text(one, 'type'));
      const whole = list(await place.ask('GetExecutionHistory', { executionArn }), 'events');
      const expected = ['ExecutionStarted', 'ChoiceStateEntered', 'ChoiceStateExited', 'SucceedStateEntered'];
      same({ types: types(whole) }, 'types', [...expected, 'SucceedStateExited', 'ExecutionSucceeded']);
      same({ ids: whole.map((one) => read(one, 'id')) }, 'ids', [1, 2, 3, 4, 5, 6]);
      const paged: unknown[] = [];
      let token: string | undefined;
      do {
        const page = await place.ask('GetExecutionHistory', {
          executionArn,
          maxResults: 2,
          ...(token && { nextToken: token }),
        });
        paged.push(...list(page, 'events'));
        token = text(page, 'nextToken') || undefined;
      } while (token !== undefined && paged.length < 50);
      same({ types: types(paged) }, 'types', types(whole));
      const back = list(await place.ask('GetExecutionHistory', { executionArn, reverseOrder: true }), 'events');
      same({ types: types(back) }, 'types', types(whole).toReversed());
    },
  },
  {
    name: 'lists executions by status, the newest first',
    source: 'API reference, ListExecutions',
    changes: true,
    needs: ['machine'],
    async run(place) {
      const stateMachineArn = place.given('machine');
      const executionArn = await start(place, { end: 'wait' });
      const running = await place.ask('ListExecutions', { stateMachineArn, statusFilter: 'RUNNING' });
      same(running, 'executions.0.executionArn', executionArn);
      const failed = list(await place.ask('ListExecutions', { stateMachineArn, statusFilter: 'FAILED' }), 'executions');
      for (const one of failed) same(one as Fields, 'status', 'FAILED');
      const all = list(await place.ask('ListExecutions', { stateMachineArn }), 'executions');
      const times = all.map((one) => (read(one, 'startDate') as Date).getTime());
      holds(times.join() === times.toSorted((a, b) => b - a).join(), 'falling start dates', times);
    },
  },
];

const refused: readonly Check[] = [
  {
    name: 'refuses machines and executions that do not exist',
    source: 'model: StateMachineDoesNotExist, ExecutionDoesNotExist',
    needs: ['machine'],
    async run({ refuse, given }) {
      const machine = given('machine');
      const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:contract-check-none`;
      await refuse('DescribeStateMachine', { stateMachineArn: absent(machine) }, ['StateMachineDoesNotExist']);
      await refuse('StartExecution', { stateMachineArn: absent(machine) }, ['StateMachineDoesNotExist']);
      await refuse('DescribeExecution', { executionArn }, ['ExecutionDoesNotExist']);
      await refuse('StopExecution', { executionArn }, ['ExecutionDoesNotExist']);
      await refuse('RedriveExecution', { executionArn }, ['ExecutionDoesNotExist']);
    },
  },
  {
    name: 'refuses what is no ARN, no name and no JSON',
    source: 'model: InvalidArn, InvalidName, InvalidExecutionInput',
    needs: ['machine'],
    async run({ refuse, given }) {
      const stateMachineArn = given('machine');
      await refuse('DescribeExecution', { executionArn: 'nonsense' }, ['InvalidArn']);
      await refuse('StartExecution', { stateMachineArn, name: 'with space' }, ['InvalidName']);
      await refuse('StartExecution', { stateMachineArn, name: 'a:b' }, ['InvalidName']);
      await refuse('StartExecution', { stateMachineArn, input: '{' }, ['InvalidExecutionInput']);
    },
  },
  {
    name: 'describes the definition as it was given',
    source: 'API reference, DescribeStateMachine',
    needs: ['machine'],
    async run({ ask, given }) {
      const answer = await ask('DescribeStateMachine', { stateMachineArn: given('machine') });
      same(answer, 'status', 'ACTIVE');
      same(answer, 'type', 'STANDARD');
      same(JSON.parse(text(answer, 'definition')), 'StartAt', 'How does it end?');
    },
  },
  {
    name: 'lists every machine once over pages of one',
    source: 'API reference, ListStateMachines',
    needs: ['machine'],
    async run({ ask, given }) {
      const arns: string[] = [];
      let token: string | undefined;
      do {
        const page = await ask('ListStateMachines', { maxResults: 1, ...(token && { nextToken: token }) });
        arns.push(...list(page, 'stateMachines').map((one) => text(one, 'stateMachineArn')));
        token = text(page, 'nextToken') || undefined;
      } while (token !== undefined && arns.length < 300);
      holds(new Set(arns).size === arns.length && arns.includes(given('machine')), 'every machine once', arns);
    },
  },
  {
    name: 'refuses task tokens that it never gave out',
    source: 'model: InvalidToken, TaskDoesNotExist',
    async run({ refuse }) {
      const taskToken = 'nonsense';
      const codes = ['InvalidToken', 'TaskDoesNotExist'];
      await refuse('SendTaskSuccess', { taskToken, output: '{}' }, codes);
      await refuse('SendTaskFailure', { taskToken }, codes);
      await refuse('SendTaskHeartbeat', { taskToken }, codes);
    },
  },
  {
    name: 'refuses a paging token that it never gave out',
    source: 'model: InvalidToken',
    run: ({ refuse }) => refuse('ListStateMachines', { nextToken: 'never' }, ['InvalidToken', 'ValidationException']),
  },
];

export const stepfunctions: Suite = {
  service: 'stepfunctions',
  probe: jsonRequest('1.0', 'AWSStepFunctions.ListStateMachines', {}),
  invalidCodes: ['ValidationException', 'InvalidArn', 'InvalidName', 'SerializationException'],
  samples: {
    stateMachineArn: 'arn:aws:states:us-west-2:111122223333:stateMachine:contract-check-none',
    executionArn: 'arn:aws:states:us-west-2:111122223333:execution:contract-check-none:none',
  },
  // TestState runs a state that belongs to no machine.
  lenient: ['TestState'],
  checks: [...started, ...refused],
};
