import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openServer, PortTaken, type Server } from '../../../scripts/simulator/server.ts';
import { pathOfScenario } from '../../../scripts/start/scenario-files.ts';
import { loadScenario } from '../../../simulator/scenario/load.ts';

let server: Server;
const told: string[] = [];
const open = async (port: number) =>
  openServer(await loadScenario(await pathOfScenario('tiny-month')), {
    ...{ port, speed: 600, tell: (line: string) => told.push(line) },
  });
beforeAll(async () => {
  server = await open(0);
}, 120_000);
afterAll(() => server.close());

const client = () => {
  const { endpoint, region, credentials } = server.document;
  return { endpoint, region, credentials, maxAttempts: 1 };
};

type Kubeconfig = {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly {
    readonly user: { readonly exec: { readonly args: string[]; readonly env: { name: string; value: string }[] } };
  }[];
};
const kubeconfig = () => parse(readFileSync(server.document.clusters[0]?.kubeconfig ?? '', 'utf8')) as Kubeconfig;

/** What kubectl does with a kubeconfig: runs the program for a token, and asks. */
async function askKubernetes(path: string, token: string): Promise<{ status: number; body: string }> {
  const { server: url = '', 'certificate-authority-data': ca = '' } = kubeconfig().clusters[0]?.cluster ?? {};
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, {
      ca: Buffer.from(ca, 'base64'),
      headers: { authorization: `Bearer ${token}` },
    });
    asked.on('error', reject).on('response', (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    asked.end();
  });
}

function tokenOf(cluster: string, changed: Readonly<Record<string, string>> = {}): string {
  const given = kubeconfig().users[0]?.user.exec.env ?? [];
  const env = { ...Object.fromEntries(given.map(({ name, value }) => [name, value])), ...changed };
  const script = join(import.meta.dirname, '../../../scripts/simulator/token.ts');
  const printed = execFileSync(process.execPath, [script, cluster], { env, encoding: 'utf8' });
  return (JSON.parse(printed) as { status: { token: string } }).status.token;
}

describe('the account as a server', () => {
  it('knows the administrator whose keys it prints', async () => {
    await expect(new STSClient(client()).send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
      Arn: 'arn:aws:iam::111122223333:user/Administrator',
      UserId: expect.stringMatching(/^AIDA/),
    });
  });

  it('takes signatures of this machine, however far its own clock has run', async () => {
    await server.stage.account.kernel.clock.sleep(3_600_000);
    const { kernel } = server.stage.account;
    expect(kernel.clock.now() - Date.now()).toBeGreaterThan(30 * 60_000);
    await expect(new AutoScalingClient(client()).send(new DescribeAutoScalingGroupsCommand({}))).resolves.toMatchObject(
      {
        AutoScalingGroups: expect.arrayContaining([expect.objectContaining({ AutoScalingGroupName: 'web' })]),
      },
    );
  });

  it('describes its clusters as it prints them', async () => {
    const [cluster] = server.document.clusters;
    await expect(
      new EKSClient(client()).send(new DescribeClusterCommand({ name: cluster?.name })),
    ).resolves.toMatchObject({ cluster: { endpoint: cluster?.endpoint } });
  });

  it('lets the administrator into Kubernetes with the token of a kubeconfig', async () => {
    const reply = await askKubernetes('/api/v1/nodes', tokenOf('shop'));
    expect(reply.status).toBe(200);
    expect((JSON.parse(reply.body) as { items: unknown[] }).items).toHaveLength(4);
  });

  it('refuses a token for another cluster and one of nobody, and says why', async () => {
    expect(await askKubernetes('/api/v1/nodes', tokenOf('other'))).toMatchObject({ status: 401 });
    expect(told.at(-2)).toContain('SignatureDoesNotMatch');
    expect(await askKubernetes('/api/v1/nodes', tokenOf('shop', { AWS_ACCESS_KEY_ID: 'AKIAX' }))).toMatchObject({
      status: 401,
    });
    expect(told.at(-2)).toContain('InvalidClientTokenId');
  });

  it('runs the stack: an execution that somebody starts goes on while nobody calls', async () => {
    const sfn = new SFNClient(client());
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
    const machine = stateMachines.find(({ name }) => name?.endsWith('patch-fleet'));
    const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
    const input = JSON.stringify({ imageArn, dryRun: true });
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: machine?.stateMachineArn, input }),
    );
    await server.stage.account.kernel.clock.sleep(600_000);
    await expect(sfn.send(new DescribeExecutionCommand({ executionArn }))).resolves.toMatchObject({
      status: 'SUCCEEDED',
    });
  });

  it('tells an unknown role as STS does, with the reason in its journal', async () => {
    const RoleArn = 'arn:aws:iam::111122223333:role/nobody';
    await expect(
      new STSClient(client()).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me' })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(told.at(-1)).toContain('Sts.AssumeRole answered AccessDenied');
  });

  it('refuses a port that somebody has', async () => {
    const port = Number(new URL(server.document.endpoint).port);
    await expect(open(port)).rejects.toThrow(PortTaken);
  });
});

it('closed, it has freed its port and removed its files', async () => {
  const other = await open(0);
  const { endpoint, clusters } = other.document;
  await other.close();

  expect(clusters.map(({ kubeconfig }) => existsSync(kubeconfig))).toEqual([false]);
  await expect(fetch(endpoint)).rejects.toThrow();
  await expect(other.stopped).resolves.toBeUndefined();
}, 120_000);
