import * as v from 'valibot';
import { anyObject, recordOf, strictObject } from '../../schema/shapes.ts';
import { compact, flag, resourceType, tags, text } from '../resource-type.ts';
import { TemplateError } from '../template-error.ts';

const logging = strictObject({
  Level: v.optional(v.picklist(['ALL', 'ERROR', 'FATAL', 'OFF'])),
  IncludeExecutionData: v.optional(flag),
  Destinations: v.optional(v.array(strictObject({ CloudWatchLogsLogGroup: strictObject({ LogGroupArn: text }) }))),
});

export const stateMachine = resourceType(
  strictObject({
    StateMachineName: v.optional(text),
    StateMachineType: v.optional(v.picklist(['STANDARD', 'EXPRESS'])),
    DefinitionString: v.optional(text),
    Definition: v.optional(anyObject),
    DefinitionSubstitutions: v.optional(recordOf(v.string(), text)),
    RoleArn: text,
    LoggingConfiguration: v.optional(logging),
    TracingConfiguration: v.optional(strictObject({ Enabled: flag })),
    Tags: v.optional(tags),
  }),
  (properties, { account, logicalId, generatedName }) => {
    const { DefinitionString, Definition, LoggingConfiguration, TracingConfiguration } = properties;
    if ((DefinitionString === undefined) === (Definition === undefined)) {
      throw new TemplateError(
        `Resources.${logicalId}.Properties`,
        'exactly one of DefinitionString and Definition is needed',
      );
    }
    const definition = DefinitionString ?? JSON.stringify(Definition);
    const name = properties.StateMachineName ?? generatedName(80);
    const { arn } = account.stepFunctions.createStateMachine(
      compact({
        name,
        definition: substituteAll(definition, properties.DefinitionSubstitutions ?? {}),
        roleArn: properties.RoleArn,
        type: properties.StateMachineType ?? 'STANDARD',
        loggingConfiguration: LoggingConfiguration && loggingOf(LoggingConfiguration),
        tracingConfiguration: TracingConfiguration && { enabled: TracingConfiguration.Enabled },
      }),
    );
    return {
      ref: arn,
      attributes: { Arn: arn, Name: name },
      delete: () => account.stepFunctions.deleteStateMachine(arn),
    };
  },
);

/** As the API has it. */
function loggingOf({ Level = 'OFF', IncludeExecutionData = false, Destinations = [] }: v.InferOutput<typeof logging>) {
  return {
    level: Level,
    includeExecutionData: IncludeExecutionData,
    destinations: Destinations.map(({ CloudWatchLogsLogGroup: { LogGroupArn } }) => ({
      cloudWatchLogsLogGroup: { logGroupArn: LogGroupArn },
    })),
  };
}

/** `DefinitionSubstitutions`: every `${name}` of a given name. */
function substituteAll(definition: string, substitutions: Readonly<Record<string, string>>): string {
  return definition.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(substitutions, name) ? (substitutions[name] as string) : whole,
  );
}
