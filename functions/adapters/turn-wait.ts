import type { DrainInput } from '../domain/drain-input.ts';
import { turnRequest, turnWatchSeconds } from '../domain/turn-wait.ts';
import type { ApiServer } from './api-server.ts';
import { type Turn, takeTurn, watchTurns } from './turns.ts';

/** Asks for a turn, watches those of others for as long as one visit may take, and asks again when one is free. */
export async function awaitTurn(api: ApiServer, input: DrainInput, now: () => Date): Promise<Turn> {
  const request = turnRequest(input);
  const turn = await takeTurn(api, request, now());
  const seconds = turn.turn === 'waiting' ? turnWatchSeconds(input, turn.lookAgainAt, now()) : 0;
  if (turn.turn === 'taken' || seconds === 0) return turn;
  const seen = await watchTurns(api, request, turn.seen, { seconds, now });
  return seen === 'ask' ? takeTurn(api, request, now()) : turn;
}
