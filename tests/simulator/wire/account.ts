import { createIam, type Iam } from '../../../simulator/iam/iam.ts';
import { createClock } from '../../../simulator/kernel/clock.ts';
import { createEventLog } from '../../../simulator/kernel/event-log.ts';
import { createFaults, type Fault } from '../../../simulator/kernel/faults.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { createRandomness } from '../../../simulator/kernel/randomness.ts';
import type { Service } from '../../../simulator/kernel/service.ts';
import { defaultTimings } from '../../../simulator/kernel/timings.ts';
import type { Front } from '../../../simulator/kernel/wire.ts';
import { createFront } from '../../../simulator/wire/front.ts';
import { listen } from '../../../simulator/wire/http-server.ts';

export const accountId = '111122223333';
export const region = 'eu-central-1';

export function aKernel({ startsAt = Date.now(), faults = [] as readonly Fault[] } = {}): Kernel {
  const clock = createClock(startsAt);
  return {
    identity: { accountId, region, partition: 'aws' },
    clock,
    random: createRandomness(1),
    log: createEventLog(clock),
    timings: defaultTimings,
    faults: createFaults(faults),
  };
}

export type TestAccount = {
  readonly kernel: Kernel;
  readonly iam: Iam;
  readonly front: Front;
  readonly killed: readonly (readonly [string, string])[];
  /** What an SDK client needs to speak to the account as its operator. */
  readonly client: { region: string; endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  readonly close: () => Promise<void>;
};

/** An account with the given services behind a real port, whose clock runs until it is closed. */
export async function openAccount(
  services: readonly Service[],
  options: { startsAt?: number; faults?: readonly Fault[]; setUp?: (iam: Iam) => void } = {},
): Promise<TestAccount> {
  const kernel = aKernel(options);
  const iam = createIam({ kernel });
  options.setUp?.(iam);
  const killed: [string, string][] = [];
  const front = createFront({ kernel, iam, services, onKill: (functionName, key) => killed.push([functionName, key]) });
  const server = await listen({ front, kernel });
  let isClosed = false;
  const running = kernel.clock.run(() => isClosed, { idle: 'wait' });
  return {
    kernel,
    iam,
    front,
    killed,
    client: { region, endpoint: `http://127.0.0.1:${server.port}`, credentials: iam.operatorCredentials() },
    close: async () => {
      isClosed = true;
      kernel.clock.after(0, () => undefined);
      await Promise.all([running, server.close()]);
    },
  };
}

/** The kinds and details of what an account logged, without the times. */
export const logOf = ({ kernel }: Pick<TestAccount, 'kernel'>, kind: string) =>
  kernel.log
    .entries()
    .filter((entry) => entry.kind === kind)
    .map(({ details }) => details);
