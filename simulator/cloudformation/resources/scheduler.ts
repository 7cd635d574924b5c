import { z } from 'zod';
import { compact, resourceType, text, whole } from '../resource-type.ts';

const date = text.transform((value) => new Date(value)).refine((value) => !Number.isNaN(value.getTime()), 'not a date');

// A flexible window would move invocations by chance that AWS does not describe.
export const schedule = resourceType(
  z.strictObject({
    Name: text.optional(),
    GroupName: text.optional(),
    Description: text.optional(),
    ScheduleExpression: text,
    ScheduleExpressionTimezone: text.optional(),
    FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
    State: z.enum(['ENABLED', 'DISABLED']).optional(),
    StartDate: date.optional(),
    EndDate: date.optional(),
    Target: z.strictObject({
      Arn: text,
      RoleArn: text,
      Input: text.optional(),
      RetryPolicy: z
        .strictObject({ MaximumRetryAttempts: whole.optional(), MaximumEventAgeInSeconds: whole.optional() })
        .optional(),
      DeadLetterConfig: z.strictObject({ Arn: text }).optional(),
    }),
  }),
  ({ Target, ...properties }, { account, generatedName }) => {
    const created = account.scheduler.createSchedule(
      compact({
        name: properties.Name ?? generatedName(64),
        groupName: properties.GroupName,
        description: properties.Description,
        expression: properties.ScheduleExpression,
        timezone: properties.ScheduleExpressionTimezone,
        state: properties.State,
        startDate: properties.StartDate,
        endDate: properties.EndDate,
        target: compact({
          arn: Target.Arn,
          roleArn: Target.RoleArn,
          input: Target.Input,
          retryPolicy:
            Target.RetryPolicy &&
            compact({
              maximumRetryAttempts: Target.RetryPolicy.MaximumRetryAttempts,
              maximumEventAgeInSeconds: Target.RetryPolicy.MaximumEventAgeInSeconds,
            }),
          deadLetterArn: Target.DeadLetterConfig?.Arn,
        }),
      }),
    );
    return {
      ref: created.name,
      attributes: { Arn: created.arn },
      delete: () => account.scheduler.deleteSchedule(created.arn),
    };
  },
);
