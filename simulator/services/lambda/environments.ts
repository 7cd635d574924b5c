import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Caller } from '../../kernel/service.ts';
import type { Environment, Runner } from '../../lambda/runner.ts';
import { roleSession } from '../kms/authority.ts';
import type { FunctionVersion } from './functions.ts';

/** An execution environment and what its life depends on. */
export type LiveEnvironment = {
  readonly environmentId: string;
  readonly environment: Environment;
  readonly logStreamName: string;
  readonly startedAt: number;
  idleSince: number | undefined;
};

/** How a line of a function reaches CloudWatch Logs. */
export type WriteLog = (line: {
  readonly logGroupName: string;
  readonly stream: string;
  readonly message: string;
  readonly caller: Caller;
}) => void;

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Iam, 'credentialsFor'>;
  readonly runner: Runner;
  readonly writeLog: WriteLog;
};

/** AWS keeps an unused environment for some minutes and replaces a used one every few hours; it promises neither. */
const idleLimitMs = 10 * 60_000;
const ageLimitMs = 2 * 3_600_000;
const credentialSeconds = 12 * 3600;

/** The execution environments of all functions. One that is idle is used again before a new one is made. */
export function createEnvironments({ kernel, iam, runner, writeLog }: Dependencies) {
  const pools = new Map<string, LiveEnvironment[]>();
  const started = new Map<string, number>();

  const start = (version: FunctionVersion): LiveEnvironment => {
    const count = (started.get(version.arn) ?? 0) + 1;
    started.set(version.arn, count);
    const environmentId = `${version.functionName}:${version.version}/${count}`;
    const now = kernel.clock.now();
    const logStreamName = logStreamOf(version, new Date(now), kernel.random.hex(32, 'log-stream', environmentId));
    const caller = roleSession(version.role, version.functionName);
    const environment = runner.start({
      environmentId,
      functionName: version.functionName,
      code: version.code,
      handler: version.handler,
      architecture: version.architecture,
      variables: variablesOf(version, logStreamName),
      randomSeed: kernel.random.hex(32, 'environment', environmentId),
      writeLog: (message) => writeLog({ logGroupName: version.logGroupName, stream: logStreamName, message, caller }),
    });
    return { environmentId, environment, logStreamName, startedAt: now, idleSince: undefined };
  };
  const variablesOf = (version: FunctionVersion, logStreamName: string): Record<string, string> => {
    const { accessKeyId, secretAccessKey, sessionToken } = iam.credentialsFor({
      roleArn: version.role,
      sessionName: version.functionName,
      durationSeconds: credentialSeconds,
      functionName: version.functionName,
    });
    return {
      ...version.environment,
      ...runtimeVariables(version, kernel.identity.region, logStreamName),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL: runner.endpointUrl,
    };
  };
  const isSpent = ({ idleSince, startedAt }: LiveEnvironment) => {
    const now = kernel.clock.now();
    return idleSince !== undefined && (now - idleSince > idleLimitMs || now - startedAt > ageLimitMs);
  };
  const sweep = () => {
    for (const [arn, pool] of pools) {
      if (!pool.some(isSpent)) continue;
      for (const spent of pool.filter(isSpent)) spent.environment.destroy();
      pools.set(
        arn,
        pool.filter((live) => !isSpent(live)),
      );
    }
  };

  return {
    /** The idle environment that was used last, or a new one. */
    take(version: FunctionVersion): { readonly live: LiveEnvironment; readonly isCold: boolean } {
      sweep();
      const pool = pools.get(version.arn) ?? [];
      pools.set(version.arn, pool);
      const idle = pool.filter(({ idleSince }) => idleSince !== undefined);
      const warm = idle.toSorted((a, b) => (b.idleSince ?? 0) - (a.idleSince ?? 0))[0];
      if (warm !== undefined) {
        warm.idleSince = undefined;
        return { live: warm, isCold: false };
      }
      const live = start(version);
      pool.push(live);
      return { live, isCold: true };
    },
    giveBack(live: LiveEnvironment): void {
      live.idleSince = kernel.clock.now();
    },
    discard(version: FunctionVersion, live: LiveEnvironment): void {
      live.environment.destroy();
      pools.set(
        version.arn,
        (pools.get(version.arn) ?? []).filter((other) => other !== live),
      );
    },
    /** Ends all environments of a function that is deleted. */
    discardAll(functionName: string): void {
      for (const [arn, pool] of pools) {
        if (!arn.split(':').includes(functionName)) continue;
        for (const { environment } of pool) environment.destroy();
        pools.delete(arn);
      }
    },
    busy: (functionName?: string): number =>
      [...pools]
        .filter(([arn]) => functionName === undefined || arn.split(':')[6] === functionName)
        .flatMap(([, pool]) => pool)
        .filter(({ idleSince }) => idleSince === undefined).length,
  };
}

function logStreamOf({ version }: FunctionVersion, startedAt: Date, id: string): string {
  return `${startedAt.toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${id}`;
}

/** Source: Lambda Developer Guide, "Defined runtime environment variables". */
function runtimeVariables(version: FunctionVersion, region: string, logStreamName: string): Record<string, string> {
  return {
    _HANDLER: version.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: version.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: version.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin',
    TZ: ':UTC',
  };
}
