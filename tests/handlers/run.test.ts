import '../support/handler-environment.ts';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { EndedWithInput } from '../../functions/adapters/executions.ts';
import { rolloutName } from '../../functions/domain/execution-name.ts';
import { Plan } from '../../functions/domain/report.ts';
import { inspectEnded } from '../../functions/handlers/inspect-ended.ts';
import { planRun } from '../../functions/handlers/plan-run.ts';
import { reportRun } from '../../functions/handlers/report-run.ts';
import { resolveImage } from '../../functions/handlers/resolve-image.ts';
import { startRun } from '../../functions/handlers/start-run.ts';
import { startSettle } from '../../functions/handlers/start-settle.ts';
import {
  aKey,
  anImage,
  anImageBuild,
  aPlan,
  aReport,
  aRollingState,
  account as awsAccount,
  executionArn,
  imageArn,
} from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const event = (arn = imageArn, status = 'AVAILABLE') => ({
  source: 'aws.imagebuilder' as const,
  'detail-type': 'EC2 Image Builder Image State Change' as const,
  resources: [arn] as [string],
  detail: { state: { status } },
});

const findRelease = async () => undefined;

describe('Start run', () => {
  const starting = ({ drivers, start }: FakeAccount) => ({ drivers, start, findRelease });

  const starter = (build = anImageBuild()) => {
    const account = new FakeAccount();
    return {
      account,
      run: startRun({ ...starting(account), findImageBuild: async () => build }),
    };
  };

  it('starts one run for an image, however often it is told of it and by whom', async () => {
    const { account, run } = starter();
    expect((await run(event(), awsAccount)).runs).toMatchObject([{ imageArn, answer: 'started' }]);
    expect((await run(event(), awsAccount)).runs).toMatchObject([{ answer: 'already' }]);
    expect((await run({ sweep: true }, awsAccount)).runs).toMatchObject([{ imageArn, answer: 'already' }]);
    expect([...account.started.values()]).toEqual([{ imageArn }]);
  });

  it.each([
    {
      case: 'an image that no channel follows',
      arn: imageArn.replace('windows-2022-core', 'linux'),
      build: anImageBuild(),
    },
    { case: 'a container image', arn: imageArn, build: anImageBuild({ type: 'DOCKER' }) },
    { case: 'an image that failed', arn: imageArn, build: anImageBuild({ status: 'FAILED' }) },
  ])('ignores $case', async ({ arn, build }) => {
    const { account, run } = starter(build);
    expect((await run(event(arn), awsAccount)).runs).toMatchObject([{ answer: 'ignored', reason: expect.any(String) }]);
    expect(account.started.size).toBe(0);
  });

  it('sweeps over the newest build of every channel in use', async () => {
    const account = new FakeAccount();
    const asked: string[] = [];
    const findImageBuild = async (arn: string) => {
      asked.push(arn);
      return anImageBuild();
    };
    await startRun({ ...starting(account), findImageBuild })({ sweep: true }, awsAccount);
    expect(asked).toEqual([imageArn.replace('1.0.0/7', 'x.x.x')]);
  });
});

describe('Resolve image', () => {
  it('asks EC2 for the AMI of this account and Region', async () => {
    const asked: string[] = [];
    const describeAmi = async (amiId: string) => {
      asked.push(amiId);
      return { amiId, state: 'available', platform: 'windows' };
    };
    const { image } = await resolveImage({ getImageBuild: async () => anImageBuild(), describeAmi, findRelease })(
      { imageArn },
      awsAccount,
    );
    expect(image).toEqual(anImage());
    expect(asked).toEqual(['ami-0new']);
  });

  it('asks nothing about an image that failed', async () => {
    const describeAmi = async () => Promise.reject(new Error('was asked'));
    const getImageBuild = async () => anImageBuild({ status: 'FAILED', amis: [] });
    await expect(
      resolveImage({ getImageBuild, describeAmi, findRelease })({ imageArn }, awsAccount),
    ).rejects.toMatchObject({
      name: 'ImageNotAvailable',
    });
  });
});

describe('Plan run', () => {
  const planning = (account: FakeAccount) =>
    planRun({ ...account, drivers: account.drivers, viewCluster: account.viewCluster });

  it('writes the plan and hands over the groups that will roll', async () => {
    const account = new FakeAccount();
    const { rollouts } = await planning(account)({ run: 'run-1', image: anImage() });
    expect(rollouts).toMatchObject([
      {
        run: 'run-1',
        cluster: 'demo',
        nodeGroup: 'win2022',
        kind: 'self-managed',
        executionName: expect.stringMatching(/^demo-win2022-/),
      },
    ]);
    expect(v.is(Plan, account.bucket.content('runs/run-1/plan.json'))).toBe(true);
    expect(account.nodeGroup.changes).toEqual([]);
  });

  it('hands over nothing in a dry run', async () => {
    const account = new FakeAccount();
    expect(await planning(account)({ run: 'run-1', image: anImage(), dryRun: true })).toEqual({ rollouts: [] });
    expect(account.bucket.content('runs/run-1/plan.json')).toMatchObject({
      dryRun: true,
      nodeGroups: [{ outcome: 'planned' }],
    });
  });

  it.each([
    { retries: 4, whenUnavailable: 'try-again' },
    { retries: 5, whenUnavailable: 'give-up' },
  ])('asks unreachable clusters to $whenUnavailable at retry $retries', async ({ retries, whenUnavailable }) => {
    const account = new FakeAccount();
    const asked: unknown[] = [];
    const viewCluster = async (_: string, when: unknown) => {
      asked.push(when);
      return { nodes: account.nodes };
    };
    await planRun({ ...account, drivers: account.drivers, viewCluster })({ run: 'run-1', image: anImage(), retries });
    expect(asked).toEqual([whenUnavailable]);
  });

  it('hands over a group whose running refresh belongs to another run of ours: its rollout waits', async () => {
    const account = new FakeAccount().withState(
      aRollingState({ lease: { run: 'run-0', executionArn, until: '2026-05-16T12:00:00Z' } }),
    );
    account.nodeGroup.replacements = [{ id: 'r', status: 'active', detail: '', launchTemplate: undefined }];
    expect((await planning(account)({ run: 'run-1', image: anImage() })).rollouts).toHaveLength(1);
    expect(account.bucket.content('runs/run-1/plan.json')).toMatchObject({
      nodeGroups: [{ outcome: 'planned', reason: { error: 'LeaseHeld' } }],
    });
  });
});

describe('Report run', () => {
  const planned = () => {
    const account = new FakeAccount();
    account.bucket.seed('runs/run-1/plan.json', aPlan());
    return account;
  };

  it('tells people once and the machine every time', async () => {
    const account = planned();
    account.bucket.seed('runs/run-1/outcomes/demo/win2022.json', aReport({ outcome: 'patched' }));
    expect(await reportRun(account)({ run: 'run-1' })).toEqual({ result: 'succeeded' });
    expect(await reportRun(account)({ run: 'run-1' })).toEqual({ result: 'succeeded' });
    expect(account.notices).toEqual(['reglaze succeeded: run-1']);
  });

  it('waits for a rollout that is still being settled', async () => {
    const account = planned().withState(aRollingState());
    expect(await reportRun(account)({ run: 'run-1' })).toEqual({ result: 'pending' });
    expect(account.notices).toEqual([]);
  });

  it('waits when all rollouts ended only after the AMI could have been published', async () => {
    const account = planned();
    account.bucket.seed('runs/run-1/outcomes/demo/win2022.json', aReport({ outcome: 'patched' }));
    expect(await reportRun(account)({ run: 'run-1', undecided: true })).toEqual({ result: 'pending' });
    expect(account.notices).toEqual([]);
    expect(await reportRun(account)({ run: 'run-1' })).toEqual({ result: 'succeeded' });
  });

  it('is red when a rollout left no outcome', async () => {
    expect(await reportRun(planned())({ run: 'run-1' })).toMatchObject({ result: 'failed', error: 'OutcomeMissing' });
  });

  it('tells the cause of a rollout that ended before it could write an outcome', async () => {
    const account = planned();
    const name = rolloutName('run-1', 'demo', 'win2022');
    const ended = { executionArn, name, status: 'FAILED' as const, error: 'AwsUnavailable', cause: 's3:GetObject' };
    account.endedRollouts.set(name, ended);

    expect(await reportRun(account)({ run: 'run-1' })).toMatchObject({ result: 'failed', error: 'AwsUnavailable' });
    expect(account.bucket.content('runs/run-1/summary.json')).toMatchObject({
      nodeGroups: [{ outcome: 'failed', reason: { error: 'AwsUnavailable', cause: 's3:GetObject' } }],
    });
  });

  it('judges a run anew that was redriven after settle had reported it, and tells people of both ends', async () => {
    const account = planned();
    account.bucket.seed('runs/run-1/outcomes/demo/win2022.json', aReport({ outcome: 'patched' }));
    const died = { run: 'run-1', error: 'AccessDenied', cause: 'grant it', settledRedrive: 0 };
    expect(await reportRun(account)(died)).toMatchObject({ result: 'failed', error: 'AccessDenied' });
    expect(await reportRun(account)(died)).toMatchObject({ result: 'failed' });
    expect(await reportRun(account)({ run: 'run-1' })).toEqual({ result: 'succeeded' });
    expect(await reportRun(account)(died)).toEqual({ result: 'succeeded' });
    expect(account.notices).toEqual(['reglaze failed: run-1', 'reglaze succeeded: run-1']);
  });

  it('reports a run that never came to a plan', async () => {
    const account = new FakeAccount();
    expect(await reportRun(account)({ run: 'run-1', error: 'AmiNotWindows', cause: 'ami-1' })).toEqual({
      result: 'failed',
      error: 'AmiNotWindows',
      cause: 'ami-1',
    });
    expect(account.bucket.content('runs/run-1/summary.json')).toMatchObject({ status: 'failed', nodeGroups: [] });
  });
});

describe('Find what is left', () => {
  const deadRun = 'run-1-20260516T041202Z';
  const { run, cluster, nodeGroup, kind } = aKey();
  const ended = {
    executionArn,
    machine: 'roll-node-group' as const,
    name: 'demo-win2022',
    status: 'ABORTED' as const,
    ...{ startedAt: '2026-05-16T04:12:02.123Z', redriveCount: 0 },
    input: { run, cluster, nodeGroup, kind, image: anImage(), executionName: 'demo-win2022' },
  };

  it('goes back with a rollout that was stopped half way', async () => {
    const account = new FakeAccount().withState(aRollingState());
    expect(await inspectEnded(account)(ended)).toEqual({
      next: 'roll-back',
      run,
      cluster,
      nodeGroup,
      kind,
      reason: { error: 'ExecutionAborted', cause: 'The execution demo-win2022 was stopped.' },
    });
  });

  it.each([
    { case: 'a rollout that never had the lease', input: ended.input },
    { case: 'an input that names no group', input: { anything: 1 } },
  ])('does nothing for $case', async ({ input }) => {
    expect(await inspectEnded(new FakeAccount())({ ...ended, input })).toEqual({ next: 'nothing' });
  });

  it('turns away an instance whose admission died, but not one that was turned away', async () => {
    const input = {
      run,
      cluster,
      nodeGroup,
      kind,
      autoScalingGroupName: 'win2022',
      instanceId: 'i-0c',
      joinDeadline: '2026-05-16T05:27:00Z',
    };
    const died = { ...ended, machine: 'admit-node' as const, input };
    expect(await inspectEnded(new FakeAccount())(died)).toEqual({
      next: 'abandon',
      ...input,
      finding: { error: 'AdmissionStopped', cause: expect.any(String) },
    });
    expect(await inspectEnded(new FakeAccount())({ ...died, status: 'FAILED', error: 'NodeNeverJoined' })).toEqual({
      next: 'nothing',
    });
  });

  it('gives a node back whose instance goes into a warm pool, and does nothing for other drains that died', async () => {
    const input = {
      ...{ cluster, nodeGroup, autoScalingGroupName: 'win2022', instanceId: 'i-0a', concurrentDrains: 1 },
      ...{ startedAt: ended.startedAt, drainDeadline: ended.startedAt, ceiling: ended.startedAt },
      ...{ drainTimeoutSeconds: 5400, onDrainTimeout: 'wait' },
    };
    const died = { ...ended, machine: 'drain-node' as const, input };
    expect(await inspectEnded(new FakeAccount())(died)).toEqual({ next: 'nothing' });
    const pooled = { ...died, input: { ...input, destination: 'WarmPool', move: 'one' } };
    expect(await inspectEnded(new FakeAccount())(pooled)).toEqual({
      next: 'let-pods-on',
      ...{ cluster, nodeGroup, instanceId: 'i-0a', destination: 'WarmPool' },
    });
  });

  it('reports a run after the last of its rollouts has settled, and only if nobody did', async () => {
    const dead = { ...ended, machine: 'patch-fleet' as const, name: 'run-1', input: { imageArn } };
    const lease = { run: deadRun, executionArn, until: '2026-05-16T12:00:00Z' };
    const account = new FakeAccount().withState(aRollingState({ lease }));
    account.bucket.seed(`runs/${deadRun}/plan.json`, aPlan({ run: deadRun }));
    expect(await inspectEnded(account)(dead)).toMatchObject({ next: 'wait' });
    account.bucket.files.delete('state/demo/win2022.json');
    expect(await inspectEnded(account)(dead)).toEqual({
      next: 'report',
      run: deadRun,
      settledRedrive: 0,
      error: 'ExecutionAborted',
      cause: expect.any(String),
    });
    await reportRun(account)({ run: deadRun });
    expect(await inspectEnded(account)(dead)).toEqual({ next: 'nothing' });
  });

  it('reports a run again that was redriven and died once more', async () => {
    const dead = { ...ended, machine: 'patch-fleet' as const, name: 'run-1', input: { imageArn } };
    const account = new FakeAccount();
    await reportRun(account)({ run: deadRun, error: 'AccessDenied', cause: 'first', settledRedrive: 0 });
    expect(await inspectEnded(account)(dead)).toEqual({ next: 'nothing' });
    expect(await inspectEnded(account)({ ...dead, redriveCount: 1 })).toMatchObject({
      next: 'report',
      settledRedrive: 1,
    });
  });

  it("says nothing of a run by what an earlier run of its execution's name left", async () => {
    const dead = { ...ended, machine: 'patch-fleet' as const, name: 'run-1', input: { imageArn } };
    const account = new FakeAccount();
    await reportRun(account)({ run: deadRun });
    expect(await inspectEnded(account)({ ...dead, startedAt: '2026-08-16T04:12:02.123Z' })).toMatchObject({
      next: 'report',
      run: 'run-1-20260816T041202Z',
    });
  });
});

describe('Start settling', () => {
  const execution = (machine: string, status: string, redriveCount: number | undefined = undefined) => ({
    source: 'aws.states' as const,
    'detail-type': 'Step Functions Execution Status Change' as const,
    detail: {
      executionArn,
      stateMachineArn: `arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-${machine}`,
      name: 'demo-win2022',
      status,
      ...{ startDate: Date.parse('2026-05-16T04:12:02.123Z'), redriveCount },
      input: '{"run":"run-1"}',
      error: null,
      cause: 'why',
    },
  });

  const settling = (account: FakeAccount, ended: Readonly<Record<string, readonly EndedWithInput[]>> = {}) =>
    startSettle({
      start: account.start,
      now: account.now,
      listEnded: async (machine) => ended[machine] ?? [],
    });

  it('is done once for an execution, with its input as an object', async () => {
    const account = new FakeAccount();
    const settle = settling(account);
    expect(await settle(execution('roll-node-group', 'ABORTED'))).toMatchObject({ answer: 'started' });
    expect(await settle(execution('roll-node-group', 'ABORTED'))).toMatchObject({ answer: 'already' });
    expect([...account.started.values()]).toEqual([
      {
        executionArn,
        machine: 'roll-node-group',
        name: 'demo-win2022',
        status: 'ABORTED',
        ...{ startedAt: '2026-05-16T04:12:02.123Z', redriveCount: 0 },
        input: { run: 'run-1' },
        cause: 'why',
      },
    ]);
  });

  it('is done again for an execution that was redriven and ended badly once more', async () => {
    const settle = settling(new FakeAccount());
    expect(await settle(execution('patch-fleet', 'FAILED'))).toMatchObject({ answer: 'started' });
    expect(await settle(execution('patch-fleet', 'FAILED', 1))).toMatchObject({ answer: 'started' });
    expect(await settle(execution('patch-fleet', 'FAILED', 1))).toMatchObject({ answer: 'already' });
  });

  it.each([
    { machine: 'settle', status: 'FAILED' },
    { machine: 'patch-fleet', status: 'SUCCEEDED' },
  ])('is not done for $machine that is $status', async ({ machine, status }) => {
    expect(await settling(new FakeAccount())(execution(machine, status))).toMatchObject({ answer: 'ignored' });
  });

  it('is done by the sweep for an end whose event was lost, as the event would have done it, and only for that', async () => {
    const account = new FakeAccount();
    const known = execution('roll-node-group', 'ABORTED');
    const lost = {
      ...{ executionArn: `${executionArn}-2`, name: 'lost', status: 'TIMED_OUT' as const },
      ...{ startedAt: '2026-05-16T04:12:02.123Z', redriveCount: 0 },
      ...{ input: '{"run":"run-2"}', error: undefined, cause: undefined },
    };
    const { executionName } = (await settling(account)(known)) as { executionName: string };
    const swept = await settling(account, {
      'roll-node-group': [{ ...lost, executionArn, status: 'ABORTED' }],
      'patch-fleet': [lost],
    })({ sweep: true });

    expect(swept).toMatchObject({ settled: [{ answer: 'started' }, { answer: 'already', executionName }] });
    expect([...account.started.values()].at(-1)).toEqual({
      ...{ executionArn: lost.executionArn, name: 'lost', status: 'TIMED_OUT' },
      ...{ machine: 'patch-fleet', input: { run: 'run-2' } },
      ...{ startedAt: lost.startedAt, redriveCount: 0 },
    });
  });
});
