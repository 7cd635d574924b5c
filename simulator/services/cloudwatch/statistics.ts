import { ServiceError } from '../../kernel/service.ts';

export type Sample = { readonly value: number; readonly count: number };

const statistics: Readonly<Record<string, (samples: readonly Sample[]) => number>> = {
  SampleCount: (samples) => samples.reduce((sum, { count }) => sum + count, 0),
  Sum: (samples) => samples.reduce((sum, { value, count }) => sum + value * count, 0),
  Minimum: (samples) => Math.min(...samples.map(({ value }) => value)),
  Maximum: (samples) => Math.max(...samples.map(({ value }) => value)),
  Average: (samples) => statisticOf('Sum', samples) / statisticOf('SampleCount', samples),
};

/** @throws {ServiceError} for statistics that are not simulated, such as trimmed means */
export function checkStatistic(name: string): void {
  if (Object.hasOwn(statistics, name) || percentileOf(name) !== undefined) return;
  throw new ServiceError('InvalidParameterValue', `The statistic ${name} is not simulated.`);
}

/** @param samples At least one. */
export function statisticOf(name: string, samples: readonly Sample[]): number {
  checkStatistic(name);
  const percentile = percentileOf(name);
  return percentile === undefined
    ? (statistics[name] as (samples: readonly Sample[]) => number)(samples)
    : rank(samples, percentile);
}

function percentileOf(name: string): number | undefined {
  const [, digits] = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Nearest rank. */
function rank(samples: readonly Sample[], percentile: number): number {
  const ordered = samples.toSorted((a, b) => a.value - b.value);
  const wanted = Math.max(1, Math.ceil((percentile / 100) * statisticOf('SampleCount', samples)));
  let seen = 0;
  for (const { value, count } of ordered) {
    seen += count;
    if (seen >= wanted) return value;
  }
  return ordered.at(-1)?.value ?? Number.NaN;
}
