import * as v from 'valibot';
import { strictObject } from '../../schema/shapes.ts';
import { compact, resourceType, text, whole } from '../resource-type.ts';

const date = v.pipe(
  text,
  v.transform((value) => new Date(value)),
  v.check((value) => !Number.isNaN(value.getTime()), 'a date'),
);

// A flexible window would move invocations by chance that AWS does not describe.
export const schedule = resourceType(
  strictObject({
    Name: v.optional(text),
    GroupName: v.optional(text),
    Description: v.optional(text),
    ScheduleExpression: text,
    ScheduleExpressionTimezone: v.optional(text),
    FlexibleTimeWindow: strictObject({ Mode: v.literal('OFF') }),
    State: v.optional(v.picklist(['ENABLED', 'DISABLED'])),
    StartDate: v.optional(date),
    EndDate: v.optional(date),
    Target: strictObject({
      Arn: text,
      RoleArn: text,
      Input: v.optional(text),
      RetryPolicy: v.optional(
        strictObject({ MaximumRetryAttempts: v.optional(whole), MaximumEventAgeInSeconds: v.optional(whole) }),
      ),
      DeadLetterConfig: v.optional(strictObject({ Arn: text })),
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
