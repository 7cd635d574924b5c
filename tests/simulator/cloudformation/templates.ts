import { deploy } from '../../../simulator/cloudformation/deploy.ts';
import { zipOf } from '../../support/zip.ts';
import { anAccount } from './account.ts';

export const workerZip = zipOf({ 'index.mjs': 'export const handler = async () => null;' });

type Rest = {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly account?: ReturnType<typeof anAccount>;
  readonly [section: string]: unknown;
};

/** Deploys these resources, with whatever other sections the template has. */
export async function deployed(Resources: object, { parameters = {}, account = anAccount(), ...sections }: Rest = {}) {
  const template = { Resources, ...sections };
  const stack = await deploy({ account, template, stackName: 'stack', parameters, artifacts: () => workerZip });
  return { account, stack };
}

export const queue = (properties: object = {}, rest: object = {}) => ({
  Type: 'AWS::SQS::Queue',
  Properties: properties,
  ...rest,
});

/** A queue whose name is what a value resolves to. */
export const named = (QueueName: unknown) => ({ Queue: queue({ QueueName }) });

export const trusting = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});

export const role = (service: string, properties: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: trusting(service), ...properties },
});

export const workerFunction = (properties: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: 'worker',
    Code: { S3Bucket: 'b', S3Key: 'worker.zip' },
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Role: { 'Fn::GetAtt': ['WorkerRole', 'Arn'] },
    Architectures: ['arm64'],
    ...properties,
  },
});
