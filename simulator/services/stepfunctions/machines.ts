import type { LoggingConfiguration, TracingConfiguration } from '@aws-sdk/client-sfn';
import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import type { Machine } from '../../states-language/definition.ts';
import { InvalidDefinition } from '../../states-language/invalid-definition.ts';
import { parseMachine } from '../../states-language/parse-machine.ts';
import type { ResourceCheck } from '../../states-language/parse-state.ts';
import { checkName, machineArn, machineMissing, parseMachineArn } from './arns.ts';

/** What decides how an execution runs; an execution keeps the one that it began with. */
export type Revision = {
  readonly definition: string;
  readonly machine: Machine;
  readonly roleArn: string;
  readonly loggingConfiguration: LoggingConfiguration;
  readonly tracingConfiguration: TracingConfiguration;
  readonly creationDate: number;
  readonly description?: string;
};

export type StateMachine = {
  readonly arn: string;
  readonly name: string;
  readonly creationDate: number;
  readonly current: Revision;
  readonly revisionId: string | undefined;
  readonly versions: ReadonlyMap<number, Revision>;
  readonly status: 'ACTIVE' | 'DELETING';
};

export type MachineSpec = {
  readonly name: string;
  /** JSON text, or what it would parse to. */
  readonly definition: string | object;
  readonly roleArn: string;
  readonly type?: 'STANDARD' | 'EXPRESS';
  readonly loggingConfiguration?: LoggingConfiguration;
  readonly tracingConfiguration?: TracingConfiguration;
  /** Publishes a version of what is created or updated. */
  readonly publish?: boolean;
  readonly versionDescription?: string;
};

export type Machines = {
  /** @throws {ServiceError} InvalidDefinition, InvalidName, StateMachineAlreadyExists, AccessDeniedException, … */
  readonly create: (spec: MachineSpec) => { readonly arn: string; readonly versionArn?: string };
  readonly update: (
    arn: string,
    changes: Partial<Omit<MachineSpec, 'name' | 'type'>>,
  ) => { readonly versionArn?: string };
  readonly publishVersion: (arn: string, description?: string) => { readonly versionArn: string };
  readonly deleteVersion: (versionArn: string) => void;
  /** The machine goes at once, or when its last execution ends. */
  readonly remove: (arn: string) => void;
  readonly list: () => readonly StateMachine[];
  /** @throws {ServiceError} StateMachineDoesNotExist, InvalidArn */
  readonly find: (arn: string) => {
    readonly machine: StateMachine;
    readonly revision: Revision;
    readonly versionArn?: string;
  };
  /** Tells that an execution of the machine ended. */
  readonly settle: (arn: string) => void;
};

export type MachineRules = {
  readonly checkResource: ResourceCheck;
  /** @throws {ServiceError} The role or the log delivery does not suffice. */
  readonly checkAccess: (machineArn: string, revision: Revision) => void;
  readonly isRunning: (machineArn: string) => boolean;
};

type Stored = { -readonly [K in keyof StateMachine]: StateMachine[K] } & { versions: Map<number, Revision> };

const MAX_DEFINITION = 1024 * 1024;

export function createMachines(kernel: Kernel, rules: MachineRules): Machines {
  const { identity, clock, random } = kernel;
  const machines = new Map<string, Stored>();
  const published = new Map<string, number>();

  const operations: Machines = {
    create(spec) {
      checkName(spec.name);
      if (spec.type === 'EXPRESS') {
        throw new ServiceError('StateMachineTypeNotSupported', 'Not simulated: Express state machines');
      }
      const arn = machineArn(identity, spec.name);
      const existing = machines.get(arn);
      if (existing?.status === 'DELETING')
        throw new ServiceError('StateMachineDeleting', `State Machine is deleting: '${arn}'`);
      if (existing !== undefined)
        throw new ServiceError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
      const current = revise(arn, spec);
      const machine: Stored = {
        arn,
        name: spec.name,
        creationDate: clock.now(),
        current,
        revisionId: undefined,
        versions: new Map(),
        status: 'ACTIVE',
      };
      machines.set(arn, machine);
      return { arn, ...(spec.publish === true ? publish(machine, spec.versionDescription) : {}) };
    },
    update(arn, changes) {
      const machine = stored(arn);
      machine.current = revise(arn, { ...machine.current, name: machine.name, ...changes });
      machine.revisionId = random.uuid('revision', arn, clock.now(), machine.current.definition);
      return changes.publish === true ? publish(machine, changes.versionDescription) : {};
    },
    publishVersion: (arn, description) => publish(stored(arn), description),
    deleteVersion(versionArn) {
      const { version } = parseMachineArn(versionArn);
      if (version !== undefined) stored(versionArn).versions.delete(version);
    },
    remove(arn) {
      const machine = machines.get(arn);
      if (machine === undefined) return;
      machine.status = 'DELETING';
      operations.settle(arn);
    },
    list: () => [...machines.values()],
    find(arn) {
      const machine = stored(arn);
      const { version } = parseMachineArn(arn);
      if (version === undefined) return { machine, revision: machine.current };
      const revision = machine.versions.get(version);
      if (revision === undefined) throw new ServiceError('StateMachineDoesNotExist', machineMissing(arn));
      return { machine, revision, versionArn: arn };
    },
    settle(arn) {
      if (machines.get(arn)?.status === 'DELETING' && !rules.isRunning(arn)) machines.delete(arn);
    },
  };
  return operations;

  function stored(arn: string): Stored {
    const machine = machines.get(machineArn(identity, parseMachineArn(arn).name));
    if (machine === undefined) throw new ServiceError('StateMachineDoesNotExist', machineMissing(arn));
    return machine;
  }

  function revise(arn: string, spec: Omit<MachineSpec, 'type'>): Revision {
    const definition = typeof spec.definition === 'string' ? spec.definition : JSON.stringify(spec.definition);
    const revision: Revision = {
      definition,
      machine: parseText(definition, rules.checkResource),
      roleArn: spec.roleArn,
      loggingConfiguration: spec.loggingConfiguration ?? { level: 'OFF', includeExecutionData: false },
      tracingConfiguration: spec.tracingConfiguration ?? { enabled: false },
      creationDate: clock.now(),
    };
    rules.checkAccess(arn, revision);
    return revision;
  }

  /** Publishing what is already the newest version gives that version again. */
  function publish(machine: Stored, description?: string): { versionArn: string } {
    const newest = published.get(machine.arn) ?? 0;
    const latest = machine.versions.get(newest);
    if (latest !== undefined && isSame(latest, machine.current)) return { versionArn: `${machine.arn}:${newest}` };
    const version = newest + 1;
    published.set(machine.arn, version);
    const named = description === undefined ? {} : { description };
    machine.versions.set(version, { ...machine.current, creationDate: clock.now(), ...named });
    return { versionArn: `${machine.arn}:${version}` };
  }
}

const isSame = (a: Revision, b: Revision) =>
  a.definition === b.definition &&
  a.roleArn === b.roleArn &&
  JSON.stringify(a.loggingConfiguration) === JSON.stringify(b.loggingConfiguration) &&
  JSON.stringify(a.tracingConfiguration) === JSON.stringify(b.tracingConfiguration);

function parseText(definition: string, checkResource: ResourceCheck): Machine {
  try {
    if (Buffer.byteLength(definition) > MAX_DEFINITION) throw new RangeError('Definition is larger than 1048576 bytes');
    return parseMachine(JSON.parse(definition), checkResource);
  } catch (error) {
    if (error instanceof InvalidDefinition) throw new ServiceError('InvalidDefinition', error.message);
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    const message = `Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: ${error.message}'`;
    throw new ServiceError('InvalidDefinition', message);
  }
}
