import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  AutoScalingClient,
  PutLifecycleHookCommand,
  paginateDescribeAutoScalingGroups,
  SetDesiredCapacityCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { EC2Client, waitUntilInstanceTerminated } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ListObjectsV2Command, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  paginateGetExecutionHistory,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type Server } from '../../../scripts/simulator/server.ts';
import { pathOfScenario } from '../../../scripts/start/scenario-files.ts';
import { loadScenario } from '../../../simulator/scenario/load.ts';

/** What a person does to the served account, with unchanged clients over its port. */
let server: Server;
const told: string[] = [];
beforeAll(async () => {
  server = await openServer(await loadScenario(await pathOfScenario('tiny-month')), {
    ...{ port: 0, speed: 900, tell: (line: string) => told.push(line) },
  });
}, 120_000);
afterAll(() => server.close());

const settings = () => {
  const { endpoint, region, credentials } = server.document;
  return { endpoint, region, credentials, maxAttempts: 1, forcePathStyle: true };
};
const minutes = (count: number) => server.stage.account.kernel.clock.sleep(count * 60_000);

async function groupNamed(name: string) {
  const client = new AutoScalingClient(settings());
  for await (const page of paginateDescribeAutoScalingGroups({ client, pageSize: 1 }, {})) {
    const found = page.AutoScalingGroups?.find((group) => group.AutoScalingGroupName === name);
    if (found !== undefined) return found;
  }
  throw new Error(`There is no group ${name}.`);
}

describe('a run', () => {
  it('is started, stopped and redriven by hand, and its history is one', async () => {
    const sfn = new SFNClient(settings());
    const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
    const input = JSON.stringify({ imageArn });
    const stateMachineArn = server.stage.machineArn('patch-fleet');
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input }));
    const look = () => sfn.send(new DescribeExecutionCommand({ executionArn }));
    await minutes(2);
    await sfn.send(new StopExecutionCommand({ executionArn, error: 'ByHand', cause: 'to see what happens' }));
    expect(await look()).toMatchObject({ status: 'ABORTED', error: 'ByHand', redriveStatus: 'REDRIVABLE' });
    await minutes(60);
    await sfn.send(new RedriveExecutionCommand({ executionArn }));
    expect(await look()).toMatchObject({ status: 'RUNNING', redriveCount: 1 });
    while ((await look()).status === 'RUNNING') await minutes(10);

    const types: string[] = [];
    for await (const page of paginateGetExecutionHistory({ client: sfn, pageSize: 20 }, { executionArn })) {
      types.push(...(page.events ?? []).map(({ type }) => type ?? ''));
    }
    expect(types.filter((type) => /^Execution/.test(type))).toEqual([
      ...['ExecutionStarted', 'ExecutionAborted', 'ExecutionRedriven'],
      expect.stringMatching(/^Execution(Succeeded|Failed)$/),
    ]);
  }, 60_000);

  it('leaves files that a person lists and pages through', async () => {
    const client = new S3Client(settings());
    const Bucket = server.stage.stack.outputs.RunBucketName;
    const all = await client.send(new ListObjectsV2Command({ Bucket }));
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
      keys.push(...Contents.map(({ Key = '' }) => Key));
    }
    expect(keys).toEqual(all.Contents?.map(({ Key }) => Key));
    expect(keys).toContainEqual(expect.stringMatching(/summary\.json$/));
  });
});

describe('a group', () => {
  it('follows a person: its size, a terminated instance, a suspended process, a hook', async () => {
    const client = new AutoScalingClient(settings());
    const named = { AutoScalingGroupName: 'orders' };
    await client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity: 3 }));
    await minutes(15);
    const grown = await groupNamed('orders');
    expect(grown.Instances?.map(({ LifecycleState }) => LifecycleState)).toEqual(Array(3).fill('InService'));

    await client.send(new SuspendProcessesCommand({ ...named, ScalingProcesses: ['Launch'] }));
    const InstanceId = grown.Instances?.[0]?.InstanceId ?? '';
    const ending = { InstanceId, ShouldDecrementDesiredCapacity: false };
    await client.send(new TerminateInstanceInAutoScalingGroupCommand(ending));
    const ec2 = new EC2Client(settings());
    await waitUntilInstanceTerminated(
      { client: ec2, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
      {
        InstanceIds: [InstanceId],
      },
    );
    await minutes(10);
    expect((await groupNamed('orders')).Instances).toHaveLength(2);

    const hook = { LifecycleHookName: 'mine', LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING' };
    const put = (HeartbeatTimeout: number) =>
      client.send(new PutLifecycleHookCommand({ ...named, ...hook, HeartbeatTimeout }));
    await expect(put(29)).rejects.toMatchObject({ name: 'ValidationError' });
    await put(30);
  }, 60_000);
});

it('takes the events of a person, but none in the name of AWS', async () => {
  const event = { Source: 'mine', DetailType: 'A try', Detail: '{}' };
  const Entries = [event, { ...event, Source: 'aws.imagebuilder' }];
  const answer = await new EventBridgeClient(settings()).send(new PutEventsCommand({ Entries }));
  expect(answer).toMatchObject({ FailedEntryCount: 1, Entries: [{ EventId: expect.any(String) }, expect.anything()] });
  expect(answer.Entries?.[1]?.ErrorCode).toBe('NotAuthorizedForSourceException');
});

it.each([
  { case: 'no HTTP', bytes: '\u0000\u0001\r\n\r\n', told: /could not be read/ },
  {
    case: 'a URI that cannot be decoded',
    bytes: 'GET /clusters/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    told: /InvalidURI/,
  },
  {
    case: 'a body that breaks off',
    bytes: 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na',
    told: /aborted/,
  },
  {
    case: 'half a signature',
    bytes: 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\r\n',
    told: /Malformed/,
  },
])('says of $case why it is refused, and stays up', async ({ bytes, told: expected }) => {
  const { hostname, port } = new URL(server.document.endpoint);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(2000, () => socket.destroy());
  socket.write(bytes);
  if (bytes.endsWith('\na')) socket.end();
  await Promise.race([text(socket).catch(() => ''), minutes(60)]);

  await expect.poll(() => told.some((line) => expected.test(line)), { timeout: 5000 }).toBe(true);
  await expect(groupNamed('web')).resolves.toBeDefined();
  expect(told.filter((line) => line.includes('A mistake of the account'))).toEqual([]);
});
