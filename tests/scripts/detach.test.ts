import { AutoScalingClient, PutLifecycleHookCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { V1Node } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectApiServer } from '../../functions/adapters/api-server.ts';
import { drainRecordsIn } from '../../functions/adapters/drain-records.ts';
import { describeAmi, markImage } from '../../functions/adapters/ec2-images.ts';
import { setAside } from '../../functions/adapters/node-cordons.ts';
import { runFilesIn } from '../../functions/adapters/run-files.ts';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import { newDrainRecord } from '../../functions/domain/drain-record.ts';
import { requireTemplate } from '../../functions/domain/state-file.ts';
import { findRunBucket } from '../../scripts/detach/find-run-bucket.ts';
import { main } from '../../scripts/detach/main.ts';
import { openServer, type Server } from '../../scripts/simulator/server.ts';
import { pathOfScenario } from '../../scripts/start/scenario-files.ts';
import { loadScenario } from '../../simulator/scenario/load.ts';

const oldAmi = 'ami-0a1b2c3d4e5f60001';
const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
const leases = '/apis/coordination.k8s.io/v1/namespaces/reglaze/leases';
const pods = '/api/v1/namespaces/reglaze/pods';
/** Waits for a node that does not exist. */
const testPod = {
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name: 'smoke-test-left', labels: { 'app.kubernetes.io/managed-by': 'reglaze' } },
  spec: { nodeSelector: { 'never/there': 'yes' }, containers: [{ name: 'test', image: 'servercore' }] },
};
const exclude = 'node.kubernetes.io/exclude-from-external-load-balancers';

let server: Server;
let bucket: string;
beforeAll(async () => {
  const scenario = await loadScenario(await pathOfScenario('tiny-month'));
  server = await openServer(scenario, { port: 0, speed: 900, tell: () => {} });
  const { endpoint, region, credentials } = server.document;
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_REGION', region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  bucket = (await findRunBucket('live')) ?? '';
}, 240_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

/** `npm run detach` with these arguments, as the account's administrator. */
async function detach(...argv: string[]) {
  const lines: string[] = [];
  const complaints: string[] = [];
  const exitCode = await main(argv, { print: (line) => lines.push(line), complain: (line) => complaints.push(line) });
  return { exitCode, printed: lines.join('\n'), complained: complaints.join('\n') };
}

const group = (name: string) => server.stage.account.autoScaling.group(name);
const nodes = async () =>
  ((await (await connectApiServer('shop', undefined)).get('/api/v1/nodes')) as { items: V1Node[] }).items;
const taintsOf = ({ spec }: V1Node) => (spec?.taints ?? []).map(({ key }) => key);

const imageOfLatest = (templateId: string) =>
  server.stage.account.ec2.launchTemplate({ LaunchTemplateId: templateId }, '$Latest').data.ImageId;

/** Sets the node of an instance aside as a drain does; answers its name. */
async function cordon(instanceId: string): Promise<string> {
  const node = (await nodes()).find(({ spec }) => spec?.providerID?.endsWith(instanceId));
  const path = `/api/v1/nodes/${node?.metadata?.name}`;
  const body = { metadata: { labels: { [exclude]: '' } }, spec: { unschedulable: true } };
  const api = await connectApiServer('shop', undefined);
  const contentType = 'application/merge-patch+json';
  expect(await api.send({ method: 'PATCH', path, body, contentType })).toMatchObject({ status: 200 });
  return node?.metadata?.name ?? '';
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let waited = 0; !(await isSo()); waited += 1) {
    if (waited > 600) throw new Error('It did not come about within ten hours.');
    await server.stage.account.kernel.clock.sleep(60_000);
  }
}

async function startRun(): Promise<string> {
  const sfn = new SFNClient({});
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
  const machine = stateMachines.find(({ name }) => name?.endsWith('patch-fleet'));
  const input = JSON.stringify({ imageArn });
  const { executionArn = '' } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn: machine?.stateMachineArn, input }),
  );
  return executionArn;
}
const isOver = async (executionArn: string) =>
  (await new SFNClient({}).send(new DescribeExecutionCommand({ executionArn }))).status !== 'RUNNING';

describe('npm run detach', () => {
  it('tells what there is, and changes nothing unless it is told to', async () => {
    const { exitCode, printed } = await detach('--node-group', 'web');
    expect(exitCode).toBe(0);
    expect(printed).toContain('  shop/web\n    tag reglaze:channel = windows-2022-core');
    expect(printed).toContain('Nothing was changed.');
    expect(printed).not.toContain('orders');
    expect(group('web')?.tags).toMatchObject({ 'reglaze:channel': 'windows-2022-core' });
  });

  it('leaves a group to the run that has it, and with --force leaves nothing that anybody puts back', async () => {
    const executionArn = await startRun();
    await until(async () => {
      const tainted = (await nodes()).filter((node) => taintsOf(node).includes('reglaze.dev/outdated'));
      return tainted.length > 0 && group('web')?.activeRefresh !== undefined;
    });

    const refused = await detach('--yes');
    expect(refused).toMatchObject({ exitCode: 1, complained: expect.stringContaining('RolloutRunning: shop/web') });
    expect(group('web')?.hooks).toContain('reglaze-admit');

    // A step that is at it at the very moment may be quicker than the first call.
    await until(async () => (await detach('--yes', '--force')).exitCode === 0);
    await until(() => isOver(executionArn));
    await server.stage.account.kernel.clock.sleep(3_600_000);

    const again = await detach('--yes');
    expect(again).toMatchObject({
      exitCode: 0,
      printed: expect.stringContaining('Nothing of reglaze is left; 2 node'),
    });
    for (const each of [group('web'), group('orders')]) {
      expect(each?.hooks).toEqual([]);
      expect(Object.keys(each?.tags ?? {})).toEqual(['kubernetes.io/cluster/shop']);
      expect(each?.activeRefresh).toBeUndefined();
      expect(each?.instances.map(({ state }) => state)).toEqual(['InService', 'InService']);
    }
    expect((await nodes()).flatMap(taintsOf).filter((key) => key.startsWith('reglaze'))).toEqual([]);
  }, 120_000);

  it('gives an alias back, so that it stands for the AMI that the group has proved', async () => {
    const states = runFilesIn(() => bucket);
    const stored = await states.findState({ cluster: 'shop', nodeGroup: 'web' });
    if (stored === undefined) throw new Error('The run has left no state.');
    const template = requireTemplate(stored.state);
    const { id } = template.launchTemplate;
    const before = { ...template, follows: '$Latest' as const };
    await stored.save({ ...stored.state, phase: 'rolling', before, unit: { others: [], pin: 'set' } });
    expect(imageOfLatest(id)).not.toBe(oldAmi);

    const { exitCode, printed } = await detach('--yes');
    expect(printed).toContain(`of ${id} in place of $Latest`);
    expect(exitCode).toBe(0);
    expect(group('web')?.launchTemplate?.Version).toBe('$Latest');
    expect(imageOfLatest(id)).toBe(oldAmi);
    expect((await detach('--yes')).printed).toContain('Nothing of reglaze is left');
  }, 60_000);

  it('takes Leases, marks of AMIs and its own cordons away, and leaves the cordons of others', async () => {
    const [ours = '', theirs = ''] = (group('web')?.instances ?? []).map(({ instanceId }) => instanceId);
    const [ourNode, theirNode] = [await cordon(ours), await cordon(theirs)];
    const now = new Date().toISOString();
    const drain = { cluster: 'shop', nodeGroup: 'web', instanceId: ours, startedAt: now } as DrainInput;
    await drainRecordsIn(() => bucket).create({ ...newDrainRecord(drain, ourNode), cordonedAt: now });
    await markImage(oldAmi, { key: 'reglaze:failed-smoke-test', value: '2026-05-16T05:00:00Z cluster-dns' });
    const api = await connectApiServer('shop', undefined);
    const labels = { 'reglaze.dev/node-group': 'of-a-group-that-is-gone', 'reglaze.dev/turn': 'slot' };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'drain-gone-0', labels } };
    expect(await api.send({ method: 'POST', path: leases, body: lease })).toMatchObject({ status: 201 });
    expect(await api.send({ method: 'POST', path: pods, body: testPod })).toMatchObject({ status: 201 });

    const [pooled] = (await nodes()).filter(({ metadata }) => ![ourNode, theirNode].includes(metadata?.name ?? ''));
    if (pooled === undefined) throw new Error('There is no third node.');
    await setAside(api, pooled, { returns: true });

    const { exitCode, printed } = await detach('--yes');
    const [listed, after] = printed.split('After:');
    expect(listed).toContain(`cordon of node ${ourNode}`);
    expect(listed).toContain(`cordon of node ${pooled.metadata?.name}, set aside for a warm pool`);
    expect(listed).not.toContain(theirNode);
    expect(listed).toContain('Lease drain-gone-0');
    expect(listed).toContain('pod smoke-test-left');
    expect(listed).toContain(`of ${oldAmi}`);
    expect({ exitCode, after }).toEqual({ exitCode: 0, after: expect.stringContaining('nothing of reglaze is left') });
    const stillAside = (await nodes()).filter(
      (node) => node.spec?.unschedulable || node.metadata?.labels?.[exclude] !== undefined,
    );
    expect(stillAside.map(({ metadata }) => metadata?.name)).toEqual([theirNode]);
    expect(await api.get(`${leases}/drain-gone-0`)).toBeUndefined();
    expect(await api.get(`${pods}/smoke-test-left`)).toBeUndefined();
    expect((await describeAmi(oldAmi)).failedSmokeTest).toBeUndefined();
  }, 60_000);

  it('does not take the hook away from under nodes that drain', async () => {
    // Without metadata nobody answers it.
    await new AutoScalingClient({}).send(
      new PutLifecycleHookCommand({
        ...{ AutoScalingGroupName: 'web', LifecycleHookName: 'reglaze-drain', HeartbeatTimeout: 7200 },
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      }),
    );
    const [instance] = group('web')?.instances ?? [];
    server.stage.account.autoScaling.terminateInstance(instance?.instanceId ?? '', { decrement: false });
    await until(() => group('web')?.instances.some(({ state }) => state === 'Terminating:Wait') ?? false);
    const { exitCode, complained } = await detach('--yes', '--cluster', 'shop');
    expect({ exitCode, complained }).toEqual({
      exitCode: 1,
      complained: expect.stringContaining(`NodesDraining: ${instance?.instanceId} of shop/web`),
    });
    expect(group('web')?.hooks).toEqual(['reglaze-drain']);
  }, 60_000);

  it('says what is wrong with how it is called', async () => {
    expect(await detach('--cluser', 'shop')).toMatchObject({
      exitCode: 2,
      complained: expect.stringContaining('--cluser'),
    });
    expect(await detach('--bucket', 'nobodys')).toMatchObject({
      exitCode: 1,
      complained: expect.stringMatching(/^NoSuchBucket/),
    });
    expect(await detach('--help')).toMatchObject({
      exitCode: 0,
      printed: expect.stringContaining('Usage: npm run detach'),
    });
  });
});
