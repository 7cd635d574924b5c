/** Which volumes containers of a node have, whatever the API still knows of their pods. */
export type Mounts = {
  readonly add: (volumeName: string, nodeName: string, podUid: string) => void;
  /** All volumes of one pod. */
  readonly release: (podUid: string) => void;
  readonly has: (volumeName: string, nodeName: string) => boolean;
  /** Called with the volume when the last container has let it go. */
  readonly onRelease: (listener: (volumeName: string) => void) => void;
};

export function createMounts(): Mounts {
  const users = new Map<string, Set<string>>();
  const byPod = new Map<string, { volumeName: string; key: string }[]>();
  const listeners: ((volumeName: string) => void)[] = [];
  const keyOf = (volumeName: string, nodeName: string) => `${volumeName}@${nodeName}`;

  return {
    add(volumeName, nodeName, podUid) {
      const key = keyOf(volumeName, nodeName);
      users.set(key, (users.get(key) ?? new Set()).add(podUid));
      byPod.set(podUid, [...(byPod.get(podUid) ?? []), { volumeName, key }]);
    },
    release(podUid) {
      const held = byPod.get(podUid) ?? [];
      byPod.delete(podUid);
      for (const { volumeName, key } of held) {
        const left = users.get(key);
        left?.delete(podUid);
        if (left?.size !== 0) continue;
        users.delete(key);
        for (const listener of listeners) listener(volumeName);
      }
    },
    has: (volumeName, nodeName) => users.has(keyOf(volumeName, nodeName)),
    onRelease(listener) {
      listeners.push(listener);
    },
  };
}
