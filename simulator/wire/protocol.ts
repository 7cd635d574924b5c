import type { WireRequest, WireResponse } from '../kernel/wire.ts';
import type { Model } from './model.ts';
import type { Decoded } from './problems.ts';

/** An error on its way to the wire: the code as it is written there, the status of the reply. */
export type WireError = {
  /** Name of the error's shape, or the code where the model has none. */
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly members: Readonly<Record<string, unknown>>;
};

export type Reply = { readonly model: Model; readonly operation: string; readonly requestId: string };

/** One AWS protocol, driven by nothing but the model. */
export type Protocol = {
  /** The operation that a request asks for, by the model or as written; undefined when it names none. */
  readonly operationOf: (model: Model, request: WireRequest) => string | undefined;
  readonly decode: (model: Model, operation: string, request: WireRequest) => Decoded;
  /** @throws {OutputMismatch} The output is not what the model says. */
  readonly encode: (reply: Reply, output: Readonly<Record<string, unknown>>) => WireResponse;
  readonly encodeError: (reply: Omit<Reply, 'operation'>, error: WireError, request: WireRequest) => WireResponse;
};
