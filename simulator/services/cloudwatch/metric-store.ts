import type { Clock } from '../../kernel/clock.ts';
import { type Sample, statisticOf } from './statistics.ts';

export type Metric = {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions?: Readonly<Record<string, string>>;
};

export type Datum = Metric & {
  readonly value: number;
  /** How often the value was seen; 1 unless told. */
  readonly count?: number;
  /** Milliseconds since the epoch; now unless told. */
  readonly timestamp?: number;
};

export type Query = {
  readonly metric: Metric;
  /** `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`. */
  readonly statistic: string;
  readonly periodMs: number;
};

/** The metrics of the account, in minutes. */
export type MetricStore = {
  readonly record: (datum: Datum) => void;
  /** Sets what is reported every minute from now on while it is watched, such as the depth of a queue. */
  readonly setGauge: (metric: Metric, value: number) => void;
  /** The statistic over [start, start + period); undefined when there is no data. */
  readonly datapoint: (query: Query, start: number) => number | undefined;
  /** Every metric that has data. */
  readonly all: () => readonly Metric[];
  /** Called with the metric whenever it gets data. */
  readonly onData: (listener: (key: string) => void) => void;
};

type Change = { readonly at: number; readonly value: number };

const minuteMs = 60_000;
/** SQS reports a queue for six hours after it was last used. Source: SQS Developer Guide, "Available CloudWatch metrics". */
const gaugeActiveMs = 6 * 3_600_000;

/** One text for a namespace, a name and a set of dimensions. */
export function metricKey({ namespace, metricName, dimensions = {} }: Metric): string {
  const pairs = Object.entries(dimensions);
  if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, metricName, pairs]);
}

export function createMetricStore(clock: Pick<Clock, 'now'>): MetricStore {
  const samples = new Map<string, Map<number, Sample[]>>();
  const gauges = new Map<string, Change[]>();
  const listeners: ((key: string) => void)[] = [];

  const announce = (key: string) => {
    for (const listener of listeners) listener(key);
  };
  const samplesWithin = (key: string, start: number, end: number): Sample[] => {
    const minutes = [...(samples.get(key) ?? [])].filter(([minute]) => minute >= start && minute < end);
    return [...minutes.flatMap(([, found]) => found), ...gaugeWithin(gauges.get(key) ?? [], start, end)];
  };

  return {
    record({ value, count = 1, timestamp = clock.now(), ...metric }) {
      const key = metricKey(metric);
      const minute = Math.floor(timestamp / minuteMs) * minuteMs;
      const minutes = samples.get(key) ?? new Map<number, Sample[]>();
      samples.set(key, minutes);
      const found = minutes.get(minute) ?? [];
      minutes.set(minute, found);
      found.push({ value, count });
      announce(key);
    },
    setGauge(metric, value) {
      const key = metricKey(metric);
      const changes = gauges.get(key) ?? [];
      gauges.set(key, changes);
      changes.push({ at: clock.now(), value });
      announce(key);
    },
    datapoint({ metric, statistic, periodMs }, start) {
      const found = samplesWithin(metricKey(metric), start, start + periodMs);
      return found.length === 0 ? undefined : statisticOf(statistic, found);
    },
    all: () => [...new Set([...samples.keys(), ...gauges.keys()])].sort().map(metricOfKey),
    onData: (listener) => {
      listeners.push(listener);
    },
  };
}

function metricOfKey(key: string): Metric {
  const [namespace, metricName, pairs] = JSON.parse(key) as [string, string, [string, string][]];
  return { namespace, metricName, dimensions: Object.fromEntries(pairs) };
}

/** One sample at the end of every minute in which the gauge is watched. */
function gaugeWithin(changes: readonly Change[], start: number, end: number): Sample[] {
  const [first] = changes;
  if (first === undefined) return [];
  const found: Sample[] = [];
  const firstMinute = Math.max(start, Math.floor(first.at / minuteMs) * minuteMs);
  for (let minute = firstMinute; minute < end; minute += minuteMs) {
    const value = gaugeAt(changes, minute + minuteMs);
    if (value !== undefined) found.push({ value, count: 1 });
  }
  return found;
}

function gaugeAt(changes: readonly Change[], time: number): number | undefined {
  const last = changes.findLast(({ at }) => at < time);
  if (last === undefined || (last.value === 0 && time - last.at > gaugeActiveMs)) return undefined;
  return last.value;
}
