import * as v from 'valibot';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { findImageBuild } from '../adapters/image-builder.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { channelsIn, judgeBuild } from '../domain/channel.ts';
import { runName } from '../domain/execution-name.ts';
import { type Account, ImageArn, type ImageBuild, newestBuildArn, parseImageArn } from '../domain/image.ts';
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
  readonly start: StartExecution;
};

type Answer = {
  readonly imageArn: string;
  readonly executionName?: string;
  readonly answer: 'started' | 'already' | 'ignored';
  readonly reason?: string;
};

/**
 * Starts the run of an image that became available, or, as the daily sweep, of the newest image of every channel in use.
 *
 * A run is started by a name made from the image, so an event that comes twice, or that the sweep finds again, starts
 * nothing. Images that no node group follows, and container images, are ignored.
 */
export const startRun = ({ drivers, findImageBuild, start }: Dependencies) => {
  const consider = async (imageArn: string, channels: readonly string[]): Promise<Answer> => {
    const name = parseImageArn(imageArn)?.name;
    const follows = name === undefined || channels.includes(name);
    const judged = judgeBuild(follows ? await findImageBuild(imageArn) : 'not-followed');
    if ('ignored' in judged) return { imageArn, answer: 'ignored', reason: judged.ignored };
    const executionName = runName(judged.arn, judged.parts);
    return { imageArn: judged.arn, executionName, answer: await start(executionName, { imageArn: judged.arn }) };
  };

  return async (input: v.InferOutput<typeof Input>, account: Account) => {
    const channels = channelsIn((await Promise.all(Object.values(drivers).map((driver) => driver.listTags()))).flat());
    const arns = 'sweep' in input ? channels.map((channel) => newestBuildArn(account, channel)) : [input.resources[0]];
    const runs = await Promise.all(arns.map((arn) => consider(arn, channels)));

    logger.info('Started runs', { answer: runs.map(({ answer }) => answer), runs });
    return { runs };
  };
};

export const handler = task(
  Input,
  startRun({
    drivers: nodeGroupDrivers,
    findImageBuild,
    start: startExecutionsOf(() => environment('PATCH_FLEET_ARN')),
  }),
);
