import { identifyInstance } from '../adapters/ec2-instances.ts';
import { listNamedInstances } from '../adapters/named-instances.ts';
import { type NodeMarker, nodeMarker } from '../adapters/node-taints.ts';
import { type RunFiles, runFilesIn, type StoredState } from '../adapters/run-files.ts';
import { AdmissionInput } from '../domain/admission.ts';
import {
  decidePreference,
  type NamedInstance,
  planTaints,
  withTaintsDone,
  withTaintsIntended,
} from '../domain/outdated-taint.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly files: Pick<RunFiles, 'findState'>;
  readonly identifyInstance: typeof identifyInstance;
  readonly listNamedInstances: typeof listNamedInstances;
  readonly marker: NodeMarker;
};

/**
 * Step "Prefer new nodes": once the first new node of a group can work, the nodes that will be replaced get a taint by
 * which evicted pods prefer the new one, so that they move once.
 *
 * The state file names the nodes before the first of them changes, so that every end can take the taint off again. Safe
 * twice: a node has the taint once, and what another execution wrote meanwhile is read again.
 *
 * @throws {StateFileChanged} The rollout wrote at the same moment; the step is tried again. If that was its end, the
 * next try takes the taints off.
 */
export const preferNewNodes = ({ files, identifyInstance, listNamedInstances, marker }: Dependencies) => {
  const prefer = async (found: StoredState, cluster: string, instances: readonly NamedInstance[]) => {
    const plan = planTaints(found.state, instances);
    const intended = await found.save(withTaintsIntended(found.state, plan));
    const changed = (await marker.mark(cluster, plan.put)) + (await marker.unmark(cluster, plan.take));
    await intended.save(withTaintsDone(intended.state, plan));
    return changed;
  };

  return async (input: AdmissionInput) => {
    const { run, cluster, nodeGroup, autoScalingGroupName, instanceId } = input;
    const found = await files.findState({ cluster, nodeGroup });
    const imageId = (await identifyInstance(instanceId))?.imageId;
    const preference = decidePreference(found?.state, { run, imageId });
    const instances = preference === 'nothing' ? [] : await listNamedInstances(autoScalingGroupName);
    const changed =
      found && preference === 'prefer'
        ? await prefer(found, cluster, instances)
        : await marker.unmark(cluster, instances);

    logger.info('Preferred new nodes', { run, cluster, nodeGroup, answer: preference, instanceId, changed });
    return { preference, changed };
  };
};

export const handler = task(
  AdmissionInput,
  preferNewNodes({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    identifyInstance,
    listNamedInstances,
    marker: nodeMarker(() => environment('MOVER_ROLE_ARN')),
  }),
);
