import { describe, expect, it } from 'vitest';
import type { AwsEvent } from '../../../simulator/kernel/service.ts';
import { AMI, anEc2 } from './an-ec2.ts';

const MINUTE = 60_000;
type Put = Pick<AwsEvent, 'source' | 'detail-type' | 'resources' | 'detail'>;

/** An account with one machine, and the events that it has put. */
function aMachine(market: object | undefined) {
  const events: Put[] = [];
  const account = anEc2({ events: { put: (event) => events.push(event) } });
  const { id } = account.ec2.addLaunchTemplate({
    name: 'template',
    data: { ImageId: AMI, InstanceType: 'm5.large', ...(market && { InstanceMarketOptions: market }) },
  });
  const launch = () =>
    account.ec2.launchInstance({
      clientToken: 'one',
      launchTemplate: { id, version: '1' },
      subnetId: 'subnet-0aaaaaaa',
      runningSince: new Date(account.kernel.clock.now()),
    });
  return { ...account, events, launch };
}

describe('a Spot Instance', () => {
  it('is one when its launch template asks for it, and described as one', () => {
    const { launch, call } = aMachine({ MarketType: 'spot' });
    const { instanceId } = launch();
    const described = call<{ Reservations: [{ Instances: [object] }] }>('DescribeInstances', {
      Filters: [{ Name: 'instance-lifecycle', Values: ['spot'] }],
    });
    expect(described.Reservations[0].Instances[0]).toMatchObject({
      InstanceId: instanceId,
      InstanceLifecycle: 'spot',
      SpotInstanceRequestId: expect.stringMatching(/^sir-/),
    });
  });

  it('is taken two minutes after its notice, which comes with a recommendation', async () => {
    const { launch, ec2, events, pass, call } = aMachine({ MarketType: 'spot' });
    const { instanceId } = launch();
    ec2.spot.interrupt(instanceId);
    ec2.spot.interrupt(instanceId);
    await pass(2 * MINUTE - 1);
    expect(ec2.instance(instanceId)?.state).toBe('running');
    await pass(2);
    expect(ec2.instance(instanceId)?.state).toBe('shutting-down');
    expect(events).toEqual([
      {
        source: 'aws.ec2',
        'detail-type': 'EC2 Instance Rebalance Recommendation',
        resources: [`arn:aws:ec2:us-west-2:111122223333:instance/${instanceId}`],
        detail: { 'instance-id': instanceId },
      },
      {
        source: 'aws.ec2',
        'detail-type': 'EC2 Spot Instance Interruption Warning',
        resources: [`arn:aws:ec2:us-west-2a:instance/${instanceId}`],
        detail: { 'instance-id': instanceId, 'instance-action': 'terminate' },
      },
    ]);
    const { Reservations } = call<{ Reservations: [{ Instances: [object] }] }>('DescribeInstances');
    expect(Reservations[0].Instances[0]).toMatchObject({ StateReason: { Code: 'Server.SpotInstanceTermination' } });
  });

  it('is recommended for replacement once, and lives on', async () => {
    const { launch, ec2, events, pass } = aMachine({ MarketType: 'spot' });
    const { instanceId } = launch();
    ec2.spot.recommendRebalance(instanceId);
    ec2.spot.recommendRebalance(instanceId);
    await pass(60 * MINUTE);
    expect(events).toHaveLength(1);
    expect(ec2.instance(instanceId)?.state).toBe('running');
  });

  it('cannot be stopped or hibernated at an interruption here', () => {
    const { launch } = aMachine({ MarketType: 'spot', SpotOptions: { InstanceInterruptionBehavior: 'hibernate' } });
    expect(launch).toThrow('no Spot Instances that hibernate');
  });

  it('is no On-Demand Instance: those are not interrupted', () => {
    const { launch, ec2 } = aMachine(undefined);
    const { instanceId } = launch();
    expect(() => ec2.spot.interrupt(instanceId)).toThrow('no Spot Instance');
    expect(() => ec2.spot.recommendRebalance(instanceId)).toThrow('no Spot Instance');
  });
});
