import type { GroupInstance } from '../group.ts';
import type { Census } from './census.ts';
import type { Refresh } from './refresh.ts';

/** Free text on what a refresh waits for. Only the sentence about warming up is documented. */
export function statusReason(refresh: Refresh, census: Census): string | undefined {
  if (refresh.pausedUntil !== undefined) {
    return `Waiting at the checkpoint of ${refresh.checkpoint} percent before continuing.`;
  }
  const { ready, fresh, old, replaceable } = census;
  const warming = fresh.find((instance) => instance.state === 'InService' && !ready.includes(instance));
  if (warming !== undefined) {
    return `Waiting for instances to warm up before continuing. For example: ${warming.instanceId} is warming up.`;
  }
  const coming = fresh.find(({ state }) => state.startsWith('Pending'));
  if (coming !== undefined) return waitingFor('to be available', coming, `is ${coming.state}`);
  const held = old.find((instance) => !replaceable.includes(instance));
  if (held?.isProtected) return waitingFor('to lose their scale-in protection', held, 'is protected from scale in');
  if (held?.state === 'Standby') return waitingFor('to leave standby', held, 'is in standby');
  return undefined;
}

function waitingFor(what: string, { instanceId }: GroupInstance, how: string): string {
  return `Waiting for remaining instances ${what}. For example: ${instanceId} ${how}.`;
}
