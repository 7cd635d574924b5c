import jsonata from 'jsonata';
import type { Assignments, ChoiceRule, Flow, State } from './definitions.ts';
import { expressionOf, literalsOf, variablesOf } from './expressions.ts';

/** What is known on a path: variables that hold a text written in the definition, and whether something failed. */
type Path = { readonly name: string; readonly known: Readonly<Record<string, string>>; readonly hasFailed: boolean };

/** Values that say, where they are known, that what the machine is for did not come about. */
const failures: Readonly<Record<string, readonly string[]>> = {
  outcome: ['failed', 'rolled-back', 'partly-patched'],
  verdict: ['late'],
};

/**
 * Succeed states that a failed path can reach.
 *
 * Follows every path and remembers what is certain on it: texts that were assigned, and texts that a Choice compared a
 * variable with. A branch is left out only when nothing that is still unknown could make its condition hold.
 */
export async function succeedsAfterFailure(flow: Flow): Promise<string[]> {
  const seen = new Set<string>();
  const found = new Set<string>();
  const open: Path[] = [{ name: flow.StartAt, known: {}, hasFailed: false }];

  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const key = JSON.stringify(path);
    const state = flow.States[path.name];
    if (seen.has(key) || state === undefined) continue;
    seen.add(key);
    if (state.Type === 'Succeed' && path.hasFailed) found.add(path.name);
    open.push(...(await following(state, path)));
  }
  return [...found];
}

async function following(state: State, path: Path): Promise<Path[]> {
  const caught = (state.Catch ?? []).map(({ Next, Assign }) => go({ ...path, hasFailed: true }, Next, Assign));
  const onward = state.Next === undefined ? [] : [go(path, state.Next, state.Assign)];
  return [...caught, ...onward, ...(await branches(state, path))];
}

async function branches({ Choices = [], Default }: State, path: Path): Promise<Path[]> {
  const taken: Path[] = [];
  for (const rule of Choices) {
    const { canHold, canFail } = await judge(rule, path);
    if (canHold) taken.push(go(learn(path, rule), rule.Next, rule.Assign));
    if (!canFail) return taken;
  }
  return Default === undefined ? taken : [...taken, go(path, Default, undefined)];
}

/** Whether a condition can hold, and whether it can fail, whatever the unknown variables are. */
async function judge({ Condition }: ChoiceRule, { known }: Path): Promise<{ canHold: boolean; canFail: boolean }> {
  const unknown = variablesOf(Condition).filter((name) => !(name in known));
  const isClosed = !Condition.includes('$states') && !Condition.includes('(');
  if (!isClosed) return { canHold: true, canFail: true };

  const results = await Promise.all(
    combinations(unknown, [...literalsOf(Condition), 'something else']).map((guess) =>
      jsonata(expressionOf(Condition) ?? '').evaluate(null, { ...known, ...guess }),
    ),
  );
  return { canHold: results.includes(true), canFail: results.includes(false) };
}

function combinations(names: readonly string[], values: readonly string[]): Record<string, string>[] {
  const [first, ...rest] = names;
  if (first === undefined) return [{}];
  return combinations(rest, values).flatMap((guess) => values.map((value) => ({ ...guess, [first]: value })));
}

/** On the branch of `$x = "text"`, the variable is that text. */
function learn(path: Path, { Condition }: ChoiceRule): Path {
  const [, name, text] = /^\{% \$(\w+) = "([^"]*)" %\}$/.exec(Condition) ?? [];
  return name === undefined || text === undefined ? path : { ...path, known: { ...path.known, [name]: text } };
}

function go(path: Path, name: string, assign: Assignments | undefined): Path {
  const known = { ...path.known };
  for (const [variable, value] of Object.entries(assign ?? {})) {
    if (typeof value === 'string' && expressionOf(value) === undefined) known[variable] = value;
    else delete known[variable];
  }
  const isFailure = Object.entries(failures).some(([variable, values]) => values.includes(known[variable] ?? ''));
  return { name, known, hasFailed: path.hasFailed || isFailure };
}
