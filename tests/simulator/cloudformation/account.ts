import type { Account } from '../../../simulator/cloudformation/account.ts';
import { createResponseInbox } from '../../../simulator/cloudformation/response-inbox.ts';
import { createIam } from '../../../simulator/iam/iam.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { createCloudFormation } from '../../../simulator/services/cloudformation.ts';
import { createCloudWatch } from '../../../simulator/services/cloudwatch.ts';
import { createEvents, type Disturbance } from '../../../simulator/services/events.ts';
import { createKms } from '../../../simulator/services/kms.ts';
import { createLambda } from '../../../simulator/services/lambda.ts';
import { createLogs } from '../../../simulator/services/logs.ts';
import { createS3 } from '../../../simulator/services/s3.ts';
import { createScheduler } from '../../../simulator/services/scheduler.ts';
import { createSns } from '../../../simulator/services/sns.ts';
import { createSqs } from '../../../simulator/services/sqs.ts';
import { createStepFunctions } from '../../../simulator/services/stepfunctions.ts';
import { aKernel } from '../../support/kernel.ts';

/** The account's own services around functions that answer `null` at once; what they got is in `invocations`. */
export function anAccount(
  options: {
    readonly kernel?: Kernel;
    readonly disturb?: Disturbance;
    /** What a function does with what it got, beside answering. */
    readonly work?: (payload: unknown) => void;
  } = {},
) {
  const kernel = options.kernel ?? aKernel();
  const invocations: { readonly functionName: string; readonly payload: unknown }[] = [];
  const iam = createIam({ kernel });
  const kms = createKms({ kernel, iam });
  const sqs = createSqs({ kernel, iam, kms });
  const sns = createSns({ kernel, iam, kms, sqs });
  const cloudWatch = createCloudWatch({ kernel, sns, sqs });
  const { metrics } = cloudWatch;
  const logs = createLogs({ kernel, iam, kms, metrics });
  const s3 = createS3({ kernel, iam, kms });
  const lambda = createLambda({
    kernel,
    iam,
    metrics,
    writeLog: logs.write,
    runner: {
      endpointUrl: 'http://localhost',
      start: ({ functionName }) => ({
        invoke({ payload }, settle) {
          invocations.push({ functionName, payload: JSON.parse(payload) });
          options.work?.(JSON.parse(payload));
          kernel.clock.after(1, () => settle({ kind: 'returned', payload: 'null' }));
        },
        destroy: () => {},
      }),
      kill: () => {},
      close: async () => {},
    },
  });
  const { disturb } = options;
  const events = createEvents({ kernel, iam, lambda, sqs, sns, metrics, ...(disturb !== undefined && { disturb }) });
  const stepFunctions = createStepFunctions({
    kernel,
    iam,
    events: events.bus,
    invokeFunction: lambda.invoke,
    logSink: ({ logGroupArn, logStreamName, message }) =>
      logs.write({ logGroupName: logGroupArn, stream: logStreamName, message }),
  });
  const scheduler = createScheduler({ kernel, iam, lambda, sqs });
  const responses = createResponseInbox(kernel, 'http://localhost');
  const account = {
    kernel,
    responses,
    cloudFormation: createCloudFormation({ kernel }),
    iam,
    kms,
    sqs,
    sns,
    cloudWatch,
    logs,
    s3,
    lambda,
    events,
    stepFunctions,
    scheduler,
  } satisfies Account;
  return { ...account, responses, invocations };
}

/** Lets the account's time pass. */
export async function pass(kernel: Kernel, milliseconds: number): Promise<void> {
  let isOver = false;
  kernel.clock.after(milliseconds, () => {
    isOver = true;
  });
  await kernel.clock.run(() => isOver);
}
