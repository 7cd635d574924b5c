import type { Iam } from '../iam/iam.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { CloudFormation } from '../services/cloudformation.ts';
import type { CloudWatch } from '../services/cloudwatch.ts';
import type { Events } from '../services/events.ts';
import type { Kms } from '../services/kms.ts';
import type { Lambda } from '../services/lambda.ts';
import type { Logs } from '../services/logs.ts';
import type { S3 } from '../services/s3.ts';
import type { Scheduler } from '../services/scheduler.ts';
import type { Sns } from '../services/sns.ts';
import type { Sqs } from '../services/sqs.ts';
import type { StepFunctions } from '../services/stepfunctions.ts';
import type { ResponseInbox } from './response-inbox.ts';

/** The parts of the account that stacks create resources in. */
export type Account = {
  readonly kernel: Kernel;
  readonly iam: Pick<
    Iam,
    'createRole' | 'deleteRole' | 'roles' | 'putRolePolicy' | 'deleteRolePolicy' | 'setResourcePolicy'
  >;
  readonly lambda: Pick<
    Lambda,
    | 'createFunction'
    | 'deleteFunction'
    | 'publishVersion'
    | 'addPermission'
    | 'removePermission'
    | 'setEventInvokeConfig'
    | 'invokeAsync'
  >;
  readonly stepFunctions: Pick<StepFunctions, 'createStateMachine' | 'deleteStateMachine'>;
  readonly events: Pick<Events, 'rules'>;
  readonly scheduler: Pick<Scheduler, 'createSchedule' | 'deleteSchedule'>;
  readonly sqs: Pick<Sqs, 'createQueue' | 'deleteQueue' | 'setPolicy' | 'queue'>;
  readonly sns: Pick<Sns, 'createTopic' | 'deleteTopic' | 'setPolicy' | 'subscribe' | 'unsubscribe'>;
  readonly s3: Pick<S3, 'createBucket' | 'deleteBucket' | 'setPolicy'>;
  readonly kms: Pick<Kms, 'createKey' | 'deleteKey' | 'createAlias' | 'deleteAlias'>;
  readonly cloudWatch: Pick<CloudWatch, 'alarms'>;
  readonly logs: Pick<Logs, 'createLogGroup' | 'deleteLogGroup'>;
  readonly responses: Pick<ResponseInbox, 'open'>;
  readonly cloudFormation: Pick<CloudFormation, 'add'>;
};
