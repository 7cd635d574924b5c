import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as ec2 from '@aws-sdk/client-ec2';
import * as eks from '@aws-sdk/client-eks';
import * as imagebuilder from '@aws-sdk/client-imagebuilder';
import * as s3 from '@aws-sdk/client-s3';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as sts from '@aws-sdk/client-sts';
import type { WireRequest, WireResponse } from '../../../simulator/kernel/wire.ts';

type SmithyRequest = {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};
type AnyClient = { send: (command: unknown) => Promise<Record<string, unknown>> };
type Package = Readonly<Record<string, unknown>>;

/** The unchanged SDK clients by the name of their model. */
const packages: Readonly<Record<string, readonly [Package, string]>> = {
  autoscaling: [autoScaling, 'AutoScalingClient'],
  ec2: [ec2, 'EC2Client'],
  eks: [eks, 'EKSClient'],
  imagebuilder: [imagebuilder, 'ImagebuilderClient'],
  s3: [s3, 'S3Client'],
  sns: [sns, 'SNSClient'],
  stepfunctions: [sfn, 'SFNClient'],
  sts: [sts, 'STSClient'],
};

export const sdkModels = Object.keys(packages);

/** Sends one operation through an SDK client whose HTTP layer is `answer`. */
export async function sendThrough(
  modelName: string,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  answer: (request: WireRequest) => WireResponse,
): Promise<Record<string, unknown>> {
  const [library, clientName] = packages[modelName] ?? [{}, ''];
  const Client = library[clientName] as new (config: unknown) => AnyClient;
  const Command = library[`${operation}Command`] as new (input: unknown) => unknown;
  const client = new Client({
    region: 'eu-central-1',
    endpoint: 'http://127.0.0.1:9',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: SmithyRequest) => {
        const { status, headers, body } = answer(await wireRequestOf(request));
        return { response: { statusCode: status, headers, body: new Blob([body as Buffer<ArrayBuffer>]).stream() } };
      },
    },
  });
  const { $metadata: _, ...output } = await client.send(new Command(input));
  return output;
}

async function wireRequestOf({ method, path, query = {}, headers, body }: SmithyRequest): Promise<WireRequest> {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((item) => `${encodeURIComponent(name)}=${encodeURIComponent(item)}`),
  );
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const sent = body instanceof Uint8Array ? Buffer.concat([body]) : Buffer.from(String(body ?? ''));
  return {
    method,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers: Object.fromEntries(lower),
    body: sent,
  };
}
