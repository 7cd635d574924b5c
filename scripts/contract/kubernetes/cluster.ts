import type { Fields } from '../fields.ts';

/** How a request differs from an ordinary one of the administrator. */
export type Manner = {
  readonly contentType?: string;
  readonly accept?: string;
  /** Somebody else to be, by impersonation. */
  readonly as?: string;
  /** The credentials of nobody, or a token that nobody gave out. */
  readonly credentials?: 'none' | 'unknown-token';
};

export type Answer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed; empty for a body that is not JSON. */
  readonly body: Fields;
};

export type WatchEvent = { readonly type: string; readonly object: Fields };

/** A watch that is open. */
export type Watch = {
  /** The next event; undefined when the server has ended the watch. @throws {Deviation} when none comes in time. */
  readonly next: () => Promise<WatchEvent | undefined>;
  readonly close: () => Promise<void>;
};

/** An API server as one check sees it. Everything that the check makes is gone when it is over. */
export type Cluster = {
  readonly ask: (method: string, path: string, body?: unknown, manner?: Manner) => Promise<Answer>;
  /** Creates an object that the check needs and is not about. @throws {Deviation} unless it is created. */
  readonly create: (collection: string, object: Fields) => Promise<Fields>;
  readonly watch: (path: string, manner?: Manner) => Promise<Watch>;
  /** Its own namespace, which all checks of a run share. */
  readonly namespace: string;
  /** A name that nothing else has. */
  readonly name: string;
  /** Milliseconds since the epoch, by the cluster's clock. */
  readonly now: () => number;
  /** Is done when the check is over, the last one first, however it ended. */
  readonly undo: (act: () => Promise<unknown>) => void;
  /** Asks every second until it is so. @throws {Deviation} After so many seconds. */
  readonly until: (what: string, isSo: () => Promise<boolean>, seconds?: number) => Promise<void>;
};

/** One statement about Kubernetes that an API server can break. */
export type ClusterCheck = {
  /** A fact that a reviewer can deny. */
  readonly name: string;
  /** Where it is written: the API reference, a page of the documentation, the source of the API server. */
  readonly source: string;
  /** A cluster younger than this has not forgotten anything yet; the check is skipped there. */
  readonly needsMinutes?: number;
  readonly run: (cluster: Cluster) => Promise<void>;
};
