import type {
  FunctionConfiguration,
  GetFunctionCommandInput,
  GetFunctionCommandOutput,
  GetFunctionConfigurationCommandInput,
  InvokeCommandInput,
  InvokeCommandOutput,
  ListFunctionsCommandInput,
  ListFunctionsCommandOutput,
} from '@aws-sdk/client-lambda';
import { onEverything, onResource } from '../../iam/dependent-actions.ts';
import { type CallContext, type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import { type FunctionStore, type FunctionVersion, functionNotFound } from './functions.ts';
import type { InvocationResult, RunRequest } from './invocation.ts';

type Output<T> = Omit<T, '$metadata'>;

type Dependencies = {
  readonly functions: FunctionStore;
  readonly run: (request: RunRequest) => Promise<InvocationResult>;
  readonly accept: (event: { readonly functionArn: string; readonly payload: string }) => string;
};

/** The operations of Lambda that the account answers. */
export function createLambdaOperations({ functions, run, accept }: Dependencies): Service['operations'] {
  const existing = (name: string | undefined, qualifier?: string): FunctionVersion => {
    const version = functions.find(name ?? '', qualifier);
    if (version === undefined) throw functionNotFound(functions.namedArn(name ?? '', qualifier));
    return version;
  };

  const invoke: Operation<InvokeCommandInput, Output<InvokeCommandOutput>> = {
    takesTime: true,
    needs: ({ FunctionName = '', Qualifier }) => [
      onResource('lambda:InvokeFunction', functions.namedArn(FunctionName, Qualifier)),
    ],
    async run(input: InvokeCommandInput, { requestId }: CallContext) {
      refuseUnknown(input);
      const { FunctionName = '', Qualifier, InvocationType = 'RequestResponse' } = input;
      const payload = readPayload(input.Payload as Uint8Array | undefined);
      const version = existing(FunctionName, Qualifier);
      const invokedArn = functions.namedArn(FunctionName, Qualifier);
      if (InvocationType === 'DryRun') return { StatusCode: 204 };
      if (InvocationType === 'Event') {
        accept({ functionArn: invokedArn, payload });
        return { StatusCode: 202 };
      }
      const result = await run({ version, invokedArn, payload, requestId });
      return {
        StatusCode: 200,
        ExecutedVersion: result.executedVersion,
        ...(!result.ok && { FunctionError: 'Unhandled' }),
        Payload: Buffer.from(result.payload) as never,
      };
    },
  };

  const getFunction: Operation<GetFunctionCommandInput, Output<GetFunctionCommandOutput>> = {
    needs: ({ FunctionName = '', Qualifier }) => [
      onResource('lambda:GetFunction', functions.namedArn(FunctionName, Qualifier)),
    ],
    run({ FunctionName, Qualifier }) {
      const version = existing(FunctionName, Qualifier);
      const reserved = functions.reservedConcurrency(version.functionName);
      return {
        Configuration: describe(version),
        ...(Object.keys(version.tags).length > 0 && { Tags: version.tags }),
        ...(reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: reserved } }),
      };
    },
  };

  const getConfiguration: Operation<GetFunctionConfigurationCommandInput, FunctionConfiguration> = {
    needs: ({ FunctionName = '', Qualifier }) => [
      onResource('lambda:GetFunctionConfiguration', functions.namedArn(FunctionName, Qualifier)),
    ],
    run: ({ FunctionName, Qualifier }) => describe(existing(FunctionName, Qualifier)),
  };

  const listFunctions: Operation<ListFunctionsCommandInput, Output<ListFunctionsCommandOutput>> = {
    needs: () => [onEverything('lambda:ListFunctions')],
    run({ FunctionVersion, Marker = '0', MaxItems = 50, MasterRegion }) {
      if (MasterRegion !== undefined) throw notSimulated('MasterRegion');
      const all = FunctionVersion === 'ALL' ? functions.versions() : functions.all();
      const from = Number(Marker);
      if (!Number.isInteger(from))
        throw new ServiceError('InvalidParameterValueException', 'Invalid marker.', { status: 400 });
      const size = Math.min(50, MaxItems);
      return {
        Functions: all.slice(from, from + size).map(describe),
        ...(all.length > from + size && { NextMarker: String(from + size) }),
      };
    },
  };

  return {
    ...{ Invoke: invoke, ListFunctions: listFunctions },
    ...{ GetFunction: getFunction, GetFunctionConfiguration: getConfiguration },
  };
}

function readPayload(payload: Uint8Array | undefined): string {
  const text = payload === undefined || payload.length === 0 ? '{}' : Buffer.from(payload).toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    const reason = `Could not parse request body into json: ${(error as Error).message}`;
    throw new ServiceError('InvalidRequestContentException', reason, { status: 400 });
  }
}

function refuseUnknown({ LogType, ClientContext, DurableExecutionName, TenantId }: InvokeCommandInput): void {
  if (LogType === 'Tail') throw notSimulated('LogType Tail');
  for (const [name, value] of Object.entries({ ClientContext, DurableExecutionName, TenantId })) {
    if (value !== undefined) throw notSimulated(name);
  }
}

function notSimulated(what: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', `${what} is not simulated.`, { status: 400 });
}

function describe(version: FunctionVersion): FunctionConfiguration {
  return {
    FunctionName: version.functionName,
    FunctionArn: version.arn,
    Runtime: 'nodejs24.x',
    Role: version.role,
    Handler: version.handler,
    CodeSize: version.code.size,
    CodeSha256: version.code.sha256,
    Description: version.description,
    Timeout: version.timeoutSeconds,
    MemorySize: version.memoryMegabytes,
    LastModified: new Date(version.lastModified).toISOString().replace('Z', '+0000'),
    Version: version.version,
    Environment: { Variables: version.environment },
    TracingConfig: { Mode: version.tracing },
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [version.architecture],
    LoggingConfig: { LogFormat: 'Text', LogGroup: version.logGroupName },
  };
}
