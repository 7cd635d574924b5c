import { createIam } from '../../../simulator/iam/iam.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import type { CallContext, EventBus } from '../../../simulator/kernel/service.ts';
import type { RedriveOfChildren } from '../../../simulator/services/stepfunctions/child-task.ts';
import type { InvocationResult } from '../../../simulator/services/stepfunctions/lambda-task.ts';
import { createStepFunctions, type Execution, type StepFunctions } from '../../../simulator/services/stepfunctions.ts';
import { aKernel } from '../../support/kernel.ts';

/** A function of a test: what it answers to a payload, or a promise of it. */
export type TestFunction = (payload: never) => InvocationResult | Promise<InvocationResult>;

type Options = {
  readonly functions?: Readonly<Record<string, TestFunction>>;
  /** Statements of the machines' role in place of all that they can need. */
  readonly statements?: readonly object[];
  readonly trusted?: string;
  readonly redriveOfChildren?: RedriveOfChildren;
  readonly logSink?: (line: { readonly logGroupArn: string; readonly message: string }) => void;
};

export type TestAccount = {
  readonly kernel: Kernel;
  readonly stepFunctions: StepFunctions;
  readonly roleArn: string;
  readonly events: Parameters<EventBus['put']>[0][];
  readonly invoked: { readonly functionArn: string; readonly payload: unknown; readonly at: number }[];
  readonly create: (name: string, states: object, fields?: object) => string;
  /** Calls an operation as the wire layer does. */
  readonly call: <T>(operation: string, input: object) => Promise<T>;
  readonly pass: (milliseconds: number) => Promise<void>;
  readonly finish: (arn: string) => Promise<Execution>;
};

const EVERYTHING = [
  { Effect: 'Allow', Action: ['lambda:InvokeFunction', 'states:*', 'events:*', 'logs:*'], Resource: '*' },
];

export function anAccount(options: Options = {}): TestAccount {
  const { functions = {}, statements = EVERYTHING, trusted = 'states.amazonaws.com' } = options;
  const kernel = aKernel();
  const iam = createIam({ kernel });
  const events: TestAccount['events'] = [];
  const invoked: { functionArn: string; payload: unknown; at: number }[] = [];
  const { arn: roleArn } = iam.createRole({
    roleName: 'machine',
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: trusted }, Action: 'sts:AssumeRole' }],
    },
    policies:
      statements.length === 0 ? [] : [{ name: 'own', document: { Version: '2012-10-17', Statement: statements } }],
  });
  const stepFunctions = createStepFunctions({
    kernel,
    iam,
    events: { put: (event) => events.push(event) },
    async invokeFunction({ functionArn, payload }) {
      const parsed = JSON.parse(payload);
      invoked.push({ functionArn, payload: parsed, at: kernel.clock.now() });
      await kernel.clock.sleep(100);
      const name = functionArn.split(':')[6] ?? '';
      return (functions[name] ?? (() => ok(parsed)))(parsed as never);
    },
    ...(options.redriveOfChildren === undefined ? {} : { redriveOfChildren: options.redriveOfChildren }),
    ...(options.logSink === undefined ? {} : { logSink: options.logSink }),
  });
  const context: CallContext = { caller: { arn: 'arn:aws:iam::111122223333:user/operator' }, requestId: 'r' };

  return {
    kernel,
    stepFunctions,
    roleArn,
    events,
    invoked,
    create: (name, states, fields = {}) =>
      stepFunctions.createStateMachine({
        name,
        roleArn,
        definition: { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...fields },
      }).arn,
    call: async (operation, input) =>
      (await stepFunctions.service.operations[operation]?.run(input as never, context)) as never,
    async pass(milliseconds) {
      let isOver = false;
      kernel.clock.after(milliseconds, () => {
        isOver = true;
      });
      await kernel.clock.run(() => isOver);
    },
    async finish(arn) {
      await kernel.clock.run(() => stepFunctions.execution(arn).status !== 'RUNNING');
      return stepFunctions.execution(arn);
    },
  };
}

export const ok = (value: unknown): InvocationResult => ({ ok: true, payload: JSON.stringify(value) });

export const thrown = (errorType: string, errorMessage = 'why'): InvocationResult => ({
  ok: false,
  errorType,
  errorMessage,
  payload: JSON.stringify({ errorType, errorMessage, trace: [] }),
});

/** A state that invokes a function and ends its flow. */
export const invoke = (functionName: string, fields: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: functionName, Payload: '{% $states.input %}' },
  End: true,
  ...fields,
});

/** A state that starts an execution and ends its flow. */
export const startChild = (machineArn: string, pattern = '.sync:2', fields: object = {}) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::states:startExecution${pattern}`,
  Arguments: { StateMachineArn: machineArn, Name: 'child', Input: '{% $states.input %}' },
  End: true,
  ...fields,
});
