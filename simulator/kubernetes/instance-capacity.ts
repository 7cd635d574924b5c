import type { Quantities } from './workload-objects.ts';

const gibibytesPerCpu: Readonly<Record<string, number>> = { c: 2, m: 4, r: 8, t: 4 };

/** Addresses of one network interface by instance size, less its own: what one interface can give to pods. */
const secondaryAddresses: Readonly<Record<string, number>> = {
  medium: 5,
  large: 9,
  xlarge: 14,
  '2xlarge': 14,
  '4xlarge': 29,
  '8xlarge': 29,
  '12xlarge': 29,
  '16xlarge': 49,
  '24xlarge': 49,
};

/** What a node of an instance type offers, as its kubelet counts it. */
export function capacityOf(instanceType: string): Quantities {
  const [family = 'm', size = 'large'] = instanceType.split('.');
  const cpus = size === 'medium' || size === 'large' ? 2 : 4 * Number(/^(\d+)?xlarge$/.exec(size)?.[1] ?? 1);
  const memory = cpus * (gibibytesPerCpu[family[0] ?? 'm'] ?? 4);
  return {
    cpu: String(cpus),
    'ephemeral-storage': '104853484Ki',
    memory: `${memory * 1024 * 1024 - 377_316}Ki`,
    pods: '110',
  };
}

export function addressCapacityOf(instanceType: string): number {
  return secondaryAddresses[instanceType.split('.')[1] ?? ''] ?? 9;
}
