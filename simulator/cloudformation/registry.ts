import type { ResourceType } from './resource-type.ts';
import { alarm } from './resources/cloudwatch.ts';
import { customResource } from './resources/custom.ts';
import { rule } from './resources/events.ts';
import { managedPolicy, role } from './resources/iam.ts';
import { alias, key } from './resources/kms.ts';
import { eventInvokeConfig, lambdaFunction, lambdaPermission, lambdaVersion } from './resources/lambda.ts';
import { logGroup } from './resources/logs.ts';
import { bucket, bucketPolicy } from './resources/s3.ts';
import { schedule } from './resources/scheduler.ts';
import { subscription, topic, topicPolicy } from './resources/sns.ts';
import { queue, queuePolicy } from './resources/sqs.ts';
import { stateMachine } from './resources/states.ts';

/** Every resource type that a stack can hold here. Attributes and properties that a type lacks are refused. */
export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map([
  ['AWS::CloudFormation::CustomResource', customResource],
  ['AWS::CloudWatch::Alarm', alarm],
  ['AWS::Events::Rule', rule],
  ['AWS::IAM::ManagedPolicy', managedPolicy],
  ['AWS::IAM::Role', role],
  ['AWS::KMS::Alias', alias],
  ['AWS::KMS::Key', key],
  ['AWS::Lambda::EventInvokeConfig', eventInvokeConfig],
  ['AWS::Lambda::Function', lambdaFunction],
  ['AWS::Lambda::Permission', lambdaPermission],
  ['AWS::Lambda::Version', lambdaVersion],
  ['AWS::Logs::LogGroup', logGroup],
  ['AWS::S3::Bucket', bucket],
  ['AWS::S3::BucketPolicy', bucketPolicy],
  ['AWS::Scheduler::Schedule', schedule],
  ['AWS::SNS::Subscription', subscription],
  ['AWS::SNS::Topic', topic],
  ['AWS::SNS::TopicPolicy', topicPolicy],
  ['AWS::SQS::Queue', queue],
  ['AWS::SQS::QueuePolicy', queuePolicy],
  ['AWS::StepFunctions::StateMachine', stateMachine],
]);
