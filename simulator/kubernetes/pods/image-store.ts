import type { Node } from '../node-objects.ts';
import { nodes } from '../resources.ts';
import type { Storage } from '../storage.ts';
import type { ContainerImage, SecondsRange } from '../workloads/guests.ts';

/** The kubelet reports no more images than this (`nodeStatusMaxImages`), the largest first. */
const reportedImages = 50;
const usualSizeBytes = 300_000_000;

export type ImageStore = {
  /** Milliseconds from now until all images are on the node. */
  readonly pull: (nodeName: string, images: readonly string[]) => number;
  /** Notes images whose pull is over, in the node's status too. */
  readonly arrived: (nodeName: string, images: readonly string[]) => void;
  /** What a node begins with, and the end of one. */
  readonly open: (nodeName: string, cached: readonly string[]) => void;
  readonly close: (nodeName: string) => void;
};

type Store = { readonly present: Set<string>; readonly coming: Map<string, number>; busyUntil: number };

export type ImageStoreOptions = {
  readonly storage: Storage;
  readonly now: () => number;
  /** Milliseconds of one pull, where nothing is known of the image. */
  readonly usualPull: (nodeName: string, image: string) => number;
  readonly draw: (range: SecondsRange, nodeName: string, image: string) => number;
  readonly images: readonly ContainerImage[];
};

/**
 * The container images of every node. A kubelet pulls one after another, and a pod waits for a pull of its image that
 * another one has begun. kubernetes.io/docs/concepts/containers/images#serial-and-parallel-image-pulls
 */
export function createImageStore({ storage, now, usualPull, draw, images }: ImageStoreOptions): ImageStore {
  const stores = new Map<string, Store>();
  const known = new Map(images.map((image) => [image.image, image]));
  const sizeOf = (image: string) => known.get(image)?.sizeBytes ?? usualSizeBytes;
  const lasts = (nodeName: string, image: string) => {
    const range = known.get(image)?.pullSeconds;
    return range === undefined ? usualPull(nodeName, image) : draw(range, nodeName, image);
  };
  const storeOf = (nodeName: string): Store => {
    const store = stores.get(nodeName) ?? { present: new Set(), coming: new Map(), busyUntil: 0 };
    stores.set(nodeName, store);
    return store;
  };

  return {
    pull(nodeName, wanted) {
      const store = storeOf(nodeName);
      const ends = wanted.map((image) => {
        if (store.present.has(image)) return now();
        const begun = store.coming.get(image);
        if (begun !== undefined) return begun;
        const end = Math.max(now(), store.busyUntil) + lasts(nodeName, image);
        store.busyUntil = end;
        store.coming.set(image, end);
        return end;
      });
      return Math.max(now(), ...ends) - now();
    },
    arrived(nodeName, pulled) {
      const store = storeOf(nodeName);
      const fresh = pulled.filter((image) => !store.present.has(image));
      if (fresh.length === 0) return;
      for (const image of fresh) {
        store.present.add(image);
        store.coming.delete(image);
      }
      report(storage, nodeName, [...store.present], sizeOf);
    },
    open(nodeName, cached) {
      const store = storeOf(nodeName);
      for (const image of cached) store.present.add(image);
      report(storage, nodeName, [...store.present], sizeOf);
    },
    close: (nodeName) => {
      stores.delete(nodeName);
    },
  };
}

function report(storage: Storage, nodeName: string, present: readonly string[], sizeOf: (image: string) => number) {
  const node: Node | undefined = storage.get(nodes, '', nodeName);
  if (node === undefined) return;
  const images = present
    .map((image) => ({ names: [image], sizeBytes: sizeOf(image) }))
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, reportedImages);
  storage.update(nodes, { ...node, status: { ...node.status, images } });
}
