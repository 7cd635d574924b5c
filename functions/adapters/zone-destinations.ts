import type { DrainInput } from '../domain/drain-input.ts';
import { wantedAmi } from '../domain/outdated-taint.ts';
import type { StateFile } from '../domain/state-file.ts';
import { takersAmong } from '../domain/turn-wait.ts';
import { canTake, withoutDestination, type ZonalVolume } from '../domain/zone.ts';
import type { ApiServer } from './api-server.ts';
import type { listNamedInstances } from './named-instances.ts';
import { findDestination, findZonalVolumes, readDestinations } from './zonal-volumes.ts';

type Dependencies = {
  readonly findState: (group: Pick<DrainInput, 'cluster' | 'nodeGroup'>) => Promise<StateFile | undefined>;
  readonly listNamedInstances: typeof listNamedInstances;
};

/** What keeps a node from leaving because of its zone: volumes, and what they need. */
export type Stranded = { readonly volumes: readonly ZonalVolume[]; readonly needed: string };

const unlessNone = (volumes: readonly ZonalVolume[], needed: string): Stranded | undefined =>
  volumes.length === 0 ? undefined : { volumes, needed };

/**
 * The volumes of a node that no other node in their zone could take over; undefined when there are none.
 *
 * In a rollout only a new node of the group counts: an old one would have to give the pods away again. Otherwise the
 * group's other nodes are looked at first, then any Windows node of the zone.
 */
export const strandedVolumes =
  ({ findState, listNamedInstances }: Dependencies) =>
  async (api: Pick<ApiServer, 'get'>, input: DrainInput, nodeName: string): Promise<Stranded | undefined> => {
    const volumes = await findZonalVolumes(api, nodeName);
    if (volumes.length === 0) return undefined;

    const state = input.run === undefined ? undefined : await findState(input);
    const wantedImageId = state?.lease?.run === input.run && state ? wantedAmi(state) : undefined;
    const instances = await listNamedInstances(input.autoScalingGroupName);
    const takers = takersAmong(instances, { instanceId: input.instanceId, wantedImageId });
    const stranded = withoutDestination(volumes, await readDestinations(api, takers));
    if (wantedImageId !== undefined) return unlessNone(stranded, 'a new node of its group');

    const others = await Promise.all(
      stranded.map(async (volume) => {
        const isEnough = (node: Parameters<typeof canTake>[0]) => node.nodeName !== nodeName && canTake(node, volume);
        return (await findDestination(api, volume.zones, isEnough)) === undefined ? [volume] : [];
      }),
    );
    return unlessNone(others.flat(), 'another Windows node');
  };
