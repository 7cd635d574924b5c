import type * as v from 'valibot';
import { findParameter, putAmi } from '../adapters/parameters.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { ImageNotPublished } from '../domain/errors.ts';
import { Image } from '../domain/image.ts';
import {
  decidePublication,
  isUndecided,
  onlyRing,
  type Parameter,
  type Publication,
  type PublicationStep,
  parameterName,
  requireOurKind,
  whyNotProved,
} from '../domain/publication.ts';
import type { GroupReport } from '../domain/report.ts';
import { nonEmpty, strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({ run: nonEmpty, image: Image });

type Dependencies = {
  readonly files: Pick<RunFiles, 'findPlan' | 'findOutcome' | 'findPublication' | 'savePublication'>;
  readonly findParameter: (name: string) => Promise<Parameter | undefined>;
  readonly putAmi: typeof putAmi;
  readonly now: () => Date;
};

type Answer = {
  readonly publication: 'published' | 'pending' | 'superseded' | 'not-proved' | 'not-ended';
  readonly parameter?: string;
};

/**
 * Step "Publish image": makes the channel's parameter name the AMI that every node group of the run is on by now.
 *
 * Safe twice: a parameter that has the value is not written, and what was asked for stands in a file of the run bucket.
 * Two runs at once write that file one after the other, and it never goes back to an older build.
 *
 * @throws {ParameterNotUsable} Somebody has made a parameter of another kind.
 * @throws {ImageNotPublished} Parameter Store did not take the AMI.
 */
export const publishImage = ({ files, findParameter, putAmi, now }: Dependencies) => {
  const endOf = async (run: string, planned: GroupReport): Promise<GroupReport> => {
    if (planned.outcome !== 'planned') return planned;
    return (await files.findOutcome(run, { cluster: planned.cluster, nodeGroup: planned.name })) ?? planned;
  };

  /** Why nothing may be published; undefined also when this run has found so before. */
  const findObjection = async (run: string, image: Image, known: Publication | undefined) => {
    if (known?.run === run && known.image.amiId === image.amiId) return undefined;
    const plan = await files.findPlan(run);
    if (plan === undefined) return { answer: 'not-proved', why: 'the run has no plan' } as const;
    const ends = await Promise.all(plan.nodeGroups.map((group) => endOf(run, group)));
    const why = whyNotProved(plan, ends);
    return why === undefined
      ? undefined
      : { answer: isUndecided(plan, ends) ? ('not-ended' as const) : ('not-proved' as const), why };
  };

  const carryOut = async (step: PublicationStep, name: string, etag: string | undefined) => {
    if (step.do === 'nothing') return step.answer;
    if (step.do === 'wait') return 'pending';
    await files.savePublication(step.file, etag);
    if (step.do === 'give-up') {
      throw new ImageNotPublished(
        `Parameter Store was asked twice to take ${step.amiId} as ${name}, and has not. Look for what it refused in the ` +
          'event "Parameter Store Change", then redrive the execution.',
      );
    }
    const { channel, ring } = step.file;
    const put = await putAmi(name, step.amiId, `Newest AMI of the channel ${channel} that was proved in ring ${ring}`);
    logger.info('Asked Parameter Store to take the AMI', { answer: put, parameter: name, amiId: step.amiId });
    return 'pending';
  };

  return async ({ run, image }: v.InferOutput<typeof Input>): Promise<Answer> => {
    const place = { channel: image.name, ring: onlyRing };
    const stored = await files.findPublication(place);
    const objection = await findObjection(run, image, stored?.content);
    if (objection !== undefined) {
      logger.info('Published nothing', { run, ...objection });
      return { publication: objection.answer };
    }
    const name = parameterName(place.channel, place.ring);
    const parameter = await findParameter(name);
    if (parameter) requireOurKind(parameter);
    const proved = { schemaVersion: 1 as const, ...place, image, run };
    const step = decidePublication({ proved, known: stored?.content, parameter, now: now() });
    const publication = await carryOut(step, name, stored?.etag);

    logger.info('Published image', { run, answer: publication, parameter: name });
    return publication === 'superseded' ? { publication } : { publication, parameter: name };
  };
};

export const handler = task(
  Input,
  publishImage({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    findParameter,
    putAmi,
    now: () => new Date(),
  }),
);
