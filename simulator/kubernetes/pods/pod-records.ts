/** A pod as the kubelet of its node keeps it, whatever the API still knows of it. */
export type PodRecord = {
  readonly uid: string;
  readonly nodeName: string;
  phase: 'waiting' | 'starting' | 'running' | 'stopping';
  /** When its containers will have ended, in account time; set while it stops. */
  stopsAt: number | undefined;
  address: string | undefined;
  timers: { readonly cancel: () => void }[];
};

export type PodRecords = {
  readonly get: (uid: string) => PodRecord | undefined;
  readonly open: (uid: string, nodeName: string) => PodRecord;
  readonly close: (record: PodRecord) => void;
  readonly on: (nodeName: string) => readonly PodRecord[];
};

export function createPodRecords(): PodRecords {
  const records = new Map<string, PodRecord>();
  const byNode = new Map<string, Set<PodRecord>>();
  return {
    get: (uid) => records.get(uid),
    open(uid, nodeName) {
      const record: PodRecord = { uid, nodeName, phase: 'waiting', stopsAt: undefined, address: undefined, timers: [] };
      records.set(uid, record);
      byNode.set(nodeName, (byNode.get(nodeName) ?? new Set()).add(record));
      return record;
    },
    close(record) {
      for (const timer of record.timers) timer.cancel();
      records.delete(record.uid);
      byNode.get(record.nodeName)?.delete(record);
    },
    on: (nodeName) => [...(byNode.get(nodeName) ?? [])],
  };
}
