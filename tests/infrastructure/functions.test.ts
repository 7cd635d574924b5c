import { describe, expect, it } from 'vitest';
import { variablesIn } from './support/bundle.ts';
import { byId, functions, ofType, resources, written } from './support/stack.ts';

const names = [...new Set(functions.flatMap(({ variables }) => Object.keys(variables)))];
/** Read by Node.js and by Powertools, not by our code. */
const platformNames = ['NODE_OPTIONS', 'POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_METRICS_NAMESPACE'];

describe.each(functions)('$step', (stackFunction) => {
  const { logicalId, properties, variables, timeoutSeconds } = stackFunction;

  it('runs on Node.js 24, on arm64, traced', () => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('keeps its log for a limited time', () => {
    const group = ofType('AWS::Logs::LogGroup').find(
      (candidate) => candidate.properties.LogGroupName === `/aws/lambda/${properties.FunctionName}`,
    );

    expect(group?.properties.RetentionInDays).toEqual(expect.any(Number));
  });

  it('is told exactly what its code asks for', async () => {
    const ours = names.filter((name) => !platformNames.includes(name));
    const given = Object.keys(variables).filter((name) => !platformNames.includes(name));

    expect(given.toSorted()).toEqual((await variablesIn(stackFunction, ours)).toSorted());
  });

  it('ends before the state that waits for it', () => {
    const waiting = taskTimeouts().filter(({ functionId }) => functionId === logicalId);

    expect(waiting.filter(({ taskSeconds }) => taskSeconds <= timeoutSeconds)).toEqual([]);
  });
});

/** The time limit of every Task, by the function that it invokes. */
function taskTimeouts(): { functionId: string; taskSeconds: number }[] {
  return ofType('AWS::StepFunctions::StateMachine').flatMap(({ properties }) => {
    const [text, references] = (
      properties.DefinitionString as { 'Fn::Sub': [string, Record<string, { Ref: string }>] }
    )['Fn::Sub'];
    const definition = JSON.parse(text) as {
      States: Record<string, { TimeoutSeconds?: number; Arguments?: { FunctionName?: string } }>;
    };
    return Object.values(definition.States).flatMap(({ Arguments, TimeoutSeconds = 0 }) => {
      const reference = /\$\{(\w+)\}/.exec(Arguments?.FunctionName ?? '')?.[1];
      if (reference === undefined) return [];
      const version = byId(references[reference]?.Ref ?? '');
      return [{ functionId: (version.properties.FunctionName as { Ref: string }).Ref, taskSeconds: TimeoutSeconds }];
    });
  });
}

/** Functions that something starts without waiting for the answer: rules and schedules. */
const asynchronous = [...ofType('AWS::Events::Rule'), ...ofType('AWS::Scheduler::Schedule')]
  .flatMap(({ properties }) => (properties.Targets ?? [properties.Target]) as { Arn: { 'Fn::GetAtt': [string] } }[])
  .map(({ Arn }) => Arn['Fn::GetAtt'][0]);

describe('functions that nobody waits for', () => {
  it('are the four that start executions', () => {
    expect([...new Set(asynchronous)].toSorted()).toEqual([
      'StartInterruptedDrainLambdaFunction',
      'StartNodeTaskLambdaFunction',
      'StartRunLambdaFunction',
      'StartSettleLambdaFunction',
    ]);
  });

  it.each([...new Set(asynchronous)])('%s keeps an event on which it failed', (logicalId) => {
    const config = ofType('AWS::Lambda::EventInvokeConfig').find(
      ({ properties }) => written(properties.FunctionName) === `\${${logicalId}}`,
    );

    expect(written(config?.properties.DestinationConfig)).toEqual({
      OnFailure: { Destination: '${FailedInvocations.Arn}' },
    });
  });
});

describe('the machines', () => {
  it.each(ofType('AWS::StepFunctions::StateMachine'))(
    '$logicalId invokes published versions only',
    ({ properties }) => {
      const [definition, references] = (
        properties.DefinitionString as { 'Fn::Sub': [string, Record<string, unknown>] }
      )['Fn::Sub'];
      const invoked = [...definition.matchAll(/"FunctionName": "\$\{(\w+)\}"/g)].map(
        ([, name = '']) => resources[(references[name] as { Ref?: string }).Ref ?? '']?.Type,
      );

      expect(definition.match(/"FunctionName"/g)).toHaveLength(invoked.length);
      expect(new Set(invoked)).toEqual(new Set(['AWS::Lambda::Version']));
    },
  );

  it.each(ofType('AWS::StepFunctions::StateMachine'))('$logicalId logs its failures', ({ properties }) => {
    const { Level, Destinations } = properties.LoggingConfiguration as {
      Level: string;
      Destinations: { CloudWatchLogsLogGroup: { LogGroupArn: { 'Fn::GetAtt': [string] } } }[];
    };
    const groups = Destinations.map((destination) =>
      byId(destination.CloudWatchLogsLogGroup.LogGroupArn['Fn::GetAtt'][0]),
    );

    expect(Level).toBe('ERROR');
    expect(groups.map((group) => group.properties.RetentionInDays)).toEqual([expect.any(Number)]);
  });

  it('keep versions that a running execution may need', () => {
    const kept = ofType('AWS::Lambda::Version').map(({ resource }) => resource.DeletionPolicy);

    expect(new Set(kept)).toEqual(new Set(['Retain']));
  });
});
