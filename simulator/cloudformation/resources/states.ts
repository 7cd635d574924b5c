import { z } from 'zod';
import { compact, flag, resourceType, tags, text } from '../resource-type.ts';
import { TemplateError } from '../template-error.ts';

const logging = z.strictObject({
  Level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).optional(),
  IncludeExecutionData: flag.optional(),
  Destinations: z.array(z.strictObject({ CloudWatchLogsLogGroup: z.strictObject({ LogGroupArn: text }) })).optional(),
});

export const stateMachine = resourceType(
  z.strictObject({
    StateMachineName: text.optional(),
    StateMachineType: z.enum(['STANDARD', 'EXPRESS']).optional(),
    DefinitionString: text.optional(),
    Definition: z.record(z.string(), z.unknown()).optional(),
    DefinitionSubstitutions: z.record(z.string(), text).optional(),
    RoleArn: text,
    LoggingConfiguration: logging.optional(),
    TracingConfiguration: z.strictObject({ Enabled: flag }).optional(),
    Tags: tags.optional(),
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
function loggingOf({ Level = 'OFF', IncludeExecutionData = false, Destinations = [] }: z.infer<typeof logging>) {
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
