import type { Kernel } from '../../kernel/kernel.ts';
import type { EventBus } from '../../kernel/service.ts';
import { ec2Arn } from './arns.ts';
import type { Ec2Instance, Instances } from './instances.ts';

/** What EC2 tells of a Spot Instance before it takes it. */
export type SpotNotice = {
  readonly type: 'rebalance-recommended' | 'interruption-noticed';
  readonly instanceId: string;
};

export type SpotMarket = {
  /** Says that the instance is at an elevated risk of interruption, once. */
  readonly recommendRebalance: (instanceId: string) => void;
  /** Gives the notice, with the recommendation if there was none yet, and takes the machine two minutes later. */
  readonly interrupt: (instanceId: string) => void;
  /** Returns how to stop. */
  readonly onNotice: (listener: (notice: SpotNotice) => void) => () => void;
};

/** From the notice to the end of the machine. */
const noticeMs = 120_000;

/**
 * Interruptions of Spot Instances whose interruption behavior is `terminate`, the only one that Auto Scaling takes.
 * EC2 always gives the recommendation and the notice, perhaps at the same time
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html and
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/rebalance-recommendations.html).
 */
export function createSpotMarket(kernel: Kernel, instances: Instances, events: EventBus | undefined): SpotMarket {
  const { clock, log, identity } = kernel;
  const listeners = new Set<(notice: SpotNotice) => void>();
  const recommended = new Set<string>();
  const noticed = new Set<string>();

  const spotInstance = (instanceId: string): Ec2Instance => {
    const instance = instances.get(instanceId);
    if (instance?.lifecycle !== 'spot') throw new Error(`${instanceId} is no Spot Instance.`);
    return instance;
  };
  const announce = (type: SpotNotice['type'], instanceId: string) => {
    log.write(`spot.${type}`, { instanceId });
    for (const listener of listeners) listener({ type, instanceId });
  };
  const recommendRebalance = (instanceId: string) => {
    const { state } = spotInstance(instanceId);
    if (recommended.has(instanceId) || (state !== 'pending' && state !== 'running')) return;
    recommended.add(instanceId);
    events?.put({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance Rebalance Recommendation',
      resources: [ec2Arn(identity, 'instance', instanceId)],
      detail: { 'instance-id': instanceId },
    });
    announce('rebalance-recommended', instanceId);
  };

  return {
    recommendRebalance,
    interrupt(instanceId) {
      const { state, availabilityZone } = spotInstance(instanceId);
      if (noticed.has(instanceId) || (state !== 'pending' && state !== 'running')) return;
      recommendRebalance(instanceId);
      noticed.add(instanceId);
      events?.put({
        source: 'aws.ec2',
        'detail-type': 'EC2 Spot Instance Interruption Warning',
        // With the Availability Zone in the place of the Region, and no account: so it is documented.
        resources: [`arn:${identity.partition}:ec2:${availabilityZone}:instance/${instanceId}`],
        detail: { 'instance-id': instanceId, 'instance-action': 'terminate' },
      });
      announce('interruption-noticed', instanceId);
      clock.after(noticeMs, () => instances.interrupt(instanceId));
    },
    onNotice(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
