import type { Suite } from './check.ts';
import { autoscaling } from './suites/autoscaling.ts';
import { cloudformation } from './suites/cloudformation.ts';
import { cloudwatch } from './suites/cloudwatch.ts';
import { ec2 } from './suites/ec2.ts';
import { eks } from './suites/eks.ts';
import { events } from './suites/events.ts';
import { iam } from './suites/iam.ts';
import { imagebuilder } from './suites/imagebuilder.ts';
import { lambda } from './suites/lambda.ts';
import { logs } from './suites/logs.ts';
import { s3 } from './suites/s3.ts';
import { sns } from './suites/sns.ts';
import { sqs } from './suites/sqs.ts';
import { ssm } from './suites/ssm.ts';
import { stepfunctions } from './suites/stepfunctions.ts';
import { sts } from './suites/sts.ts';

/** One suite for each service that has a model. */
export const suites: readonly Suite[] = [
  ...[autoscaling, cloudformation, cloudwatch, ec2, eks, events, iam, imagebuilder],
  ...[lambda, logs, s3, sns, sqs, ssm, stepfunctions, sts],
];
