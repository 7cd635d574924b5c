/** Who makes a call, as IAM sees it. `roleArn` is missing only for the account's own services and its operator. */
export type Caller = {
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` for a role. */
  readonly arn: string;
  readonly roleArn?: string;
  /** An AWS service that acts by itself, such as `events.amazonaws.com`. */
  readonly service?: string;
  readonly accessKeyId?: string;
  /** The function whose environment made the call, if one did. */
  readonly functionName?: string;
};

export type CallContext = { readonly caller: Caller; readonly requestId: string };

/** One permission that IAM demands: for example `ec2:RunInstances` on one launch template, with the tags it has. */
export type Permission = {
  readonly action: string;
  readonly resource: string;
  /** Condition keys known for this call, such as `aws:ResourceTag/team`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** What the service answers when this one is missing, where that is not its usual refusal. */
  readonly refusal?: { readonly code: string; readonly message: string };
};

/**
 * One operation of a service. Members of `input` have the names of the service's model and have been checked
 * against it: required members, ranges, patterns, enums, no unknown members. A table of operations of every input
 * shape holds them as `Operation<never>`; only the wire layer, which has checked the input, may call through it.
 */
export type Operation<Input = never, Output = unknown> = {
  /** Every permission that the caller needs, the operation's own first. See `simulator/iam/dependent-actions.ts`. */
  readonly needs: (input: Input, call: CallContext) => readonly Permission[];
  readonly run: (input: Input, call: CallContext) => Output | Promise<Output>;
  /**
   * Set where `run` waits for account time, such as a synchronous invocation of a function. The clock goes on
   * while its promise is open; without it, an open promise is computing and holds the clock.
   */
  readonly takesTime?: boolean;
};

export type Service = {
  /** File name under `simulator/models`, without `.json`. */
  readonly model: string;
  /** As AWS writes it in errors of Step Functions and in our call counts: `AutoScaling`, `Ec2`, `Eks`. */
  readonly name: string;
  readonly operations: Readonly<Record<string, Operation>>;
};

/** An error that a service answers with; code and default status are those of its model. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly status: number | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { readonly status?: number; readonly members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
  }
}

/** An event on the account's default event bus, in the form in which EventBridge delivers it. */
export type AwsEvent = {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
};

/** What a service puts on the bus; the bus adds id, account, time and Region. */
export type EventBus = {
  readonly put: (event: Pick<AwsEvent, 'source' | 'detail-type' | 'resources' | 'detail'>) => void;
};
