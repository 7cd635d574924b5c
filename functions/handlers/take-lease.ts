import type * as v from 'valibot';
import { withImages } from '../adapters/ec2-instances.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { LeaseHeld } from '../domain/errors.ts';
import { Image } from '../domain/image.ts';
import { takeLease as decideLease, leaseRequest, otherHolder } from '../domain/lease.ts';
import { type NodeGroup, NodeGroupKey } from '../domain/node-group.ts';
import { endWithoutRollout, leaseHeld } from '../domain/plan.ts';
import type { GroupReport, Plan } from '../domain/report.ts';
import { nonEmpty, strictObject } from '../domain/shapes.ts';
import { withPin } from '../domain/unpin.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({ ...NodeGroupKey.entries, executionArn: nonEmpty, image: Image });

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'findState' | 'createState' | 'findPlan' | 'writeOutcome'>;
  readonly withImages: (groups: readonly NodeGroup[]) => Promise<NodeGroup[]>;
  readonly now: () => Date;
};

const entryOf = (plan: Plan | undefined, { cluster, nodeGroup }: NodeGroupKey) =>
  plan?.nodeGroups.find((each) => each.cluster === cluster && each.name === nodeGroup);

/**
 * Step "Take lease": makes this execution the only one that works on the group, and writes down what to go back to. A
 * group that another run has brought to the AMI meanwhile is left alone.
 *
 * Safe twice: the execution that has the lease keeps it, and what it wrote. When two come at once, the second write is
 * refused by the bucket.
 *
 * @throws {LeaseHeld} Another run works on the group; the machine looks again.
 */
export const takeLease = ({ drivers, files, withImages, now }: Dependencies) => {
  const writeEnd = async (run: string, planned: GroupReport | undefined, end: Partial<GroupReport>) => {
    if (planned === undefined) return;
    const { reason: _, ...rest } = planned;
    await files.writeOutcome(run, { ...rest, ...end });
  };

  return async ({ executionArn, image, ...key }: v.InferOutput<typeof Input>) => {
    const stored = await files.findState(key);
    const described = await drivers[key.kind].describe(key);
    const holder = otherHolder(stored?.state, executionArn, now());
    if (holder !== undefined) throw new LeaseHeld(leaseHeld(described, holder).cause);

    const planned = entryOf(await files.findPlan(key.run), key);
    const [group = described] = await withImages([withPin(described, stored?.state)]);
    const end = endWithoutRollout(group, image, stored?.state);
    if (end) {
      await writeEnd(key.run, planned, end);
      logger.info('Left a group that needs no rollout', { ...key, answer: 'not-needed', ...end });
      return { lease: 'not-needed' as const };
    }
    const request = leaseRequest({ key, executionArn, image }, group, planned);
    const answer = decideLease(stored?.state, request, now());
    if (answer.lease === 'held') throw new LeaseHeld(leaseHeld(described, answer.holder).cause);
    await (stored === undefined ? files.createState(answer.state) : stored.save(answer.state));

    logger.info('Took lease', { ...key, answer: 'taken' });
    return { lease: answer.lease };
  };
};

export const handler = task(
  Input,
  takeLease({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    withImages,
    now: () => new Date(),
  }),
);
