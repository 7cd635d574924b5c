import type { Clock } from '../../kernel/clock.ts';
import { ServiceError } from '../../kernel/service.ts';

/** What client tokens have already done. */
export type Idempotency = {
  /** Runs `work` once per token; the same request again gets the first answer. */
  readonly once: <Output>(operation: string, token: string | undefined, request: unknown, work: () => Output) => Output;
};

/** @param retention How long a token is remembered, in milliseconds. */
export function createIdempotency(clock: Pick<Clock, 'now'>, retention: number): Idempotency {
  const done = new Map<string, { readonly request: string; readonly output: unknown; readonly at: number }>();

  return {
    once<Output>(operation: string, token: string | undefined, request: unknown, work: () => Output): Output {
      if (token === undefined) return work();
      const key = `${operation} ${token}`;
      const text = JSON.stringify(request);
      const earlier = done.get(key);
      if (earlier !== undefined && earlier.at + retention > clock.now()) {
        if (earlier.request !== text) throw mismatch();
        return earlier.output as Output;
      }
      const output = work();
      done.set(key, { request: text, output, at: clock.now() });
      return output;
    },
  };
}

function mismatch(): ServiceError {
  return new ServiceError(
    'IdempotentParameterMismatch',
    'Client token already used before, but with different request parameters.',
  );
}
