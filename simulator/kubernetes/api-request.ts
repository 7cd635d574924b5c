import type { Kernel } from '../kernel/kernel.ts';
import type { User } from './authorizer.ts';
import type { Representation } from './representation.ts';
import type { RequestInfo, ResourceRequest } from './request-info.ts';
import type { Resource } from './resources.ts';
import type { Storage } from './storage.ts';

/** What a handler works with: who asks for what, with which body. */
export type ApiRequest = {
  readonly info: RequestInfo & ResourceRequest & { readonly resource: Resource };
  readonly user: User;
  /** The parsed body; undefined when there was none. */
  readonly body: unknown;
  readonly contentType: string;
  /** In which form the client takes objects. */
  readonly representation: Representation;
};

/** A finished answer, or the stream of a watch. */
export type ApiReply =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: 200; readonly stream: AsyncIterable<Buffer> };

/** What the handlers share: the cluster's storage and the switches of unconfirmed behaviour. */
export type ApiContext = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly switches: ApiSwitches;
};

export type ApiSwitches = {
  /**
   * HTTP status of an eviction of a pod with more than one disruption budget. The body says 500; the handler
   * returns it as an ordinary object, so the line may say 201. Not confirmed.
   */
  readonly severalBudgetsHttpStatus: 201 | 500;
};

/** The namespace as the storage wants it: empty for kinds of the cluster scope. */
export function namespaceOf({ resource, namespace }: ApiRequest['info']): string {
  return resource.namespaced ? (namespace ?? '') : '';
}
