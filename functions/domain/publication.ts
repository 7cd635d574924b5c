import * as v from 'valibot';
import { ParameterNotUsable } from './errors.ts';
import { Image, isNewerBuild } from './image.ts';
import type { GroupReport, Plan } from './report.ts';
import { countFromOne, nonEmpty, strictObject, timestamp } from './shapes.ts';

/** The rings of a channel, which have a parameter each. */
export const onlyRing = 'broad';

/** The parameter in which the AMI of a channel's ring is published, for data sources of infrastructure as code. */
export const parameterName = (channel: string, ring: string): string => `/reglaze/${channel}/${ring}/ami-id`;

/** What the parameter has to be, so that AWS checks its value and others can tell what it is. */
export const parameterKind = { type: 'String', dataType: 'aws:ec2:image' } as const;

/** A parameter as Systems Manager describes it now. */
export type Parameter = {
  readonly name: string;
  readonly type: string;
  readonly dataType: string;
  readonly value: string;
};

/**
 * `published/<channel>/<ring>.json`: the newest image that a run has proved in the ring. The parameter follows this file,
 * which can be written by one run at a time; Parameter Store has no conditional writes.
 */
export const Publication = strictObject({
  schemaVersion: v.literal(1),
  channel: nonEmpty,
  ring: nonEmpty,
  image: Image,
  /** The run that proved the image. */
  run: nonEmpty,
  /** The last time that Parameter Store was asked to take the AMI; written before it is asked. */
  request: v.optional(strictObject({ amiId: nonEmpty, at: timestamp, count: countFromOne })),
});
export type Publication = Readonly<v.InferOutput<typeof Publication>>;

const isProof = ({ outcome }: GroupReport): boolean => ['patched', 'partly-patched', 'up-to-date'].includes(outcome);

/** A group that is back on another AMI than this one, or that nobody knows of where it is. */
const isRefutation = (group: GroupReport): boolean =>
  group.rejected === true || ['rolled-back', 'failed'].includes(group.outcome);

/** Ends in which a group that was to roll is not on the AMI of this run. */
const leftOut = (group: GroupReport): boolean => group.outcome === 'planned' || group.reason?.error === 'NewerImage';

/**
 * Why the AMI of a run must not be published, or undefined when every node group that the run was to roll is on it.
 *
 * Groups that a check or a hold kept out say nothing about an AMI; one that went back from it speaks against it, also
 * when that was in an earlier run. A run that was limited to some groups does not know about the others.
 *
 * @param ends what became of the groups of the plan: the plan's own word where nothing was to be done.
 */
export function whyNotProved({ image, dryRun, limited }: Plan, ends: readonly GroupReport[]): string | undefined {
  if ('release' in image) return 'Amazon publishes its own AMIs';
  if (dryRun) return 'it was a dry run';
  if (limited) return 'the run was limited to some node groups';
  const against = ends.find(isRefutation) ?? ends.find(leftOut);
  if (against) return `${against.cluster}/${against.name} is not on it (${against.outcome})`;
  if (ends.some((group) => isProof(group) && group.nodes.patched > 0)) return undefined;
  return 'no node runs it';
}

/** True while a node group that is rolled has no end yet: another look may find what this one did not. */
export const isUndecided = ({ dryRun, limited }: Plan, ends: readonly GroupReport[]): boolean =>
  !dryRun && !limited && ends.some(({ outcome }) => outcome === 'planned');

/** @throws {ParameterNotUsable} Somebody has made a parameter of that name, and of another kind. */
export function requireOurKind({ name, type, dataType }: Parameter): void {
  if (type === parameterKind.type && dataType === parameterKind.dataType) return;
  throw new ParameterNotUsable(
    `The parameter ${name} is of type ${type} with data type ${dataType}; AWS does not turn it into a ` +
      `${parameterKind.type} of ${parameterKind.dataType}. Delete it, then redrive the execution.`,
  );
}

/** AWS takes a value again five minutes after one that it has neither taken nor refused, so we wait a little longer. */
const patienceMs = 6 * 60_000;

const mostRequests = 2;

/** What to do for the parameter. What stands in `file` is written before anything else is done. */
export type PublicationStep =
  | { readonly do: 'nothing'; readonly answer: 'published' | 'superseded' }
  | { readonly do: 'wait' }
  | { readonly do: 'put' | 'give-up'; readonly amiId: string; readonly file: Publication };

type Situation = {
  /** Proved by this run. */
  readonly proved: Omit<Publication, 'request'>;
  readonly known: Publication | undefined;
  readonly parameter: Parameter | undefined;
  readonly now: Date;
};

/**
 * What brings the parameter to the newest proved AMI. A run with an older build than the file's never writes its own AMI:
 * it only takes back what it wrote itself, before the newer one was known.
 */
export function decidePublication({ proved, known, parameter, now }: Situation): PublicationStep {
  const newer = known !== undefined && isNewerBuild(known.image, proved.image) ? known : undefined;
  const { image } = newer ?? proved;
  if (newer && parameter?.value !== proved.image.amiId) return { do: 'nothing', answer: 'superseded' };
  if (parameter?.value === image.amiId) return { do: 'nothing', answer: 'published' };

  const request = known?.request?.amiId === image.amiId ? known.request : undefined;
  return ask(newer ?? { ...proved, request }, now);
}

/** Asks, unless AWS was asked a while ago and may still take the value; after two times without an effect no more. */
function ask({ request, ...file }: Publication, now: Date): PublicationStep {
  const { amiId } = file.image;
  const again = (count: number): PublicationStep => {
    return { do: 'put', amiId, file: { ...file, request: { amiId, at: now.toISOString(), count } } };
  };
  const age = request === undefined ? Number.POSITIVE_INFINITY : now.getTime() - new Date(request.at).getTime();
  if (request === undefined || age >= 2 * patienceMs) return again(1);
  if (age < patienceMs) return { do: 'wait' };
  return request.count < mostRequests ? again(request.count + 1) : { do: 'give-up', amiId, file };
}
