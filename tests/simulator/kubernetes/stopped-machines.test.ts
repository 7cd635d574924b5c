import { describe, expect, it } from 'vitest';
import { aCluster, anInstance, minute, type TestCluster } from './a-cluster.ts';

const path = '/api/v1/nodes/ip-10-0-1-1.us-west-2.compute.internal';
const shutdownTaint = 'node.cloudprovider.kubernetes.io/shutdown';
const running = anInstance();

/** A machine that has been a node, and is stopped. */
async function aStoppedMachine(): Promise<TestCluster> {
  const test = await aCluster();
  test.cluster.onInstance({ type: 'running', instance: running });
  await test.pass(5 * minute);
  test.cluster.onInstance({ type: 'stopping', instance: { ...running, state: 'stopping' } });
  await test.pass(minute);
  test.cluster.onInstance({ type: 'stopped', instance: { ...running, state: 'stopped' } });
  await test.pass(5 * minute);
  return test;
}

async function look(test: TestCluster) {
  const { status, body } = await test.call('GET', path);
  const ready = body.status?.conditions?.find?.(({ type }: { type: string }) => type === 'Ready')?.status;
  const taints: { key: string }[] = body.spec?.taints ?? [];
  return { found: status === 200, ready, isShutDown: taints.some(({ key }) => key === shutdownTaint) };
}

describe('the node of a machine that is stopped', () => {
  it('stays, is not Ready any more, and is tainted as shut down', async () => {
    expect(await look(await aStoppedMachine())).toEqual({ found: true, ready: 'Unknown', isShutDown: true });
  });

  it('is the same one, and Ready without the taint, when the machine is started again', async () => {
    const test = await aStoppedMachine();
    const before = (await test.call('GET', path)).body.metadata.uid;
    test.cluster.onInstance({ type: 'running', instance: running });
    await test.pass(5 * minute);
    expect(await look(test)).toEqual({ found: true, ready: 'True', isShutDown: false });
    expect((await test.call('GET', path)).body.metadata.uid).toBe(before);
    await test.pass(60 * minute);
    expect(await look(test)).toMatchObject({ ready: 'True' });
  });

  it('comes anew when somebody has deleted it meanwhile', async () => {
    const test = await aStoppedMachine();
    await test.call('DELETE', path);
    test.cluster.onInstance({ type: 'running', instance: running });
    await test.pass(10 * minute);
    expect(await look(test)).toEqual({ found: true, ready: 'True', isShutDown: false });
  });

  it('goes when the machine is terminated without being started again', async () => {
    const test = await aStoppedMachine();
    test.cluster.onInstance({ type: 'shutting-down', instance: { ...running, state: 'shutting-down' } });
    test.cluster.onInstance({ type: 'terminated', instance: { ...running, state: 'terminated' } });
    await test.pass(minute);
    expect(await look(test)).toMatchObject({ found: false });
  });

  it('is not Ready before the machine has booted again, and is no node at all when it is stopped while it boots', async () => {
    const test = await aCluster();
    test.cluster.onInstance({ type: 'running', instance: running });
    await test.pass(minute);
    test.cluster.onInstance({ type: 'stopping', instance: { ...running, state: 'stopping' } });
    await test.pass(10 * minute);
    expect(await look(test)).toMatchObject({ found: false });
    test.cluster.onInstance({ type: 'stopped', instance: { ...running, state: 'stopped' } });
    test.cluster.onInstance({ type: 'running', instance: running });
    await test.pass(minute);
    expect(await look(test)).toMatchObject({ found: false });
    await test.pass(5 * minute);
    expect(await look(test)).toMatchObject({ ready: 'True' });
  });
});
