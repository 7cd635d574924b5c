import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileEventPattern } from '../../simulator/services/events/event-pattern.ts';
import { byId, ofType, statementsOf, template, written } from './support/stack.ts';

type Target = {
  readonly DeadLetterConfig?: { readonly Arn: unknown };
  readonly RetryPolicy?: { readonly MaximumEventAgeInSeconds: number; readonly MaximumRetryAttempts: number };
};

const targets = [
  ...ofType('AWS::Events::Rule').flatMap(({ logicalId, properties }) =>
    (properties.Targets as Target[]).map((target) => ({ logicalId, target })),
  ),
  ...ofType('AWS::Scheduler::Schedule').map(({ logicalId, properties }) => ({
    logicalId,
    target: properties.Target as Target,
  })),
];

describe('what starts functions', () => {
  it('is five rules and two schedules', () => {
    expect(targets).toHaveLength(7);
  });

  it.each(targets)('$logicalId tries again, then keeps what it could not deliver', ({ logicalId, target }) => {
    // After two minutes there is no machine left to drain.
    const worthIt = /interrupted/.test(logicalId) ? 120 : 3600;
    expect(written(target.DeadLetterConfig)).toEqual({ Arn: '${UndeliveredEvents.Arn}' });
    expect(target.RetryPolicy?.MaximumRetryAttempts).toBeGreaterThan(0);
    expect(target.RetryPolicy?.MaximumEventAgeInSeconds).toBeGreaterThanOrEqual(worthIt);
  });

  it('is each allowed to keep what it could not deliver', () => {
    const [allowed] = statementsOf(byId('UndeliveredEventsPolicy').properties.PolicyDocument);
    const sources = allowed?.Condition?.ArnEquals?.['aws:SourceArn'] as string[];
    const rules = ofType('AWS::Events::Rule').map(({ properties }) => `rule/${properties.Name}`);

    expect(sources.map((arn) => arn.split(':').at(-1)).toSorted()).toEqual(rules.toSorted());
  });
});

const event = (file: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../events', `${file}.json`), 'utf8'));

/** The rules that an event matches, with `${Machine.Arn}` in the place where CloudFormation puts the machine's. */
function matching(given: unknown): unknown[] {
  return ofType('AWS::Events::Rule')
    .filter(({ properties }) => compileEventPattern(withMachineArns(properties.EventPattern) as object)(given))
    .map(({ properties }) => properties.Name);
}

function withMachineArns(value: unknown): unknown {
  const machines = ofType('AWS::StepFunctions::StateMachine');
  const text = machines.reduce(
    (pattern, { logicalId, properties }) =>
      pattern.replaceAll(
        `\${${logicalId}.Arn}`,
        `arn:aws:states:us-west-2:111122223333:stateMachine:${properties.StateMachineName}`,
      ),
    JSON.stringify(written(value)),
  );
  return JSON.parse(text);
}

describe('the rules', () => {
  it.each([
    { file: 'image-available', rules: ['reglaze-live-image-available'] },
    { file: 'container-image-available', rules: ['reglaze-live-image-available'] },
    { file: 'image-failed', rules: [] },
    { file: 'launch-lifecycle-action', rules: ['reglaze-live-node-launched'] },
    { file: 'terminate-lifecycle-action', rules: ['reglaze-live-node-leaving'] },
    { file: 'spot-interruption', rules: ['reglaze-live-spot-interrupted'] },
    { file: 'execution-failed', rules: ['reglaze-live-execution-ended'] },
  ])('$file goes to $rules', ({ file, rules }) => {
    expect(matching(event(file))).toEqual(rules);
  });

  it.each(['launch-lifecycle-action', 'terminate-lifecycle-action'])('leave other hooks alone: %s', (file) => {
    const other = event(file);
    other.detail.LifecycleHookName = 'node-ready';

    expect(matching(other)).toEqual([]);
  });

  it.each([
    { machine: 'patch-fleet', status: 'ABORTED', isSettled: true },
    { machine: 'admit-node', status: 'TIMED_OUT', isSettled: true },
    { machine: 'roll-node-group', status: 'SUCCEEDED', isSettled: false },
    { machine: 'drain-node', status: 'FAILED', isSettled: true },
    { machine: 'settle', status: 'FAILED', isSettled: false },
  ])('$machine that ended $status is settled: $isSettled', ({ machine, status, isSettled }) => {
    const ended = event('execution-failed');
    ended.detail.stateMachineArn = `arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-live-${machine}`;
    ended.detail.status = status;

    expect(matching(ended)).toEqual(isSettled ? ['reglaze-live-execution-ended'] : []);
  });
});

describe('queues and topic', () => {
  it.each([
    { logicalId: 'UndeliveredEvents', property: 'KmsMasterKeyId' },
    { logicalId: 'FailedInvocations', property: 'KmsMasterKeyId' },
    { logicalId: 'Notifications', property: 'KmsMasterKeyId' },
  ])('$logicalId is encrypted with the stack’s key', ({ logicalId, property }) => {
    expect(written(byId(logicalId).properties[property])).toBe('${Key.Arn}');
  });

  it.each(['UndeliveredEventsPolicy', 'FailedInvocationsPolicy', 'NotificationsPolicy'])(
    '%s refuses plain text',
    (id) => {
      const refusals = statementsOf(byId(id).properties.PolicyDocument).filter(
        ({ Effect, Condition }) => Effect === 'Deny' && Condition?.Bool?.['aws:SecureTransport'] === 'false',
      );

      expect(refusals).toHaveLength(1);
    },
  );

  it('are open to exactly the services that deliver into them', () => {
    const trusted = Object.fromEntries(
      ['Key', 'Notifications', 'UndeliveredEvents', 'FailedInvocations'].map((id) => {
        const { properties } = byId(id === 'Key' ? id : `${id}Policy`);
        const allowed = statementsOf(properties.KeyPolicy ?? properties.PolicyDocument).filter(
          ({ Effect }) => Effect === 'Allow',
        );
        return [id, allowed.flatMap(({ Principal }) => (Principal as { Service?: string }).Service ?? [])];
      }),
    );

    expect(trusted).toEqual({
      Key: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'],
      Notifications: ['cloudwatch.amazonaws.com'],
      UndeliveredEvents: ['events.amazonaws.com'],
      FailedInvocations: [],
    });
  });

  it('send nothing anywhere until somebody gives an address', () => {
    expect(byId('NotificationEmail').resource.Condition).toBe('HasNotificationEmail');
    expect(template.Conditions?.HasNotificationEmail).toEqual({ 'Fn::Not': [{ 'Fn::Equals': ['', ''] }] });
  });
});

describe('the run bucket', () => {
  const { resource, properties } = byId('RunBucket');

  it('survives the stack', () => {
    expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('is encrypted, versioned and closed to the public', () => {
    expect(properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  it('is reached over TLS only', () => {
    expect(statementsOf(byId('RunBucketPolicy').properties.PolicyDocument)).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:*'],
        Resource: ['${RunBucket.Arn}', '${RunBucket.Arn}/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    ]);
  });

  it('never expires the state of a node group', () => {
    const { Rules } = properties.LifecycleConfiguration as { Rules: { Prefix: string; ExpirationInDays?: number }[] };
    const expiring = Rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);

    expect(expiring.map(({ Prefix }) => Prefix)).toEqual(['runs/']);
  });
});

describe('the alarms', () => {
  const alarms = ofType('AWS::CloudWatch::Alarm');

  it.each(alarms)('$logicalId tells the topic', ({ properties }) => {
    expect(written(properties.AlarmActions)).toEqual(['${Notifications}']);
  });

  it.each(alarms)('$logicalId looks back no further than CloudWatch can', ({ properties }) => {
    const seconds = Number(properties.Period) * Number(properties.EvaluationPeriods);

    expect(seconds).toBeLessThanOrEqual(7 * 86_400);
  });

  it('watch both queues, drains, settle and the sweep', () => {
    const watched = alarms.map(({ properties }) => [
      properties.MetricName,
      ...(written(properties.Dimensions) as { Value: string }[]).map(({ Value }) => Value),
    ]);

    expect(watched).toEqual([
      ['ApproximateNumberOfMessagesVisible', '${UndeliveredEvents.QueueName}'],
      ['ApproximateNumberOfMessagesVisible', '${FailedInvocations.QueueName}'],
      ['ExecutionsFailed', '${Settle}'],
      ['ExecutionsTimedOut', '${Settle}'],
      ['ExecutionsAborted', '${Settle}'],
      ['ExecutionsFailed', '${DrainNode}'],
      ['ExecutionsTimedOut', '${DrainNode}'],
      ['ExecutionsAborted', '${DrainNode}'],
      ['Invocations', '${StartRunLambdaFunction}'],
    ]);
  });

  it('take silence for a missing sweep, and for nothing else', () => {
    const breaching = alarms.filter(({ properties }) => properties.TreatMissingData === 'breaching');

    expect(breaching.map(({ logicalId }) => logicalId)).toEqual(['SweepMissingAlarm']);
  });
});
