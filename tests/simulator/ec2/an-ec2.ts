import { createClock } from '../../../simulator/kernel/clock.ts';
import { createEventLog } from '../../../simulator/kernel/event-log.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { createRandomness } from '../../../simulator/kernel/randomness.ts';
import type { Permission } from '../../../simulator/kernel/service.ts';
import { createEc2, type Ec2, type Ec2Options } from '../../../simulator/services/ec2/ec2.ts';
import type { AmiSpec } from '../../../simulator/services/ec2/images.ts';
import { aKernel } from '../../support/kernel.ts';

export const START = Date.parse('2026-05-16T04:00:00.000Z');
export const AMI = 'ami-00000000000000001';

export type Ec2Account = {
  readonly kernel: Kernel;
  readonly ec2: Ec2;
  readonly call: <Output = Record<string, unknown>>(operation: string, input?: object) => Output;
  readonly needs: (operation: string, input: object) => readonly Permission[];
  readonly pass: (milliseconds: number) => Promise<void>;
};

/** An account with one image, one template of one version and one subnet. */
export function anEc2(
  options: Partial<Ec2Options> & { readonly region?: string; readonly seed?: number } = {},
): Ec2Account {
  const clock = createClock(START);
  const kernel = aKernel({
    clock,
    log: createEventLog(clock),
    random: createRandomness(options.seed ?? 1),
    identity: { accountId: '111122223333', region: options.region ?? 'us-west-2', partition: 'aws' },
  });
  const ec2 = createEc2({ kernel, ...options });
  ec2.addSubnet({ subnetId: 'subnet-0aaaaaaa', availabilityZone: 'us-west-2a', cidr: '10.0.1.0/24' });
  ec2.addImage(anAmi());
  const caller = { arn: 'arn:aws:sts::111122223333:assumed-role/patcher/session' };
  const entry = (operation: string) =>
    ec2.service.operations[operation] as unknown as {
      run: (input: object, call: object) => never;
      needs: (input: object, call: object) => readonly Permission[];
    };
  return {
    kernel,
    ec2,
    call: (operation, input = {}) => entry(operation).run(input, { caller, requestId: 'request-1' }),
    needs: (operation, input) => entry(operation).needs(input, { caller, requestId: 'request-1' }),
    async pass(milliseconds) {
      let isOver = false;
      clock.after(milliseconds, () => {
        isOver = true;
      });
      await clock.run(() => isOver);
    },
  };
}

export const anAmi = (overrides: Partial<AmiSpec> = {}): AmiSpec => ({
  imageId: AMI,
  name: `image ${overrides.imageId ?? AMI}`,
  platform: 'windows',
  creationDate: '2026-05-15T00:00:00.000Z',
  guest: {
    osImage: 'Windows Server 2022 Datacenter',
    kernelVersion: '10.0.20348.5139',
    kubeletVersion: 'v1.35.0',
    bootSeconds: [60, 120],
    readySeconds: [5, 10],
    addressSeconds: [5, 10],
  },
  ...overrides,
});
