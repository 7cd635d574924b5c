import type { DescribeAutoScalingGroupsCommandInput } from '@aws-sdk/client-auto-scaling';
import { createIam, type Iam } from '../../../simulator/iam/iam.ts';
import { createClock } from '../../../simulator/kernel/clock.ts';
import { createEventLog } from '../../../simulator/kernel/event-log.ts';
import { createFaults, type Fault } from '../../../simulator/kernel/faults.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { createRandomness } from '../../../simulator/kernel/randomness.ts';
import { type Service, ServiceError } from '../../../simulator/kernel/service.ts';
import { defaultTimings } from '../../../simulator/kernel/timings.ts';
import type { Front } from '../../../simulator/kernel/wire.ts';
import { createDirectRunner } from '../../../simulator/lambda/direct-runner.ts';
import { createIsolatedRunner } from '../../../simulator/lambda/isolated-runner.ts';
import type { Runner } from '../../../simulator/lambda/runner.ts';
import type { FunctionConfig } from '../../../simulator/services/lambda/functions.ts';
import { createLambda, type Lambda } from '../../../simulator/services/lambda.ts';
import { createFront } from '../../../simulator/wire/front.ts';
import { listen } from '../../../simulator/wire/http-server.ts';
import { packageOf } from './bundle.ts';
import type { RunnerKind } from './world.ts';

export const operator = { arn: 'arn:aws:iam::111122223333:root' };

/** An account with IAM, Lambda and one operation of Auto Scaling, behind the real front. */
export type Account = {
  readonly kernel: Kernel;
  readonly iam: Iam;
  readonly lambda: Lambda;
  readonly roleArn: string;
  readonly lines: string[];
  readonly create: (config: Partial<FunctionConfig> & { readonly source?: string }) => Promise<string>;
  readonly run: <T>(work: Promise<T>) => Promise<T>;
  readonly log: () => string[];
  readonly close: () => Promise<void>;
};

export async function createAccount(kind: RunnerKind = 'direct', faults: readonly Fault[] = []): Promise<Account> {
  const clock = createClock(Date.UTC(2026, 10, 10, 18));
  const kernel: Kernel = {
    identity: { accountId: '111122223333', region: 'eu-central-1', partition: 'aws' },
    clock,
    random: createRandomness(1),
    log: createEventLog(clock),
    timings: defaultTimings,
    faults: createFaults(faults),
  };
  const iam = createIam({ kernel });
  const services: Service[] = [groupsService];
  const parts: { runner?: Runner } = {};
  const front = createFront({
    kernel,
    iam,
    services,
    onKill: (functionName, key) => parts.runner?.kill({ functionName, key }),
  });
  const { runner, close } = await createRunner(kind, kernel, front);
  parts.runner = runner;
  const lines: string[] = [];
  const lambda = createLambda({
    kernel,
    iam,
    runner,
    writeLog: ({ logGroupName, message }) => lines.push(`${logGroupName} ${message}`),
  });
  services.push(lambda.service);
  const roleArn = iam.createRole({
    roleName: 'worker',
    trustPolicy: statement({
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }),
    policies: [
      {
        name: 'own',
        document: statement({ Effect: 'Allow', Action: 'autoscaling:DescribeAutoScalingGroups', Resource: '*' }),
      },
    ],
  }).arn;

  return {
    kernel,
    iam,
    lambda,
    roleArn,
    lines,
    close,
    async create({ source = 'export const handler = async (event) => event;', ...config }) {
      const { arn } = await lambda.createFunction({
        functionName: 'worker',
        runtime: 'nodejs24.x',
        handler: 'handlers/handler.handler',
        role: roleArn,
        zip: packageOf(source),
        ...config,
      });
      return arn;
    },
    async run(work) {
      let isOver = false;
      void work.then(
        () => {
          isOver = true;
        },
        () => {
          isOver = true;
        },
      );
      await clock.run(() => isOver);
      return work;
    },
    log: () => kernel.log.entries().map(({ at, kind: what, details }) => `${at} ${what} ${JSON.stringify(details)}`),
  };
}

export function statement(...statements: readonly object[]) {
  return { Version: '2012-10-17', Statement: statements };
}

async function createRunner(
  kind: RunnerKind,
  kernel: Kernel,
  front: Front,
): Promise<{ runner: Runner; close: () => Promise<void> }> {
  if (kind === 'direct') {
    const runner = createDirectRunner({
      kernel,
      endpointUrl: 'http://127.0.0.1:4566',
      hosts: new Map([['127.0.0.1:4566', { front }]]),
    });
    return { runner, close: runner.close };
  }
  const parts: { observe?: (front: Front) => Front } = {};
  const server = await listen({ kernel, front: (request) => (parts.observe?.(front) ?? front)(request) });
  const runner = createIsolatedRunner({ kernel, endpointUrl: `http://127.0.0.1:${server.port}` });
  parts.observe = runner.observe;
  return {
    runner,
    close: async () => {
      await runner.close();
      await server.close();
    },
  };
}

/** Knows one group; asking for `throttled` fails. */
const groupsService: Service = {
  model: 'autoscaling',
  name: 'AutoScaling',
  operations: {
    DescribeAutoScalingGroups: {
      needs: () => [{ action: 'autoscaling:DescribeAutoScalingGroups', resource: '*' }],
      run({ AutoScalingGroupNames: [name] = [] }: DescribeAutoScalingGroupsCommandInput) {
        if (name === 'throttled') throw new ServiceError('Throttling', 'Rate exceeded', { status: 400 });
        const group = {
          AutoScalingGroupName: name ?? 'web',
          MinSize: 1,
          MaxSize: 3,
          DesiredCapacity: 2,
          DefaultCooldown: 300,
          AvailabilityZones: ['eu-central-1a'],
          HealthCheckType: 'EC2',
          CreatedTime: new Date(0),
        };
        return { AutoScalingGroups: [group] };
      },
    },
  },
};
