import type { Iam } from '../iam/iam.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type EventBus, type Service, ServiceError } from '../kernel/service.ts';
import { type Flow, innerFlows } from '../states-language/definition.ts';
import type { Engine } from '../states-language/run.ts';
import { createChildTask, type RedriveOfChildren } from './stepfunctions/child-task.ts';
import type { ExecutionRecord, ExecutionStatus } from './stepfunctions/execution-record.ts';
import { createExecutions, type StartRequest, type StopReason } from './stepfunctions/executions.ts';
import { createIntegrations, isSynchronousChild } from './stepfunctions/integrations.ts';
import { createLambdaTask, type InvokeFunction } from './stepfunctions/lambda-task.ts';
import { createLogDelivery, type LogSink } from './stepfunctions/log-delivery.ts';
import { createMachines, type Machines, type Revision } from './stepfunctions/machines.ts';
import { createOperations } from './stepfunctions/operations.ts';
import { roleCaller } from './stepfunctions/task-calls.ts';
import { createTaskTokens } from './stepfunctions/task-tokens.ts';

/** One execution, for people and scenarios. */
export type Execution = Readonly<
  Pick<
    ExecutionRecord,
    'arn' | 'name' | 'input' | 'output' | 'error' | 'cause' | 'startDate' | 'stopDate' | 'redriveCount'
  >
> & {
  readonly machineArn: string;
  readonly machineName: string;
  readonly status: ExecutionStatus;
  /** Names of the states that run now; those inside a Parallel or Map before it. */
  readonly states: readonly string[];
};

export type StepFunctions = {
  readonly service: Service;
  readonly createStateMachine: Machines['create'];
  readonly updateStateMachine: Machines['update'];
  readonly publishVersion: Machines['publishVersion'];
  readonly deleteVersion: Machines['deleteVersion'];
  readonly deleteStateMachine: Machines['remove'];
  readonly startExecution: (request: StartRequest) => Execution;
  readonly stopExecution: (arn: string, reason?: StopReason) => Execution;
  readonly redriveExecution: (arn: string) => { readonly redriveDate: number };
  /** @throws {ServiceError} ExecutionDoesNotExist */
  readonly execution: (arn: string) => Execution;
  /** Newest first. */
  readonly executions: () => readonly Execution[];
  /** Billed state transitions of all executions so far: states entered and retries. */
  readonly transitions: () => number;
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Iam, 'authorize' | 'mayAssume'>;
  readonly events: EventBus;
  readonly invokeFunction: InvokeFunction;
  /** Where the logs of machines go; without it a machine that asks for logs is refused. */
  readonly logSink?: LogSink;
  readonly redriveOfChildren?: RedriveOfChildren;
};

const PRINCIPAL = 'states.amazonaws.com';
const MANAGED_RULE = 'StepFunctionsGetEventsForStepFunctionsExecutionRule';

/** Developer guide, "Using CloudWatch Logs to log execution history": none of these takes a resource. */
const LOG_ACTIONS = [
  'CreateLogDelivery',
  'GetLogDelivery',
  'UpdateLogDelivery',
  'DeleteLogDelivery',
  'ListLogDeliveries',
  'PutResourcePolicy',
  'DescribeResourcePolicies',
  'DescribeLogGroups',
];

/** Step Functions: Standard workflows in JSONata. */
export function createStepFunctions(dependencies: Dependencies): StepFunctions {
  const { kernel, iam, events, invokeFunction, logSink, redriveOfChildren = 'start-again' } = dependencies;
  const tokens = createTaskTokens();
  let transitions = 0;

  const integrations = createIntegrations(
    {
      lambda: createLambdaTask({ kernel, iam, invokeFunction, tokens }),
      child: createChildTask({ kernel, iam, tokens, redriveOfChildren, executions: () => executions }),
    },
    (arn) => roleCaller(kernel, executions.find(arn).revision.roleArn, arn),
  );
  const machines = createMachines(kernel, {
    checkResource: integrations.checkResource,
    checkAccess: (arn, revision) => checkAccess(dependencies, arn, revision),
    isRunning: (arn) => executions.list().some(({ machine, status }) => machine.arn === arn && status === 'RUNNING'),
  });
  const engine: Engine = {
    clock: kernel.clock,
    random: kernel.random,
    region: kernel.identity.region,
    transitionMs: kernel.timings.stateTransition,
    integrations,
    onTransition: () => {
      transitions += 1;
    },
  };
  const deliverLog = createLogDelivery(logSink ?? (() => {}));
  const executions = createExecutions({ kernel, events, machines: () => machines, engine, deliverLog });

  return {
    service: { model: 'stepfunctions', name: 'Sfn', operations: createOperations({ machines, executions, tokens }) },
    createStateMachine: machines.create,
    updateStateMachine: machines.update,
    publishVersion: machines.publishVersion,
    deleteVersion: machines.deleteVersion,
    deleteStateMachine: machines.remove,
    startExecution: (request) => viewOf(executions.start(request)),
    stopExecution: (arn, reason = {}) => viewOf(executions.stop(arn, reason)),
    redriveExecution: (arn) => executions.redrive(arn),
    execution: (arn) => viewOf(executions.find(arn)),
    executions: () => executions.list().map(viewOf),
    transitions: () => transitions,
  };
}

function viewOf(record: ExecutionRecord): Execution {
  const { machine, run } = record;
  return {
    arn: record.arn,
    name: record.name,
    input: record.input,
    output: record.output,
    error: record.error,
    cause: record.cause,
    startDate: record.startDate,
    stopDate: record.stopDate,
    redriveCount: record.redriveCount,
    status: record.status,
    machineArn: machine.arn,
    machineName: machine.name,
    states: run?.states() ?? [],
  };
}

/** What the service checks about the role of a machine when it is created or updated. */
function checkAccess({ kernel, iam, logSink }: Dependencies, arn: string, revision: Revision): void {
  const { accountId, region, partition } = kernel.identity;
  const { roleArn, machine, loggingConfiguration } = revision;
  const source = { 'aws:SourceAccount': accountId, 'aws:SourceArn': arn };
  if (!iam.mayAssume({ arn: PRINCIPAL, service: PRINCIPAL }, roleArn, source)) {
    throw new ServiceError(
      'AccessDeniedException',
      `Neither the global service principal ${PRINCIPAL}, nor the regional one is authorized to assume the provided role.`,
    );
  }
  if (waitsForChildren(machine)) {
    const caller = roleCaller(kernel, roleArn, arn);
    const resource = `arn:${partition}:events:${region}:${accountId}:rule/${MANAGED_RULE}`;
    const actions = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];
    if (!actions.every((action) => iam.authorize(caller, { action, resource }).allowed)) {
      throw new ServiceError('AccessDeniedException', `'${roleArn}' is not authorized to create managed-rule.`);
    }
  }
  if ((loggingConfiguration.level ?? 'OFF') === 'OFF') return;
  if (logSink === undefined) {
    throw new ServiceError('InvalidLoggingConfiguration', 'Not simulated: this account has nowhere to put the logs.');
  }
  const caller = roleCaller(kernel, roleArn, arn);
  if (!LOG_ACTIONS.every((action) => iam.authorize(caller, { action: `logs:${action}`, resource: '*' }).allowed)) {
    const message = 'The state machine IAM Role is not authorized to access the Log Destination';
    throw new ServiceError('AccessDeniedException', message);
  }
}

function waitsForChildren(flow: Flow): boolean {
  return Object.values(flow.states).some(
    (state) =>
      (state.type === 'Task' && isSynchronousChild(state.resource)) || innerFlows(state).some(waitsForChildren),
  );
}
