import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { ServiceError } from '../../kernel/service.ts';
import { type FunctionCode, findEntryPoint, readFunctionCode } from '../../lambda/function-code.ts';
import { servicePrincipal } from '../kms/authority.ts';

/** What a function is made from. Whatever else CloudFormation can say about one is not simulated. */
export type FunctionConfig = {
  readonly functionName: string;
  readonly runtime: string;
  readonly handler: string;
  readonly role: string;
  readonly zip: Buffer;
  readonly timeoutSeconds?: number;
  readonly memoryMegabytes?: number;
  readonly architecture?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly tracing?: 'Active' | 'PassThrough';
  readonly logGroupName?: string;
  readonly reservedConcurrency?: number;
  readonly tags?: Readonly<Record<string, string>>;
};

/** One version of a function, `$LATEST` or published. */
export type FunctionVersion = {
  readonly functionName: string;
  /** With the version, except for `$LATEST`. */
  readonly arn: string;
  readonly version: string;
  readonly handler: string;
  readonly role: string;
  readonly code: FunctionCode;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly architecture: 'arm64' | 'x86_64';
  readonly environment: Readonly<Record<string, string>>;
  readonly description: string;
  readonly tracing: 'Active' | 'PassThrough';
  readonly logGroupName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly lastModified: number;
};

type Held = {
  latest: FunctionVersion;
  readonly published: FunctionVersion[];
  readonly reservedConcurrency: number | undefined;
};

export type FunctionStore = ReturnType<typeof createFunctionStore>;

type Dependencies = { readonly kernel: Kernel; readonly iam: Pick<Iam, 'mayAssume'> };

/** The functions of the account and their versions. */
export function createFunctionStore({ kernel, iam }: Dependencies) {
  const { accountId, region, partition } = kernel.identity;
  const functions = new Map<string, Held>();
  const arnOf = (functionName: string) => `arn:${partition}:lambda:${region}:${accountId}:function:${functionName}`;
  const existing = (functionName: string): Held => {
    const held = functions.get(functionName);
    if (held === undefined) throw functionNotFound(arnOf(functionName));
    return held;
  };
  const parse = (nameOrArn: string, qualifier?: string) => {
    const [, functionName = '', version] =
      /^(?:(?:arn:[\w-]+:lambda:)?(?:[\w-]+:)?(?:\d{12}:)?function:)?([\w-]+)(?::([\w$-]+))?$/.exec(nameOrArn) ?? [];
    return { functionName, version: version ?? qualifier ?? '$LATEST' };
  };

  return {
    arnOf,
    /** @throws {ServiceError} `InvalidParameterValueException`, `ResourceConflictException`. */
    async create(config: FunctionConfig): Promise<FunctionVersion> {
      const { functionName } = config;
      const code = await readFunctionCode(config.zip).catch(() => {
        throw invalid('Could not unzip uploaded file. Please check your file, then try to upload again.');
      });
      check(config, code);
      if (!iam.mayAssume(servicePrincipal('lambda.amazonaws.com'), config.role)) {
        throw invalid('The role defined for the function cannot be assumed by Lambda.');
      }
      if (functions.has(functionName)) {
        throw new ServiceError('ResourceConflictException', `Function already exist: ${functionName}`);
      }
      const latest = toVersion(config, code, arnOf(functionName), kernel.clock.now());
      functions.set(functionName, { latest, published: [], reservedConcurrency: config.reservedConcurrency });
      return latest;
    },
    /** Freezes the present configuration as the next version; the last one again when nothing has changed since. */
    publish(functionName: string): FunctionVersion {
      const held = existing(functionName);
      const last = held.published.at(-1);
      if (last !== undefined && last.code === held.latest.code) return last;
      const version = String(held.published.length + 1);
      const next = { ...held.latest, version, arn: `${arnOf(functionName)}:${version}` };
      held.published.push(next);
      return next;
    },
    remove: (functionName: string) => functions.delete(functionName),
    /** The version behind a name, an ARN or a partial ARN; undefined when there is none. */
    find(nameOrArn: string, qualifier?: string): FunctionVersion | undefined {
      const { functionName, version } = parse(nameOrArn, qualifier);
      const held = functions.get(functionName);
      return version === '$LATEST' ? held?.latest : held?.published.find((candidate) => candidate.version === version);
    },
    /** The ARN that a caller names, with its qualifier, whether there is such a function or not. */
    namedArn(nameOrArn: string, qualifier?: string): string {
      const { functionName } = parse(nameOrArn);
      const named = parse(nameOrArn, qualifier).version;
      const hasQualifier = qualifier !== undefined || named !== '$LATEST';
      return hasQualifier ? `${arnOf(functionName)}:${named}` : arnOf(functionName);
    },
    reservedConcurrency: (functionName: string) => existing(functionName).reservedConcurrency,
    all: (): readonly FunctionVersion[] => [...functions.values()].map(({ latest }) => latest),
    versions: (): readonly FunctionVersion[] =>
      [...functions.values()].flatMap(({ latest, published }) => [latest, ...published]),
  };
}

export function functionNotFound(arn: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`, { status: 404 });
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message, { status: 400 });
}

/** Names that Lambda keeps for itself. Source: Lambda Developer Guide, "Defined runtime environment variables". */
const reservedVariables =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_(FUNCTION_NAME|FUNCTION_MEMORY_SIZE|FUNCTION_VERSION|INITIALIZATION_TYPE|LOG_GROUP_NAME|LOG_STREAM_NAME|RUNTIME_API)|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

function check(config: FunctionConfig, code: FunctionCode): void {
  const {
    functionName,
    runtime,
    handler,
    timeoutSeconds = 3,
    memoryMegabytes = 128,
    architecture = 'x86_64',
    environment = {},
  } = config;
  const reserved = Object.keys(environment).filter((name) => reservedVariables.test(name));
  const rules: readonly (readonly [boolean, string])[] = [
    [/^[\w-]{1,64}$/.test(functionName), `${functionName} is no name for a function.`],
    [runtime === 'nodejs24.x', `The runtime ${runtime} is not simulated; nodejs24.x is.`],
    [architecture === 'arm64' || architecture === 'x86_64', `${architecture} is no architecture.`],
    [timeoutSeconds >= 1 && timeoutSeconds <= 900, `The time-out must be 1 to 900 seconds, not ${timeoutSeconds}.`],
    [
      memoryMegabytes >= 128 && memoryMegabytes <= 10_240,
      `The memory must be 128 to 10240 MB, not ${memoryMegabytes}.`,
    ],
    [
      reserved.length === 0,
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    ],
    [Buffer.byteLength(JSON.stringify(environment)) <= 4096, 'The environment variables are larger than 4 KB.'],
    [
      findEntryPoint(code, handler) !== undefined,
      `The package of ${functionName} has no file for its handler ${handler}.`,
    ],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken !== undefined) throw invalid(broken[1]);
}

function toVersion(config: FunctionConfig, code: FunctionCode, arn: string, lastModified: number): FunctionVersion {
  const { functionName, handler, role } = config;
  return {
    functionName,
    arn,
    version: '$LATEST',
    handler,
    role,
    code,
    timeoutSeconds: config.timeoutSeconds ?? 3,
    memoryMegabytes: config.memoryMegabytes ?? 128,
    architecture: config.architecture === 'arm64' ? 'arm64' : 'x86_64',
    environment: config.environment ?? {},
    description: config.description ?? '',
    tracing: config.tracing ?? 'PassThrough',
    logGroupName: config.logGroupName ?? `/aws/lambda/${functionName}`,
    tags: config.tags ?? {},
    lastModified,
  };
}
