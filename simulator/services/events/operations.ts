import type {
  DeleteRuleCommandInput,
  DescribeRuleCommandInput,
  EnableRuleCommandInput,
  ListRulesCommandInput,
  ListTargetsByRuleCommandInput,
  PutEventsCommandInput,
  PutEventsRequestEntry,
  PutEventsResultEntry,
  PutRuleCommandInput,
} from '@aws-sdk/client-eventbridge';
import { onEverything, onResource, passRole, requestTagContext } from '../../iam/dependent-actions.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type AwsEvent, type EventBus, type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import { isRecord } from './event-pattern.ts';
import type { Rule, Rules, Target } from './rules.ts';

type Dependencies = {
  readonly kernel: Kernel;
  readonly rules: Rules;
  readonly put: (event: AwsEvent) => void;
  readonly stamp: (event: Parameters<EventBus['put']>[0], time?: Date) => AwsEvent;
};

/** The operations of EventBridge on the default bus. */
export function createEventOperations({ kernel, rules, put, stamp }: Dependencies): Service['operations'] {
  const { accountId, region, partition } = kernel.identity;
  const arn = (resource: string) => `arn:${partition}:events:${region}:${accountId}:${resource}`;
  const found = (name: string): Rule => {
    const rule = rules.find(name);
    if (rule === undefined)
      throw new ServiceError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  };
  const checkBus = (bus: string | undefined) => {
    if (bus === undefined || bus === 'default' || bus === arn('event-bus/default')) return;
    throw new ServiceError('ResourceNotFoundException', `Event bus ${bus} does not exist.`);
  };

  const putEvents: Operation<PutEventsCommandInput> = {
    needs: ({ Entries = [] }) =>
      Entries.map(({ Source = '', DetailType = '', EventBusName }) =>
        onResource(
          'events:PutEvents',
          EventBusName?.startsWith('arn:') ? EventBusName : arn(`event-bus/${EventBusName ?? 'default'}`),
          {
            'events:source': Source,
            'events:detail-type': DetailType,
          },
        ),
      ),
    run({ Entries = [], EndpointId }) {
      if (EndpointId !== undefined)
        throw new ServiceError('ValidationException', 'Global endpoints are not simulated.');
      const results = Entries.map((entry): PutEventsResultEntry => {
        checkBus(entry.EventBusName);
        const refusal = refusalOf(entry);
        if (refusal !== undefined) return refusal;
        const event = stamp(
          {
            source: entry.Source ?? '',
            'detail-type': entry.DetailType ?? '',
            resources: entry.Resources ?? [],
            detail: JSON.parse(entry.Detail ?? ''),
          },
          entry.Time,
        );
        put(event);
        return { EventId: event.id };
      });
      return { FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length, Entries: results };
    },
  };

  const putRule: Operation<PutRuleCommandInput> = {
    needs: ({ Name = '', RoleArn, Tags = [] }) => [
      onResource('events:PutRule', arn(`rule/${Name}`), requestTagContext(tagMap(Tags))),
      ...(RoleArn === undefined ? [] : [passRole(RoleArn, 'events.amazonaws.com')]),
    ],
    run({ Name = '', EventPattern, ScheduleExpression, State, Description, RoleArn, EventBusName }) {
      checkBus(EventBusName);
      const rule = rules.put({
        name: Name,
        ...(EventPattern !== undefined && { eventPattern: EventPattern }),
        ...(ScheduleExpression !== undefined && { scheduleExpression: ScheduleExpression }),
        ...(Description !== undefined && { description: Description }),
        ...(RoleArn !== undefined && { roleArn: RoleArn }),
        state: stateOf(State),
      });
      return { RuleArn: rule.arn };
    },
  };

  const describeRule: Operation<DescribeRuleCommandInput> = {
    needs: ({ Name = '' }) => [onResource('events:DescribeRule', arn(`rule/${Name}`))],
    run({ Name = '', EventBusName }) {
      checkBus(EventBusName);
      const rule = found(Name);
      return { ...ruleReply(rule), CreatedBy: rule.createdBy };
    },
  };

  const listRules: Operation<ListRulesCommandInput> = {
    needs: () => [onEverything('events:ListRules')],
    run({ NamePrefix = '', EventBusName, NextToken, Limit = 100 }) {
      checkBus(EventBusName);
      const listed = rules.all().filter(({ name }) => name.startsWith(NamePrefix));
      const invalidToken = () => new ServiceError('ValidationException', 'The NextToken is not valid.');
      const page = paginate(listed, { token: NextToken, size: Limit, invalidToken });
      return { Rules: page.items.map(ruleReply), ...(page.nextToken !== undefined && { NextToken: page.nextToken }) };
    },
  };

  const listTargets: Operation<ListTargetsByRuleCommandInput> = {
    needs: ({ Rule: name = '' }) => [onResource('events:ListTargetsByRule', arn(`rule/${name}`))],
    run({ Rule: name = '', EventBusName, NextToken, Limit = 100 }) {
      checkBus(EventBusName);
      const { targets } = found(name);
      const start = NextToken === undefined ? 0 : Number(NextToken);
      const end = start + Limit;
      return {
        Targets: targets.slice(start, end).map(targetReply),
        ...(end < targets.length && { NextToken: String(end) }),
      };
    },
  };

  const setState = (action: string, state: Rule['state']): Operation<EnableRuleCommandInput> => ({
    needs: ({ Name = '' }) => [onResource(`events:${action}`, arn(`rule/${Name}`))],
    run({ Name = '', EventBusName }) {
      checkBus(EventBusName);
      found(Name);
      rules.setState(Name, state);
      return {};
    },
  });

  /** A rule that is not there is deleted already. Source: EventBridge API Reference, DeleteRule. */
  const deleteRule: Operation<DeleteRuleCommandInput> = {
    needs: ({ Name = '' }) => [onResource('events:DeleteRule', arn(`rule/${Name}`))],
    run({ Name = '', EventBusName }) {
      checkBus(EventBusName);
      if ((rules.find(Name)?.targets.length ?? 0) > 0)
        throw new ServiceError('ValidationException', "Rule can't be deleted since it has targets.");
      rules.remove(Name);
      return {};
    },
  };

  return {
    ...{ PutEvents: putEvents, PutRule: putRule, DeleteRule: deleteRule },
    ...{ EnableRule: setState('EnableRule', 'ENABLED'), DisableRule: setState('DisableRule', 'DISABLED') },
    ...{ DescribeRule: describeRule, ListRules: listRules, ListTargetsByRule: listTargets },
  };
}

/** Errors of single entries. Source: EventBridge API Reference, PutEventsResultEntry. */
function refusalOf({ Source, DetailType, Detail }: PutEventsRequestEntry): PutEventsResultEntry | undefined {
  const missing = Object.entries({ Source, DetailType, Detail }).find(([, value]) => !value);
  if (missing) {
    return {
      ErrorCode: 'InvalidArgument',
      ErrorMessage: `Parameter ${missing[0]} is not valid. Reason: ${missing[0]} is a required argument.`,
    };
  }
  if (Source?.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  try {
    if (isRecord(JSON.parse(Detail ?? ''))) return undefined;
  } catch {
    // Told below, as for JSON that is no object.
  }
  return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
}

function stateOf(state: string | undefined): 'ENABLED' | 'DISABLED' {
  if (state === undefined || state === 'ENABLED' || state === 'DISABLED') return state ?? 'ENABLED';
  throw new ServiceError('ValidationException', `State ${state} is not simulated.`);
}

function tagMap(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

function ruleReply({ name, arn, eventPattern, scheduleExpression, state, description, roleArn }: Rule) {
  return {
    Name: name,
    Arn: arn,
    EventPattern: eventPattern,
    ScheduleExpression: scheduleExpression,
    State: state,
    Description: description,
    RoleArn: roleArn,
    EventBusName: 'default',
  };
}

function targetReply({ id, arn, roleArn, input, inputPath, inputTransformer, retryPolicy, deadLetterArn }: Target) {
  return {
    Id: id,
    Arn: arn,
    RoleArn: roleArn,
    Input: input,
    InputPath: inputPath,
    InputTransformer: inputTransformer && {
      InputPathsMap: inputTransformer.inputPathsMap,
      InputTemplate: inputTransformer.inputTemplate,
    },
    RetryPolicy: retryPolicy && {
      MaximumRetryAttempts: retryPolicy.maximumRetryAttempts,
      MaximumEventAgeInSeconds: retryPolicy.maximumEventAgeInSeconds,
    },
    DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: deadLetterArn },
  };
}
