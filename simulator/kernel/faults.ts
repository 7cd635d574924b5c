/**
 * What a scenario lets go wrong, by name and place. The account asks at each place; it never knows why.
 *
 * - `launch`: instances of a group cannot be launched between two moments (milliseconds since the epoch).
 * - `call`: the n-th call of an operation (counted per function when one is named). `error` refuses it before
 *   anything happens; `lost` does the work and closes the connection; `slow` delays the reply; `killed` does the
 *   work and kills the calling function before the reply reaches it.
 */
export type Fault =
  | {
      readonly at: 'launch';
      readonly group: string;
      readonly from: number;
      readonly until: number;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly at: 'call';
      /** `<Service>.<Operation>`, such as `AutoScaling.StartInstanceRefresh`, or `Kubernetes.<verb> <resource>`. */
      readonly operation: string;
      readonly functionName?: string;
      readonly nth: number;
      readonly effect:
        | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly status: number }
        | { readonly kind: 'lost' }
        | { readonly kind: 'slow'; readonly delayMs: number }
        | { readonly kind: 'killed' };
    };

export type LaunchFault = Extract<Fault, { at: 'launch' }>;
export type CallFault = Extract<Fault, { at: 'call' }>;

export type Faults = {
  /** Adds a fault that could not be named before the account was filled. */
  readonly add: (fault: Fault) => void;
  readonly onLaunch: (group: string, now: number) => LaunchFault | undefined;
  /** Asked once per call, before it is run; counts the call. */
  readonly onCall: (operation: string, functionName: string | undefined) => CallFault['effect'] | undefined;
};

export function createFaults(faults: readonly Fault[] = []): Faults {
  const launches: LaunchFault[] = [];
  const calls: { readonly fault: CallFault; count: number }[] = [];
  const add = (fault: Fault) => {
    if (fault.at === 'launch') launches.push(fault);
    else calls.push({ fault, count: 0 });
  };
  for (const fault of faults) add(fault);

  return {
    add,
    onLaunch: (group, now) => launches.find((fault) => fault.group === group && fault.from <= now && now < fault.until),
    onCall(operation, functionName) {
      const concerned = calls.filter(
        ({ fault }) =>
          fault.operation === operation && (fault.functionName === undefined || fault.functionName === functionName),
      );
      for (const entry of concerned) entry.count += 1;
      return concerned.find(({ fault, count }) => count === fault.nth)?.fault.effect;
    },
  };
}
