import type { KubernetesObject } from '../objects.ts';
import { at, containersText, listAt, numberAt, selectorText, textAt } from './cell-text.ts';
import { ageColumn, ageOf, type Columns, column, nameColumn, wide } from './column.ts';

/** The columns of jobs. */
export const jobColumns: Columns = [
  nameColumn,
  column('Status', statusText, 'Status of the job.'),
  column('Completions', completionsText, 'How many pods of the job have finished as they should.'),
  column('Duration', durationText, 'Time that the job has run.'),
  ageColumn,
  wide(column('Containers', (job) => containersText(job, 'name'), 'Names of each container in the template.')),
  wide(column('Images', (job) => containersText(job, 'image'), 'Images of each container in the template.')),
  wide(column('Selector', (job) => selectorText(at(job, 'spec.selector')), 'Label selector for pods.')),
];

/** Conditions that are shown, the first that holds. */
const ends = ['Complete', 'Failed', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet'] as const;

function statusText(job: KubernetesObject): string {
  const holds = listAt(job, 'status.conditions').flatMap(({ type, status }) => (status === 'True' ? [type] : []));
  const shown = ends.find((type) => holds.includes(type));
  if (shown !== undefined) return shown;
  return job.metadata.deletionTimestamp === undefined ? 'Running' : 'Terminating';
}

function completionsText(job: KubernetesObject): string {
  const wanted = at(job, 'spec.completions');
  const done = numberAt(job, 'status.succeeded');
  if (wanted !== undefined) return `${done}/${String(wanted)}`;
  const parallel = numberAt(job, 'spec.parallelism');
  return parallel > 1 ? `${done}/1 of ${parallel}` : `${done}/1`;
}

function durationText(job: KubernetesObject, now: number): string {
  const started = textAt(job, 'status.startTime');
  if (started === '') return '';
  const completed = textAt(job, 'status.completionTime');
  return ageOf(started, completed === '' ? now : Date.parse(completed));
}
