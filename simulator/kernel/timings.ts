/**
 * How long things take in the account, in milliseconds: the one table of model times. A pair is a range
 * that is drawn from. Sources: `docs/decisions.md`, "Model times"; none of them is a promise of AWS, so
 * a scenario may replace any of them.
 */
export type Timings = {
  /** From the request to the reply of an AWS operation. */
  readonly awsCall: readonly [number, number];
  readonly kubernetesCall: readonly [number, number];
  /** From the invocation to the first line of the handler. */
  readonly coldStart: readonly [number, number];
  readonly warmStart: readonly [number, number];
  /** Between two states of an execution. */
  readonly stateTransition: number;
  /** From a change to the invocation of the target of an EventBridge rule. */
  readonly eventDelivery: readonly [number, number];
  /** From Lambda's asynchronous queue to the function. */
  readonly asyncInvocation: readonly [number, number];
  /** How often Auto Scaling looks at a group. */
  readonly autoScalingReconcile: number;
  /** From RunInstances to state `running`, before the operating system has booted. */
  readonly instanceLaunch: readonly [number, number];
  readonly instanceTermination: readonly [number, number];
  /** Between two looks of EKS at the nodes of an update. */
  readonly eksReconcile: number;
};

export const defaultTimings: Timings = {
  awsCall: [20, 120],
  kubernetesCall: [5, 40],
  coldStart: [350, 900],
  warmStart: [2, 8],
  stateTransition: 25,
  eventDelivery: [200, 1500],
  asyncInvocation: [20, 200],
  autoScalingReconcile: 5000,
  instanceLaunch: [8000, 25_000],
  instanceTermination: [30_000, 90_000],
  eksReconcile: 10_000,
};
