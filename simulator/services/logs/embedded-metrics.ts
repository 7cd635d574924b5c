import type { Datum } from '../cloudwatch/metric-store.ts';
import { isRecord } from '../events/event-pattern.ts';

/**
 * The metrics inside a log line in CloudWatch's embedded metric format; none when it is no such line. A directive
 * that does not follow the specification gives nothing, as there. Source: CloudWatch User Guide, "Specification:
 * Embedded metric format".
 */
export function embeddedMetrics(line: string): Datum[] {
  if (!line.includes('"_aws"')) return [];
  const document = parse(line);
  const header = document?._aws;
  if (!isRecord(document) || !isRecord(header) || typeof header.Timestamp !== 'number') return [];
  const timestamp = header.Timestamp;
  return listOf(header.CloudWatchMetrics).flatMap((directive) => fromDirective(document, directive, timestamp));
}

type Directive = Readonly<Record<string, unknown>>;

function fromDirective(document: Directive, directive: unknown, timestamp: number): Datum[] {
  if (!isRecord(directive) || typeof directive.Namespace !== 'string') return [];
  const namespace = directive.Namespace;
  const sets = listOf(directive.Dimensions).map((names) => dimensionSet(document, names));
  return listOf(directive.Metrics).flatMap((metric) => {
    const metricName = isRecord(metric) && typeof metric.Name === 'string' ? metric.Name : '';
    const values = [document[metricName]].flat().filter((value) => typeof value === 'number');
    return sets.flatMap((dimensions) =>
      dimensions === undefined ? [] : values.map((value) => ({ namespace, metricName, dimensions, value, timestamp })),
    );
  });
}

/** Undefined when a dimension is named that the line does not have. */
function dimensionSet(document: Directive, names: unknown): Record<string, string> | undefined {
  const wanted = listOf(names).filter((name) => typeof name === 'string');
  if (wanted.some((name) => typeof document[name] !== 'string')) return undefined;
  return Object.fromEntries(wanted.map((name) => [name, document[name] as string]));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
