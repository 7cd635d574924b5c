import { type Reason, reason } from './errors.ts';

/** How long a node object may outlive its instance: the cloud controller looks every few seconds. */
export const longestNodeObjectSeconds = 900;

/** How long hooks of others may hold an instance of ours before nobody waits for it any more. */
export const longestInstanceSeconds = 10_800;

export type RemovalView = {
  readonly instanceId: string;
  /** EC2's word for what the instance is doing; undefined when EC2 has forgotten it. */
  readonly instanceState: string | undefined;
  /** The node object that still is that of the instance. */
  readonly nodeName: string | undefined;
  /** Since when the step looks. */
  readonly since: Date;
};

export type Removal = {
  /** `held`: others keep the instance for so long that it is not waited for. `rests`: in a warm pool, or back from there. */
  readonly removal: 'removed' | 'leaving' | 'held' | 'stayed' | 'rests';
  readonly finding: Reason;
  /** Of an instance that is to be terminated: the name that its node had, if it had one. */
  readonly nodeName?: string | undefined;
};

/** The same of an instance that goes into a warm pool, by whether its node may have pods again. */
export const resting = (instanceId: string, pods: 'yes' | 'not-yet'): Removal =>
  pods === 'yes'
    ? { removal: 'rests', finding: { error: 'InPool', cause: `Instance ${instanceId} rests in its warm pool.` } }
    : {
        removal: 'leaving',
        finding: { error: 'InstanceLeaving', cause: `Instance ${instanceId} goes into its pool.` },
      };

const isTerminated = (state: string | undefined): boolean => state === undefined || state === 'terminated';

/** Whether an instance that was let go is terminated and its node object out of the cluster. */
export function judgeRemoval({ instanceId, instanceState, nodeName, since }: RemovalView, now: Date): Removal {
  const seconds = (now.getTime() - since.getTime()) / 1000;
  if (!isTerminated(instanceState)) {
    const cause = `Instance ${instanceId} is ${instanceState}; hooks of others may hold it.`;
    return {
      removal: seconds > longestInstanceSeconds ? 'held' : 'leaving',
      finding: { error: 'InstanceLeaving', cause },
    };
  }
  if (nodeName === undefined) {
    return {
      removal: 'removed',
      finding: { error: 'NodeRemoved', cause: `Instance ${instanceId} and its node are gone.` },
    };
  }
  return {
    removal: seconds > longestNodeObjectSeconds ? 'stayed' : 'leaving',
    finding: reason(
      'NodeStayed',
      `Instance ${instanceId} is terminated, but its node object ${nodeName} is still there. The cluster's cloud ` +
        `controller should have removed it. Look at that, or run: kubectl delete node ${nodeName}`,
    ),
  };
}
