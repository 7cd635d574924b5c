export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

export type ComparisonOperator =
  | 'GreaterThanOrEqualToThreshold'
  | 'GreaterThanThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

export type Rules = {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparisonOperator: ComparisonOperator;
  readonly treatMissingData: MissingData;
};

const breaches: Readonly<Record<ComparisonOperator, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

export const comparisonOperators = Object.keys(breaches) as readonly ComparisonOperator[];

/** Periods that an evaluation looks back beyond its own, as in the documentation's examples; AWS gives no number. */
export const extraPeriods = 2;

/**
 * The state after one evaluation; `current` when it stays. Real datapoints count first, however old they are within
 * the range; only when they are fewer than the evaluation periods are missing ones filled in. Source: CloudWatch User
 * Guide, "Configuring how CloudWatch alarms treat missing data", with "Avoiding premature transitions to alarm state".
 *
 * @param range One value per period, the oldest first: the evaluation periods and `extraPeriods` before them.
 */
export function evaluateAlarm(rules: Rules, range: readonly (number | undefined)[], current: AlarmState): AlarmState {
  const recent = pointsOf(rules, range).slice(-rules.evaluationPeriods);
  const breaching = recent.filter((point) => point.breaching).length;
  const missing = rules.evaluationPeriods - recent.length;

  if (breaching >= rules.datapointsToAlarm) return 'ALARM';
  if (missing === 0) return 'OK';
  if (recent.length === 0) return withoutData[rules.treatMissingData] ?? current;
  if (rules.treatMissingData === 'breaching') return breaching + missing >= rules.datapointsToAlarm ? 'ALARM' : 'OK';
  if (rules.treatMissingData === 'notBreaching' || breaching < recent.length) return 'OK';
  return breachesLongEnough(rules, recent) ? 'ALARM' : current;
}

/** All that is known breaches: enough for an alarm once the oldest of it is as old as the datapoints that it takes. */
function breachesLongEnough({ treatMissingData, datapointsToAlarm }: Rules, [oldest]: readonly Point[]): boolean {
  return treatMissingData === 'missing' && oldest !== undefined && oldest.age >= datapointsToAlarm;
}

type Point = { readonly age: number; readonly breaching: boolean };

/** The real datapoints, oldest first, with their age in periods. */
function pointsOf({ comparisonOperator, threshold }: Rules, range: readonly (number | undefined)[]): Point[] {
  return range
    .map((value, index) => ({ value, age: range.length - index }))
    .filter((point): point is { value: number; age: number } => point.value !== undefined)
    .map(({ value, age }) => ({ age, breaching: breaches[comparisonOperator](value, threshold) }));
}

const withoutData: Readonly<Record<MissingData, AlarmState | undefined>> = {
  missing: 'INSUFFICIENT_DATA',
  ignore: undefined,
  breaching: 'ALARM',
  notBreaching: 'OK',
};
