/** `details.causes` of a failed request. */
export type Cause = { readonly reason?: string; readonly message: string; readonly field?: string };

export type StatusDetails = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
};

type Target = { readonly group?: string; readonly plural: string };

/** A request that the API server answers with a `Status` of `Failure`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string | undefined;
  readonly details: StatusDetails | undefined;

  constructor(status: number, reason: string | undefined, message: string, details?: StatusDetails) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.details = details;
  }
}

/** The body of a failure, with the members and their order as the API server writes them. */
export function failureStatus({ status, reason, message, details }: ApiError): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code: status,
  };
}

export function successStatus(code: number, details?: StatusDetails & { readonly uid?: string }) {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details ? { details } : {}),
    ...(details ? {} : { code }),
  };
}

const detailsOf = ({ group = '', plural }: Target, name?: string, more: StatusDetails = {}): StatusDetails => ({
  ...(name === undefined ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
  ...more,
});
const nameOf = ({ group = '', plural }: Target) => (group === '' ? plural : `${plural}.${group}`);

export const badRequest = (message: string) => new ApiError(400, 'BadRequest', message);
export const unauthorized = () => new ApiError(401, 'Unauthorized', 'Unauthorized');
export const notFound = (target: Target, name: string) =>
  new ApiError(404, 'NotFound', `${nameOf(target)} "${name}" not found`, detailsOf(target, name));
export const alreadyExists = (target: Target, name: string) =>
  new ApiError(409, 'AlreadyExists', `${nameOf(target)} "${name}" already exists`, detailsOf(target, name));
export const conflict = (target: Target, name: string, why: string) =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${nameOf(target)} "${name}": ${why}`,
    detailsOf(target, name),
  );
export const forbidden = (target: Target, name: string | undefined, why: string) =>
  new ApiError(
    403,
    'Forbidden',
    `${nameOf(target)}${name === undefined || name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    detailsOf(target, name === '' ? undefined : name),
  );
export const expired = (message: string) => new ApiError(410, 'Expired', message);
export const methodNotAllowed = () =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/** A well-formed object that breaks a rule of its kind. `kind` is written as `Node` or `Deployment.apps`. */
export function invalid(
  kind: { readonly kind: string; readonly group: string },
  name: string,
  causes: readonly Cause[],
) {
  const list = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  return new ApiError(
    422,
    'Invalid',
    `${kind.kind}${kind.group === '' ? '' : `.${kind.group}`} "${name}" is invalid: ${text}`,
    { ...(name === '' ? {} : { name }), ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.kind, causes },
  );
}

export const optimisticLock =
  'the object has been modified; please apply your changes to the latest version and try again';
