import type { Resource } from './resources.ts';
import type { Change, Storage } from './storage.ts';

/** What changes a watch is to be told of: those of a kind, or of the objects that have one value in an indexed field. */
export type Subscription = {
  readonly resource: Resource;
  /** Values that the watch selects by, such as `spec.nodeName`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly listener: (change: Change) => void;
};

type Hub = (subscription: Subscription) => () => void;

const hubs = new WeakMap<Storage, Hub>();

/**
 * Tells a watch of the changes of its kind, and returns how to stop. A change is brought only to the watches that it
 * can concern, however many others there are: a kubelet's watch of its own pods costs nothing for those of other nodes.
 */
export function subscribe(storage: Storage, subscription: Subscription): () => void {
  const hub = hubs.get(storage) ?? createHub(storage);
  hubs.set(storage, hub);
  return hub(subscription);
}

function createHub(storage: Storage): Hub {
  const listeners = new Map<string, Set<(change: Change) => void>>();
  storage.onChange((change) => {
    for (const topic of topicsOf(change)) for (const listener of [...(listeners.get(topic) ?? [])]) listener(change);
  });

  return ({ resource, fields, listener }) => {
    const field = (resource.indexedFields ?? []).find((name) => fields[name] !== undefined);
    const topic = topicOf(resource, field, field === undefined ? undefined : fields[field]);
    const interested = listeners.get(topic) ?? new Set();
    listeners.set(topic, interested.add(listener));
    return () => {
      interested.delete(listener);
      if (interested.size === 0) listeners.delete(topic);
    };
  };
}

const topicOf = ({ group, plural }: Resource, field = '', value = '') => `${group}/${plural}?${field}=${value}`;

/** Of the kind, and of the values that the object had before and has now. */
function topicsOf({ resource, object, previous }: Change): ReadonlySet<string> {
  const states = previous === undefined ? [object] : [previous, object];
  const byValue = (resource.indexedFields ?? []).flatMap((field) =>
    states.map((state) => topicOf(resource, field, resource.selectableFields[field]?.(state))),
  );
  return new Set([topicOf(resource), ...byValue]);
}
