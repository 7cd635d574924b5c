/**
 * What a scenario lets go wrong, by name and place. The account asks at each place; it never knows why.
 *
 * - `launch`: instances of a group cannot be launched between two moments (milliseconds since the epoch).
 * - `call`: the n-th call of an operation (counted per function when one is named). `error` refuses it before
 *   anything happens; `lost` does the work and closes the connection; `slow` delays the reply; `killed` does the
 *   work and kills the calling function before the reply reaches it.
 * - `event`: the n-th event that a rule of the bus matches reaches the rule's targets once per delay, in milliseconds on
 *   top of the usual latency: none is a lost event, two a doubled one.
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
    }
  | { readonly at: 'event'; readonly rule: string; readonly nth: number; readonly delaysMs: readonly number[] };

export type LaunchFault = Extract<Fault, { at: 'launch' }>;
export type CallFault = Extract<Fault, { at: 'call' }>;
export type EventFault = Extract<Fault, { at: 'event' }>;

export type Faults = {
  /** Adds a fault that could not be named before the account was filled. */
  readonly add: (fault: Fault) => void;
  readonly onLaunch: (group: string, now: number) => LaunchFault | undefined;
  /** Asked once per call, before it is run; counts the call. */
  readonly onCall: (operation: string, functionName: string | undefined) => CallFault['effect'] | undefined;
  /** Asked once per event that a rule matches; counts it. */
  readonly onEvent: (rule: string) => EventFault['delaysMs'];
};

/** An event that nothing happens to arrives once. */
const undisturbed: EventFault['delaysMs'] = [0];

type Counted<Kind extends Fault> = { readonly fault: Kind; count: number };

/** Counts the occasion for all faults that it concerns; the one whose turn it is. */
function countOne<Kind extends CallFault | EventFault>(concerned: readonly Counted<Kind>[]): Kind | undefined {
  for (const entry of concerned) entry.count += 1;
  return concerned.find(({ fault, count }) => count === fault.nth)?.fault;
}

export function createFaults(faults: readonly Fault[] = []): Faults {
  const launches: LaunchFault[] = [];
  const calls: Counted<CallFault>[] = [];
  const events: Counted<EventFault>[] = [];
  const add = (fault: Fault) => {
    if (fault.at === 'launch') launches.push(fault);
    else if (fault.at === 'call') calls.push({ fault, count: 0 });
    else events.push({ fault, count: 0 });
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
      return countOne(concerned)?.effect;
    },
    onEvent: (rule) => countOne(events.filter(({ fault }) => fault.rule === rule))?.delaysMs ?? undisturbed,
  };
}
