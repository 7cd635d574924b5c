import { createResponseInbox, type ResponseInbox } from './cloudformation/response-inbox.ts';
import { createIam, type Iam } from './iam/iam.ts';
import { createClock, type Pace } from './kernel/clock.ts';
import { createEventLog } from './kernel/event-log.ts';
import { createFaults } from './kernel/faults.ts';
import type { Identity, Kernel } from './kernel/kernel.ts';
import { createRandomness } from './kernel/randomness.ts';
import { defaultTimings, type Timings } from './kernel/timings.ts';
import type { Front } from './kernel/wire.ts';
import { type Cluster, createCluster } from './kubernetes/cluster.ts';
import type { Guests } from './kubernetes/workloads/guests.ts';
import { type FunctionHosting, type HostingMode, hostInProcess, hostInThreads } from './lambda/hosting.ts';
import { type AutoScaling, createAutoScaling } from './services/autoscaling/autoscaling.ts';
import type { AutoScalingBehaviour } from './services/autoscaling/behaviour.ts';
import { type CloudFormation, createCloudFormation } from './services/cloudformation.ts';
import { countExecutions } from './services/cloudwatch/execution-metrics.ts';
import { type CloudWatch, createCloudWatch } from './services/cloudwatch.ts';
import type { Ec2Behaviour } from './services/ec2/behaviour.ts';
import { createEc2, type Ec2 } from './services/ec2/ec2.ts';
import type { Ec2Quotas } from './services/ec2/launch-templates.ts';
import type { EksBehaviour } from './services/eks/behaviour.ts';
import { createEks, type Eks } from './services/eks/eks.ts';
import { createEvents, type Events } from './services/events.ts';
import { createIamService } from './services/iam.ts';
import type { ImageBuilderBehaviour } from './services/imagebuilder/catalogue.ts';
import { createImageBuilder, type ImageBuilder } from './services/imagebuilder/imagebuilder.ts';
import { createKms, type Kms } from './services/kms.ts';
import { createLambda, type Lambda } from './services/lambda.ts';
import { createLogs, type Logs } from './services/logs.ts';
import { createS3, type S3 } from './services/s3.ts';
import { createScheduler, type Scheduler } from './services/scheduler.ts';
import { createSns, type Sns } from './services/sns.ts';
import { createSqs, type Sqs } from './services/sqs.ts';
import type { SsmBehaviour } from './services/ssm/behaviour.ts';
import { createSsm, type Ssm } from './services/ssm.ts';
import { createStepFunctions, type StepFunctions } from './services/stepfunctions.ts';
import { createSts } from './services/sts.ts';
import { createFront } from './wire/front.ts';

/** An AWS account of one Region with everything in it, before anything is deployed. */
export type Account = {
  readonly kernel: Kernel;
  readonly iam: Iam;
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  readonly imageBuilder: ImageBuilder;
  readonly eks: Eks;
  readonly lambda: Lambda;
  readonly stepFunctions: StepFunctions;
  readonly events: Events;
  readonly scheduler: Scheduler;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly s3: S3;
  readonly kms: Kms;
  readonly ssm: Ssm;
  readonly cloudWatch: CloudWatch;
  readonly logs: Logs;
  readonly cloudFormation: CloudFormation;
  /** Where the providers of custom resources answer. */
  readonly responses: ResponseInbox;
  /** All AWS services behind one address, as functions and clients reach them. */
  readonly front: Front;
  /** URL of that address. */
  readonly endpoint: string;
  /** Makes a cluster, opens its Kubernetes API to functions, and lets EKS know of it. */
  readonly addCluster: (spec: NewCluster) => Promise<Cluster>;
  readonly close: () => Promise<void>;
};

export type NewCluster = {
  readonly name: string;
  readonly version: string;
  readonly subnetIds: readonly string[];
  readonly createdAt: Date;
  /** What happens inside its containers. */
  readonly guests?: Guests;
  /** `host:port` of what answers a TLS handshake outside it. */
  readonly outside?: readonly string[];
};

export type Behaviour = {
  readonly ec2?: Partial<Ec2Behaviour>;
  readonly autoScaling?: Partial<AutoScalingBehaviour>;
  readonly eks?: Partial<EksBehaviour>;
  readonly imageBuilder?: Partial<ImageBuilderBehaviour>;
  readonly ssm?: Partial<SsmBehaviour>;
};

export type AccountOptions = {
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly seed: number;
  readonly pace: Pace;
  /** How the functions run: in threads with real HTTP and TLS, or in this process. */
  readonly functions: HostingMode;
  readonly timings?: Partial<Timings>;
  /** What services do where no source settles it. */
  readonly behaviour?: Behaviour;
  /** Where clients reach the account, if functions run in threads; any free port when missing. */
  readonly port?: number | undefined;
  /** The clock that clients outside the account live by, if it is not the account's. */
  readonly clientClock?: (() => number) | undefined;
  /** What this account may have at most, where it is not what every account may. */
  readonly quotas?: Partial<Ec2Quotas>;
};

export async function createAccount(options: AccountOptions): Promise<Account> {
  const kernel = createKernel(options);
  const hosting = await (options.functions === 'threads' ? hostInThreads(kernel, options.port) : hostInProcess(kernel));
  const messaging = createMessaging(kernel, options.behaviour ?? {});
  const { iam, cloudWatch, logs, sqs, sns } = messaging;
  const { metrics } = cloudWatch;
  const lambda = createLambda({ kernel, iam, runner: hosting.runner, writeLog: logs.write, metrics });
  lambda.onDestination(createDestinations(messaging));
  const events = createEvents({ kernel, iam, lambda, sqs, sns, metrics });
  const scheduler = createScheduler({ kernel, iam, lambda, sqs });
  const stepFunctions = createStepFunctions({
    ...{ kernel, iam, events: events.bus, invokeFunction: lambda.invoke },
    logSink: ({ logGroupArn, logStreamName, message }) =>
      logs.write({ logGroupName: logGroupArn, stream: logStreamName, message }),
  });
  countExecutions(kernel, metrics);
  const compute = createCompute(
    { kernel, iam, events, ssm: messaging.ssm, endpoint: hosting.endpointUrl },
    options.behaviour ?? {},
    options.quotas ?? {},
  );
  messaging.ssm.connect({ events: events.bus, imageState: (imageId) => compute.ec2.image(imageId)?.state });
  const cloudFormation = createCloudFormation({ kernel });
  const parts = { ...messaging, ...compute, lambda, events, scheduler, stepFunctions, cloudFormation };
  const front = createFront({
    ...{
      kernel,
      iam,
      services: [
        ...servicesOf(parts),
        ...[createSts, createIamService].map((create) => create({ kernel, iam }).service),
      ],
    },
    onKill: (functionName, key) => lambda.kill({ functionName, key }),
  });
  const responses = createResponseInbox(kernel, hosting.endpointUrl);
  hosting.openAccount(responses.infrontOf(front));

  return {
    ...{ kernel, ...parts, front, responses, endpoint: hosting.endpointUrl },
    addCluster: (spec) => addCluster({ kernel, lambda, eks: compute.eks }, hosting, spec),
    close: hosting.close,
  };
}

function createKernel({ identity, startsAt, seed, pace, timings, clientClock }: AccountOptions): Kernel {
  const clock = createClock(startsAt, pace);
  return {
    ...{ identity, clock, random: createRandomness(seed), log: createEventLog(clock) },
    timings: { ...defaultTimings, ...timings },
    faults: createFaults(),
    ...(clientClock === undefined ? {} : { clientClock }),
  };
}

function createMessaging(kernel: Kernel, behaviour: Behaviour) {
  const iam = createIam({ kernel });
  const kms = createKms({ kernel, iam });
  const sqs = createSqs({ kernel, iam, kms });
  const sns = createSns({ kernel, iam, kms, sqs });
  const cloudWatch = createCloudWatch({ kernel, sns, sqs });
  const logs = createLogs({ kernel, iam, kms, metrics: cloudWatch.metrics });
  const s3 = createS3({ kernel, iam, kms });
  const ssm = createSsm({ kernel, kms, iam, behaviour: behaviour.ssm });
  return { iam, kms, sqs, sns, cloudWatch, logs, s3, ssm };
}

function createCompute(
  { kernel, iam, events, ssm, endpoint }: Pick<Account, 'kernel' | 'iam' | 'events' | 'ssm' | 'endpoint'>,
  behaviour: Behaviour,
  quotas: Partial<Ec2Quotas>,
) {
  const as = <Part extends keyof Behaviour>(part: Part) => behaviour[part] && { behaviour: behaviour[part] };
  const ec2 = createEc2({
    ...{ kernel, iam, events: events.bus, quotas, ssmParameter: (name) => ssm.parameters.get(name)?.value },
    ...as('ec2'),
  });
  const autoScaling = createAutoScaling({ kernel, ec2, events: events.bus, iam, ...as('autoScaling') });
  const imageBuilder = createImageBuilder({ kernel, events: events.bus, ...as('imageBuilder') });
  const eks = createEks({
    ...{ kernel, iam, ec2, autoScaling, endpointUrl: endpoint, parameters: ssm.parameters },
    ...as('eks'),
  });
  return { ec2, autoScaling, imageBuilder, eks };
}

function servicesOf(parts: Omit<Account, 'kernel' | 'front' | 'responses' | 'endpoint' | 'addCluster' | 'close'>) {
  const { ec2, autoScaling, imageBuilder, eks, lambda, stepFunctions, events, sns, sqs, s3, ssm } = parts;
  const { cloudWatch, logs, cloudFormation } = parts;
  const called = [
    ec2,
    autoScaling,
    imageBuilder,
    eks,
    lambda,
    stepFunctions,
    events,
    sns,
    sqs,
    s3,
    ssm,
    cloudWatch,
    logs,
    cloudFormation,
  ];
  return called.map(({ service }) => service);
}

/** Where events go that a function failed to handle: as the function's own role, to a queue or a topic. */
function createDestinations({ sqs, sns }: Pick<Account, 'sqs' | 'sns'>): Parameters<Lambda['onDestination']>[0] {
  return ({ destinationArn, body, caller }) => {
    if (destinationArn.split(':')[2] === 'sqs') sqs.send({ queueArn: destinationArn, body, caller });
    else sns.publish({ topicArn: destinationArn, message: body, caller });
  };
}

async function addCluster(
  { kernel, lambda, eks }: Pick<Account, 'kernel' | 'lambda' | 'eks'>,
  hosting: FunctionHosting,
  { name, version, subnetIds, createdAt, guests = {}, outside = [] }: NewCluster,
): Promise<Cluster> {
  const kubernetes = await createCluster({
    ...{ kernel, name, version, guests, outside },
    authenticate: eks.authenticateFor(name),
    identityOf: eks.identityFor(name),
    onKill: (functionName, key) => lambda.kill({ functionName, key }),
  });
  const endpoint = await hosting.openCluster(kubernetes);
  eks.addCluster({ kubernetes, endpoint, subnetIds, authenticationMode: 'API', createdAt });
  return kubernetes;
}
