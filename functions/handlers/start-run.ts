import * as v from 'valibot';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { findImageBuild } from '../adapters/image-builder.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { findRelease } from '../adapters/releases.ts';
import { channelsIn, judgeBuild, judgeRelease } from '../domain/channel.ts';
import { releaseRunName, runName } from '../domain/execution-name.ts';
import { type Account, ImageArn, type ImageBuild, newestBuildArn, parseImageArn } from '../domain/image.ts';
import type { TaggedGroup } from '../domain/node-group-driver.ts';
import { type FoundRelease, linesIn } from '../domain/release.ts';
import { lineName, type ReleaseLine } from '../domain/release-line.ts';
import { nearestOf, openObject, strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

// AWS adds fields to its events without notice; refusing one would lose the month's run. Our own input is strict.
const ImageEvent = openObject({
  source: v.literal('aws.imagebuilder'),
  'detail-type': v.literal('EC2 Image Builder Image State Change'),
  resources: v.tupleWithRest([ImageArn], v.string()),
  detail: openObject({ state: openObject({ status: v.string() }) }),
});
const Sweep = strictObject({ sweep: v.literal(true) });
export const Input = nearestOf([ImageEvent, Sweep]);

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly findImageBuild: (arn: string) => Promise<ImageBuild | undefined>;
  readonly findRelease: (line: ReleaseLine) => Promise<FoundRelease | undefined>;
  readonly start: StartExecution;
};

type Answer = {
  readonly imageArn?: string;
  /** Of Amazon's releases: for which type and Kubernetes version. */
  readonly line?: string;
  readonly executionName?: string;
  readonly answer: 'started' | 'already' | 'ignored';
  readonly reason?: string;
};

/** All answers, once there are all: what is wrong with one channel keeps no other from its run. @throws the first error. */
async function allOf(answers: readonly Promise<Answer>[]): Promise<Answer[]> {
  await Promise.allSettled(answers);
  return Promise.all(answers);
}

/**
 * Starts the run of an image that became available, or, as the daily sweep, of the newest image of every channel in use,
 * and of Amazon's newest releases that a group of the channel `amazon` does not run yet: no event tells of those.
 *
 * A run is started by a name made from the image or release, so an event that comes twice, or that the sweep finds again, starts
 * nothing. Images that no node group follows, and container images, are ignored.
 */
export const startRun = ({ drivers, findImageBuild, findRelease, start }: Dependencies) => {
  const consider = async (imageArn: string, channels: readonly string[]): Promise<Answer> => {
    const name = parseImageArn(imageArn)?.name;
    const follows = name === undefined || channels.includes(name);
    const judged = judgeBuild(follows ? await findImageBuild(imageArn) : 'not-followed');
    if ('ignored' in judged) return { imageArn, answer: 'ignored', reason: judged.ignored };
    const executionName = runName(judged.arn, judged.parts);
    return { imageArn: judged.arn, executionName, answer: await start(executionName, { imageArn: judged.arn }) };
  };

  const considerRelease = async (line: ReleaseLine, groups: readonly TaggedGroup[]): Promise<Answer> => {
    const judged = judgeRelease(line, await findRelease(line), groups);
    if ('ignored' in judged) return { line: lineName(line), answer: 'ignored', reason: judged.ignored };
    const executionName = releaseRunName(line, judged.version);
    return { line: lineName(line), executionName, answer: await start(executionName, { release: line }) };
  };

  return async (input: v.InferOutput<typeof Input>, account: Account) => {
    const groups = (await Promise.all(Object.values(drivers).map((driver) => driver.listTagged()))).flat();
    const channels = channelsIn(groups.map(({ tags }) => tags));
    const arns = 'sweep' in input ? channels.map((channel) => newestBuildArn(account, channel)) : [input.resources[0]];
    const lines = 'sweep' in input ? linesIn(groups) : [];
    const runs = await allOf([
      ...arns.map((arn) => consider(arn, channels)),
      ...lines.map((line) => considerRelease(line, groups)),
    ]);

    logger.info('Started runs', { answer: runs.map(({ answer }) => answer), runs });
    return { runs };
  };
};

export const handler = task(
  Input,
  startRun({
    drivers: nodeGroupDrivers,
    findImageBuild,
    findRelease,
    start: startExecutionsOf(() => environment('PATCH_FLEET_ARN')),
  }),
);
