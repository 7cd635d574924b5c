import * as v from 'valibot';
import { anyObject, recordOf, strictObject } from '../../schema/shapes.ts';
import type { Target } from '../../services/events/rules.ts';
import { compact, resourceType, tags, text, whole } from '../resource-type.ts';

const target = strictObject({
  Id: text,
  Arn: text,
  RoleArn: v.optional(text),
  Input: v.optional(text),
  InputPath: v.optional(text),
  InputTransformer: v.optional(
    strictObject({ InputPathsMap: v.optional(recordOf(v.string(), text)), InputTemplate: text }),
  ),
  RetryPolicy: v.optional(
    strictObject({ MaximumRetryAttempts: v.optional(whole), MaximumEventAgeInSeconds: v.optional(whole) }),
  ),
  DeadLetterConfig: v.optional(strictObject({ Arn: text })),
});

export const rule = resourceType(
  strictObject({
    Name: v.optional(text),
    Description: v.optional(text),
    EventBusName: v.optional(v.literal('default')),
    EventPattern: v.optional(anyObject),
    ScheduleExpression: v.optional(text),
    State: v.optional(v.picklist(['ENABLED', 'DISABLED'])),
    RoleArn: v.optional(text),
    Targets: v.optional(v.array(target)),
    Tags: v.optional(tags),
  }),
  (properties, { account, generatedName }) => {
    const { rules } = account.events;
    const name = properties.Name ?? generatedName(64);
    const created = rules.put(
      compact({
        name,
        description: properties.Description,
        eventPattern: properties.EventPattern === undefined ? undefined : JSON.stringify(properties.EventPattern),
        scheduleExpression: properties.ScheduleExpression,
        state: properties.State,
        roleArn: properties.RoleArn,
      }),
    );
    try {
      rules.setTargets(name, (properties.Targets ?? []).map(targetOf));
    } catch (error) {
      rules.remove(name);
      throw error;
    }
    return { ref: name, attributes: { Arn: created.arn }, delete: () => rules.remove(name) };
  },
);

function targetOf({
  Id,
  Arn,
  RoleArn,
  Input,
  InputPath,
  InputTransformer,
  RetryPolicy,
  DeadLetterConfig,
}: v.InferOutput<typeof target>): Target {
  return compact({
    id: Id,
    arn: Arn,
    roleArn: RoleArn,
    input: Input,
    inputPath: InputPath,
    inputTransformer:
      InputTransformer &&
      compact({ inputPathsMap: InputTransformer.InputPathsMap, inputTemplate: InputTransformer.InputTemplate }),
    retryPolicy:
      RetryPolicy &&
      compact({
        maximumRetryAttempts: RetryPolicy.MaximumRetryAttempts,
        maximumEventAgeInSeconds: RetryPolicy.MaximumEventAgeInSeconds,
      }),
    deadLetterArn: DeadLetterConfig?.Arn,
  });
}
