import type { Container, PodSpec, Quantities } from '../workload-objects.ts';

const units: Readonly<Record<string, number>> = {
  '': 1,
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** The few quantities of a cluster are read thousands of times. */
const read = new Map<string | number, number>();

/** A Kubernetes quantity, such as `1500m`, `2Gi` or `1e3`, as a number; NaN when it is none. */
export function amountOf(quantity: string | number): number {
  const known = read.get(quantity);
  if (known !== undefined) return known;
  const amount = parse(quantity);
  read.set(quantity, amount);
  return amount;
}

function parse(quantity: string | number): number {
  const [, digits = '', unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(quantity)) ?? [];
  return digits === '' ? Number.NaN : Number(digits) * (units[unit] ?? Number.NaN);
}

/** Amounts by resource. */
export type Amounts = Readonly<Record<string, number>>;

/**
 * What a pod asks of a node: the sum of its containers and sidecars, or of one init container with the sidecars if that
 * is more. kubernetes.io/docs/concepts/workloads/pods/init-containers#resource-sharing-within-containers
 */
export function requestsOf({ containers, initContainers = [] }: PodSpec): Amounts {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const sum: Record<string, number> = {};
  for (const container of [...containers, ...sidecars]) {
    for (const [name, amount] of amountsOf(container)) sum[name] = (sum[name] ?? 0) + amount;
  }
  const starting = initContainers.filter((container) => !sidecars.includes(container));
  for (const [name, amount] of starting.flatMap(amountsOf)) sum[name] = Math.max(sum[name] ?? 0, amount);
  return sum;
}

/** A limit without a request counts as the request. */
function amountsOf({ resources }: Container): [string, number][] {
  const asked: Quantities = { ...resources?.limits, ...resources?.requests };
  return Object.entries(asked).map(([name, amount]) => [name, amountOf(amount)]);
}
