import { describe, expect, it } from 'vitest';
import { aCluster, addNode, aGuest, minute } from './a-cluster.ts';

const curl = (url: string, ...options: readonly string[]) => ['curl.exe', '--silent', '--insecure', ...options, url];
const api = 'https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)/version';
const patience = ['--connect-timeout', '10', '--retry', '2', '--retry-delay', '5'];

type Terminated = { exitCode: number; reason: string; message?: string };
type Options = {
  readonly defect?: 'no-service-routing';
  readonly outside?: readonly string[];
  readonly minutes?: number;
};

/** How the command ends in a container on a node. */
async function end(command: readonly string[], { defect, outside = [], minutes = 5 }: Options = {}) {
  const world = await aCluster({ cluster: { outside } });
  const { privateDnsName: nodeName } = addNode(world, 1, { guest: aGuest(defect && { defect }) });
  await world.call('POST', '/api/v1/namespaces/default/pods', {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'once' } },
    spec: {
      ...{ nodeName, nodeSelector: { 'kubernetes.io/os': 'windows' }, restartPolicy: 'Never' },
      containers: [{ name: 'one', image: 'web:1', command }],
    },
  });
  await world.pass(minutes * minute);
  const { body } = await world.call('GET', '/api/v1/namespaces/default/pods/once');
  const status = body.status as {
    phase: string;
    containerStatuses: [
      { state: { running?: { startedAt: string }; terminated?: Terminated & { finishedAt: string } } },
    ];
  };
  return { phase: status.phase, ...status.containerStatuses[0].state };
}

describe('curl in a container', () => {
  it.each([
    { case: 'the ClusterIP of the API server', url: api, exitCode: 0 },
    { case: 'its full name', url: 'https://kubernetes.default.svc.cluster.local/version', exitCode: 0 },
    // A Windows pod has one suffix, that of its own namespace.
    { case: 'a name that only Linux pods resolve', url: 'https://kubernetes.default.svc/version', exitCode: 6 },
    { case: 'a Service that does not exist', url: 'https://shop.default.svc.cluster.local/', exitCode: 6 },
    {
      case: 'a port that the Service does not have',
      url: 'https://kubernetes.default.svc.cluster.local:80/',
      exitCode: 28,
    },
    { case: 'an address outside', url: 'https://10.0.5.20:1433/', exitCode: 0 },
    { case: 'a name outside', url: 'https://files.example.internal/', exitCode: 0 },
    { case: 'another port there', url: 'https://10.0.5.20:1434/', exitCode: 28 },
    { case: 'a name outside that is nowhere', url: 'https://nowhere.example.internal/', exitCode: 6 },
  ])('ends with $exitCode for $case', async ({ url, exitCode }) => {
    const outside = ['10.0.5.20:1433', 'files.example.internal:443'];
    const { phase, terminated } = await end(curl(url, ...patience), { outside });
    expect(terminated).toMatchObject({ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' });
    expect(phase).toBe(exitCode === 0 ? 'Succeeded' : 'Failed');
  });

  it.each([
    { case: 'the ClusterIP', url: api, exitCode: 28 },
    { case: 'a name, whose resolver is behind a ClusterIP', url: 'https://files.example.internal/', exitCode: 28 },
    { case: 'an address outside', url: 'https://10.0.5.20:1433/', exitCode: 0 },
  ])('on a node without service routing ends with $exitCode for $case', async ({ url, exitCode }) => {
    const outside = ['10.0.5.20:1433', 'files.example.internal:443'];
    const { terminated } = await end(curl(url, ...patience), { outside, defect: 'no-service-routing' });
    expect(terminated?.exitCode).toBe(exitCode);
  });

  it('tries as often, and for as long, as it was told', async () => {
    // Three times ten seconds and two pauses of five: it still runs after thirty.
    const silent = curl('https://10.9.9.9:443/', ...patience);
    expect((await end(silent, { minutes: 0.6 })).terminated).toBeUndefined();
    expect((await end(silent, { minutes: 1.2 })).terminated?.exitCode).toBe(28);
  });

  it.each([
    { case: 'another program', command: ['powershell.exe', '-Command', 'exit 0'], says: 'powershell.exe' },
    { case: 'an option that is not known', command: curl(api, '--http3'), says: '--http3' },
    { case: 'another protocol', command: curl('telnet://10.0.5.20:1433'), says: 'telnet:' },
    { case: 'certificates that would be looked at', command: ['curl.exe', api], says: '--insecure' },
  ])('is refused loudly: $case', async ({ command, says }) => {
    const { phase, terminated } = await end(command);
    expect(phase).toBe('Failed');
    expect(terminated).toMatchObject({ exitCode: 128, reason: 'StartError', message: expect.stringContaining(says) });
  });
});
