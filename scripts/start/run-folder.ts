import { runId } from '../../functions/domain/execution-name.ts';
import type { Execution } from '../../simulator/services/stepfunctions.ts';

/** Where reglaze keeps the files of a run in its bucket. */
export const runFolder = ({ name, startDate }: Pick<Execution, 'name' | 'startDate'>): string =>
  `runs/${runId(name, new Date(startDate))}`;
