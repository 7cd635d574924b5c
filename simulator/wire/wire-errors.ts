import type { ServiceError } from '../kernel/service.ts';
import type { Model, Shape } from './model.ts';
import type { WireError } from './protocol.ts';

/** Statuses of codes that are in no model; 400 for all others. */
const statuses: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  ConditionalRequestConflict: 409,
  Forbidden: 403,
  InternalError: 500,
  InternalFailure: 500,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NotFound: 404,
  NotImplemented: 501,
  NotModified: 304,
  PreconditionFailed: 412,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  SlowDown: 503,
  UnauthorizedOperation: 403,
};

/** How an error of a service goes to the wire; a code may be given as the model's shape name or as the wire's code. */
export function wireErrorOf(model: Model, error: ServiceError): WireError {
  const [name, shape] = errorShape(model, error.code) ?? [error.code, undefined];
  return {
    name,
    code: shape?.error?.code ?? name,
    status: error.status ?? shape?.error?.httpStatusCode ?? statuses[error.code] ?? 400,
    message: error.message,
    members: error.members,
  };
}

function errorShape({ shapes }: Model, code: string): [string, Shape] | undefined {
  const named = shapes[code];
  if (named?.exception) return [code, named];
  return Object.entries(shapes).find(([, { exception, error }]) => exception && error?.code === code);
}
