import type { Endpoint } from './endpoint.ts';
import type { Fields } from './fields.ts';
import { createJsonClient } from './json-client.ts';
import { modelOf } from './model.ts';
import { createQueryClient } from './query-client.ts';
import { createSdkClient } from './sdk-client.ts';
import type { HttpAnswer } from './transport.ts';

/** An answer as the client read it, and as it came. */
export type Answered = { readonly output: Fields; readonly wire: HttpAnswer };

/** Calls operations of one service. @throws {Refused | Unreachable} */
export type ServiceClient = (operation: string, input: Fields) => Promise<Answered>;

/** The service answered with an error. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** The name that the SDK gives the error and the code on the wire, where they differ. */
  readonly codes: readonly string[];
  readonly status: number;

  constructor(codes: readonly string[], status: number, message: string) {
    super(`${codes.join(' or ')} (${status}): ${message}`);
    this.codes = codes;
    this.status = status;
  }
}

type Load = () => Promise<Readonly<Record<string, unknown>>>;

/** The SDK clients that this project has. The other services speak JSON or simple forms, which need no encoder. */
const packages: Readonly<Record<string, readonly [clientName: string, load: Load]>> = {
  autoscaling: ['AutoScalingClient', () => import('@aws-sdk/client-auto-scaling')],
  ec2: ['EC2Client', () => import('@aws-sdk/client-ec2')],
  eks: ['EKSClient', () => import('@aws-sdk/client-eks')],
  events: ['EventBridgeClient', () => import('@aws-sdk/client-eventbridge')],
  imagebuilder: ['ImagebuilderClient', () => import('@aws-sdk/client-imagebuilder')],
  lambda: ['LambdaClient', () => import('@aws-sdk/client-lambda')],
  s3: ['S3Client', () => import('@aws-sdk/client-s3')],
  sns: ['SNSClient', () => import('@aws-sdk/client-sns')],
  stepfunctions: ['SFNClient', () => import('@aws-sdk/client-sfn')],
  sts: ['STSClient', () => import('@aws-sdk/client-sts')],
};

/** A client that shares no code with the simulator's side of the wire. */
export async function createServiceClient(service: string, endpoint: Endpoint): Promise<ServiceClient> {
  const [clientName, load] = packages[service] ?? [];
  if (clientName !== undefined && load !== undefined) return createSdkClient(await load(), clientName, endpoint);
  const model = modelOf(service);
  return model.metadata.protocol === 'query' ? createQueryClient(model, endpoint) : createJsonClient(model, endpoint);
}
