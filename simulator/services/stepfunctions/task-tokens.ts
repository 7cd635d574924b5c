import { ServiceError } from '../../kernel/service.ts';
import type { TaskSignals } from '../../states-language/run.ts';

/** The tasks that wait until somebody sends their token back. */
export type TaskTokens = {
  /** @returns What forgets the token; it is answered with TaskTimedOut from then on. */
  readonly open: (token: string, signals: TaskSignals) => () => void;
  /** @throws {ServiceError} InvalidToken, TaskDoesNotExist, TaskTimedOut */
  readonly find: (token: string) => TaskSignals;
};

const TOKEN_BYTES = 64;

export function createTaskTokens(): TaskTokens {
  const tasks = new Map<string, TaskSignals | undefined>();

  return {
    open(token, signals) {
      tasks.set(token, signals);
      return () => {
        tasks.set(token, undefined);
      };
    },
    find(token) {
      const signals = tasks.get(token);
      if (signals !== undefined) return signals;
      if (tasks.has(token))
        throw new ServiceError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
      if (!isWellFormed(token)) throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
      throw new ServiceError('TaskDoesNotExist', "Task does not exist: 'Provided task does not exist'");
    },
  };
}

const isWellFormed = (token: string): boolean => {
  const bytes = Buffer.from(token, 'base64');
  return bytes.length === TOKEN_BYTES && bytes.toString('base64') === token;
};
