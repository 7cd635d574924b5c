/** An HTTP request as it stands on the wire, whichever way its bytes came. */
export type WireRequest = {
  readonly method: string;
  /** With the query string, still encoded. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The function environment that sent it; missing for clients outside the account. */
  readonly origin?: RequestOrigin;
};

/** Names one request of one invocation; `key` sorts all requests of a run in one order that never varies. */
export type RequestOrigin = { readonly functionName: string; readonly key: string };

/** `body` as an iterable is a stream that stays open, such as a Kubernetes watch. */
export type WireResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | AsyncIterable<Buffer>;
};

/** Takes a request and answers it in account time. Rejects with `ConnectionLost` when no answer will come. */
export type Front = (request: WireRequest) => Promise<WireResponse>;

/** The connection was closed before an answer: a lost reply, or a client that was killed. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}
