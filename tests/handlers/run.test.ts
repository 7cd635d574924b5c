import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
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

describe('Start run', () => {
  const starter = (build = anImageBuild()) => {
    const account = new FakeAccount();
    return {
      account,
      run: startRun({ drivers: account.drivers, start: account.start, findImageBuild: async () => build }),
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
    await startRun({ drivers: account.drivers, start: account.start, findImageBuild })({ sweep: true }, awsAccount);
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
    const { image } = await resolveImage({ getImageBuild: async () => anImageBuild(), describeAmi })(
      { imageArn },
      awsAccount,
    );
    expect(image).toEqual(anImage());
    expect(asked).toEqual(['ami-0new']);
  });

  it('asks nothing about an image that failed', async () => {
    const describeAmi = async () => Promise.reject(new Error('was asked'));
    const getImageBuild = async () => anImageBuild({ status: 'FAILED', amis: [] });
    await expect(resolveImage({ getImageBuild, describeAmi })({ imageArn }, awsAccount)).rejects.toMatchObject({
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
    expect(Plan.safeParse(account.bucket.content('runs/run-1/plan.json')).success).toBe(true);
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

  it('skips a group whose running refresh belongs to another run of ours', async () => {
    const account = new FakeAccount().withState(
      aRollingState({ lease: { run: 'run-0', executionArn, until: '2026-05-16T12:00:00Z' } }),
    );
    account.nodeGroup.replacements = [{ id: 'r', status: 'active', detail: '', launchTemplate: undefined }];
    expect(await planning(account)({ run: 'run-1', image: anImage() })).toEqual({ rollouts: [] });
    expect(account.bucket.content('runs/run-1/plan.json')).toMatchObject({
      nodeGroups: [{ outcome: 'skipped', reason: { error: 'LeaseHeld' } }],
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

  it('is red when a rollout left no outcome', async () => {
    expect(await reportRun(planned())({ run: 'run-1' })).toMatchObject({ result: 'failed', error: 'OutcomeMissing' });
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
  const { run, cluster, nodeGroup, kind } = aKey();
  const ended = {
    executionArn,
    machine: 'roll-node-group' as const,
    name: 'demo-win2022',
    status: 'ABORTED' as const,
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

  it('reports a run after the last of its rollouts has settled, and only if nobody did', async () => {
    const dead = { ...ended, machine: 'patch-fleet' as const, name: 'run-1', input: { imageArn } };
    const account = new FakeAccount().withState(aRollingState());
    account.bucket.seed('runs/run-1/plan.json', aPlan());
    expect(await inspectEnded(account)(dead)).toMatchObject({ next: 'wait' });
    account.bucket.files.delete('state/demo/win2022.json');
    expect(await inspectEnded(account)(dead)).toEqual({
      next: 'report',
      run: 'run-1',
      error: 'ExecutionAborted',
      cause: expect.any(String),
    });
    await reportRun(account)({ run: 'run-1' });
    expect(await inspectEnded(account)(dead)).toEqual({ next: 'nothing' });
  });
});

describe('Start settling', () => {
  const execution = (machine: string, status: string) => ({
    source: 'aws.states' as const,
    'detail-type': 'Step Functions Execution Status Change' as const,
    detail: {
      executionArn,
      stateMachineArn: `arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-${machine}`,
      name: 'demo-win2022',
      status,
      input: '{"run":"run-1"}',
      error: null,
      cause: 'why',
    },
  });

  it('is done once for an execution, with its input as an object', async () => {
    const account = new FakeAccount();
    expect(await startSettle(account)(execution('roll-node-group', 'ABORTED'))).toMatchObject({ answer: 'started' });
    expect(await startSettle(account)(execution('roll-node-group', 'ABORTED'))).toMatchObject({ answer: 'already' });
    expect([...account.started.values()]).toEqual([
      {
        executionArn,
        machine: 'roll-node-group',
        name: 'demo-win2022',
        status: 'ABORTED',
        input: { run: 'run-1' },
        cause: 'why',
      },
    ]);
  });

  it.each([
    { machine: 'settle', status: 'FAILED' },
    { machine: 'patch-fleet', status: 'SUCCEEDED' },
  ])('is not done for $machine that is $status', async ({ machine, status }) => {
    expect(await startSettle(new FakeAccount())(execution(machine, status))).toMatchObject({ answer: 'ignored' });
  });
});
