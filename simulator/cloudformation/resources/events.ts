import { z } from 'zod';
import type { Target } from '../../services/events/rules.ts';
import { compact, resourceType, tags, text, whole } from '../resource-type.ts';

const target = z.strictObject({
  Id: text,
  Arn: text,
  RoleArn: text.optional(),
  Input: text.optional(),
  InputPath: text.optional(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), text).optional(), InputTemplate: text })
    .optional(),
  RetryPolicy: z
    .strictObject({ MaximumRetryAttempts: whole.optional(), MaximumEventAgeInSeconds: whole.optional() })
    .optional(),
  DeadLetterConfig: z.strictObject({ Arn: text }).optional(),
});

export const rule = resourceType(
  z.strictObject({
    Name: text.optional(),
    Description: text.optional(),
    EventBusName: z.literal('default').optional(),
    EventPattern: z.record(z.string(), z.unknown()).optional(),
    ScheduleExpression: text.optional(),
    State: z.enum(['ENABLED', 'DISABLED']).optional(),
    RoleArn: text.optional(),
    Targets: z.array(target).optional(),
    Tags: tags.optional(),
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
}: z.infer<typeof target>): Target {
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
