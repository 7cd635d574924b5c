import { ServiceError } from '../../kernel/service.ts';

/**
 * The loud answer to what AWS can do and this account cannot. The status is one that SDK clients do not retry.
 *
 * @param what A whole sentence: what was asked for, and what to do instead where there is something.
 */
export function notSimulated(what: string): ServiceError {
  return new ServiceError('NotSimulated', what, { status: 501 });
}
