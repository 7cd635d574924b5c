import '../support/handler-environment.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { imageArn } from '../support/builders.ts';
import { lambdaContext } from '../support/lambda-context.ts';

type Handler = (event: unknown, context: typeof lambdaContext) => Promise<unknown>;

const folder = new URL('../../functions/handlers/', import.meta.url);
const steps = readdirSync(folder).map((file) => basename(file, '.ts'));
const load = async (step: string) => (await import(new URL(`${step}.ts`, folder).href)) as { handler: Handler };

const events = ['start-run', 'start-node-task', 'start-interrupted-drain', 'start-settle', 'withdraw'];
const key = { run: 'run-1', cluster: 'demo', nodeGroup: 'win2022', kind: 'self-managed' };
const admission = { ...key, autoScalingGroupName: 'win2022', instanceId: 'i-0a', joinDeadline: '2026-05-16T05:00:00Z' };
const drain = {
  ...{ cluster: 'demo', nodeGroup: 'win2022', autoScalingGroupName: 'win2022', instanceId: 'i-0a', run: 'run-1' },
  ...{ startedAt: '2026-05-16T05:00:00Z', drainDeadline: '2026-05-16T06:30:00Z', ceiling: '2026-05-16T13:20:00Z' },
  ...{ drainTimeoutSeconds: 5400, onDrainTimeout: 'wait', concurrentDrains: 1 },
};
const image = { arn: imageArn, name: 'windows-2022-core', version: '1.0.0/7', amiId: 'ami-0new', serverLine: '2022' };
const reason = { error: 'A', cause: 'b' };

/** A good input of every step that people or machines give one to. */
const inputs: Record<string, object> = {
  'resolve-image': { imageArn },
  'plan-run': { run: 'run-1', image },
  'plan-empty-groups': { run: 'run-1' },
  'take-lease': { ...key, executionArn: 'arn:one', image },
  'create-template-version': key,
  'open-admission': key,
  'start-rollout': key,
  'watch-rollout': key,
  'verify-nodes': key,
  promote: key,
  'roll-back': { ...key, reason },
  'watch-roll-back': key,
  'close-admission': key,
  'release-lease': { ...key, outcome: 'patched' },
  'publish-image': { run: 'run-1', image },
  'report-run': { run: 'run-1' },
  'examine-node': admission,
  'test-node': admission,
  'prefer-new-nodes': admission,
  'keep-pods-off': admission,
  'let-pods-on': {
    run: 'run-1',
    cluster: 'demo',
    nodeGroup: 'win2022',
    instanceId: 'i-0a',
    since: '2026-05-16T05:00:00Z',
  },
  'record-late-node': { ...admission, finding: reason },
  'answer-hook': { ...admission, result: 'ABANDON', finding: reason },
  'take-turn': drain,
  'check-replicas': drain,
  'return-turn': drain,
  'drain-node': drain,
  'report-stuck-drain': { ...drain, finding: reason },
  'answer-drain-hook': drain,
  'wait-for-removal': { ...drain, leavingSince: '2026-05-16T05:10:00Z' },
  'inspect-ended': {
    executionArn: 'arn:one',
    machine: 'patch-fleet',
    name: 'run-1',
    status: 'FAILED',
    startedAt: '2026-05-16T04:12:02.000Z',
    redriveCount: 0,
    input: {},
  },
};

const refusal = async (step: string, input: unknown) => {
  const { handler } = await load(step);
  return handler(input, lambdaContext).then(
    () => undefined,
    (error: Error) => error,
  );
};

describe('the handler of every step', () => {
  it('is covered here', () => {
    expect(Object.keys(inputs).concat(events).toSorted()).toEqual(steps.toSorted());
  });

  it.each(steps)('%s refuses an empty input by the name InvalidInput', async (step) => {
    expect(await refusal(step, {})).toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('nothing was changed'),
    });
  });

  it.each(Object.entries(inputs))('%s refuses a key that it does not know, and names it', async (step, input) => {
    expect(await refusal(step, { ...input, typo: true })).toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('"typo"'),
    });
  });

  it.each(
    Object.entries(inputs).flatMap(([step, input]) => Object.keys(input).map((field) => ({ step, input, field }))),
  )('$step names the field $field when it is of a wrong type', async ({ step, input, field }) => {
    expect(await refusal(step, { ...input, [field]: -4.2 })).toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining(`"${field}"`),
    });
  });

  it.each(Object.entries(inputs))(
    '%s runs its step on a good input, and says that AWS cannot be reached',
    async (step, input) => {
      expect(await refusal(step, input)).toMatchObject({ name: 'AwsUnavailable' });
    },
  );
});

describe('an event of AWS', () => {
  const samples = new URL('../../events/', import.meta.url);

  it.each(readdirSync(samples).filter((file) => file.endsWith('.json')))(
    '%s is accepted by the step that it feeds, or is the input of a machine',
    async (file) => {
      const event = JSON.parse(readFileSync(new URL(file, samples), 'utf8')) as Record<string, unknown>;
      const fed: Record<string, string> = {
        'aws.imagebuilder': 'start-run',
        'aws.autoscaling': 'start-node-task',
        'aws.ec2': 'start-interrupted-drain',
        'aws.states': 'start-settle',
      };
      const ours = { sweep: 'start-run', release: 'resolve-image', ResponseURL: 'withdraw' };
      const step = fed[String(event.source)] ?? Object.entries(ours).find(([member]) => member in event)?.[1];
      if (step === undefined) return;
      const module = (await import(new URL(`${step}.ts`, folder).href)) as {
        Input: v.GenericSchema;
      };
      expect(v.is(module.Input, event)).toBe(true);
    },
  );
});
