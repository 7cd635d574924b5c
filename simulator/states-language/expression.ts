import jsonata from 'jsonata';
import { registerStatesFunctions } from './expression-functions.ts';
import { findForbidden } from './expression-rules.ts';
import { type Draws, type ExpressionRun, RUN } from './expression-run.ts';
import type { Json, JsonObject } from './json.ts';
import { toJson } from './to-json.ts';

/** All that an expression can see. */
export type Evaluation = {
  readonly variables: JsonObject;
  readonly states: JsonObject;
  /** Account time in milliseconds, the same for every use within one expression. */
  readonly now: number;
  readonly draws: Draws;
};

/** `undefined` means that the expression found nothing. @throws {ExpressionError} */
export type Expression = {
  readonly source: string;
  readonly evaluate: (evaluation: Evaluation) => Promise<Json | undefined>;
};

/** An expression that does not parse, is not allowed, or failed while it ran; the message is what AWS appends. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/**
 * AWS ends expressions that take too long (States.QueryEvaluationError); it does not say after how long. Counting
 * steps instead of seconds keeps two runs alike.
 */
const MAX_STEPS = 500_000;

type EvaluateHook = { lookup: (name: string) => ExpressionRun; timestamp: Date };

const compiledExpressions = new Map<string, Expression>();

/**
 * Compiles JSONata 2.0.6 as Step Functions runs it: its own functions added, `$eval` taken away. What is compiled
 * keeps nothing of an evaluation, so all accounts of this process share it.
 *
 * @param reachable Members of `$states` beyond input and context that the field may read.
 * @throws {ExpressionError} It does not parse or uses what Step Functions does not allow.
 */
export function compileExpression(source: string, reachable: ReadonlySet<string>): Expression {
  const key = JSON.stringify([source, ...reachable]);
  const known = compiledExpressions.get(key);
  if (known !== undefined) return known;
  if (compiledExpressions.size >= 5000) compiledExpressions.clear();
  const expression = compile(source, reachable);
  compiledExpressions.set(key, expression);
  return expression;
}

function compile(source: string, reachable: ReadonlySet<string>): Expression {
  const compiled = parse(source);
  const forbidden = findForbidden(compiled.ast(), reachable);
  if (forbidden !== undefined) throw new ExpressionError(forbidden);
  registerStatesFunctions(compiled);
  compiled.assign(Symbol.for('jsonata.__evaluate_entry') as unknown as string, countStep);

  return {
    source,
    async evaluate({ variables, states, now, draws }) {
      const run: ExpressionRun = { now, draws, steps: 0, drawn: 0 };
      try {
        return toJson(await compiled.evaluate(undefined, { ...variables, states, [RUN]: run }));
      } catch (error) {
        throw new ExpressionError(describe(error));
      }
    },
  };
}

function parse(source: string): jsonata.Expression {
  try {
    return jsonata(source);
  } catch (error) {
    throw new ExpressionError(describe(error));
  }
}

/** Called before each step; also puts the account's clock in place of the machine's for `$toMillis`. */
function countStep(_node: unknown, _input: unknown, environment: EvaluateHook): void {
  const run = environment.lookup(RUN);
  if (run.steps === 0) environment.timestamp = new Date(run.now);
  run.steps += 1;
  if (run.steps > MAX_STEPS) throw new ExpressionError('Expression evaluation timeout');
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code === undefined ? String(message) : `${code}: ${message}`;
}
