import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Summary } from '../../functions/domain/report.ts';
import { readTrigger, runToEnd } from '../../scripts/start/run.ts';
import { runFolder } from '../../scripts/start/run-folder.ts';
import { type Stage, setStage } from '../../scripts/start/stage.ts';
import type { Operation, Service } from '../../simulator/kernel/service.ts';
import { parseScenario } from '../../simulator/scenario/load.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import type { Execution } from '../../simulator/services/stepfunctions.ts';

const root = join(import.meta.dirname, '../..');

export type EndedRun = { readonly execution: Execution; readonly summary: Summary | undefined };

/** An account in which runs and what others do follow one another. */
export type SeveralRuns = {
  readonly stage: Stage;
  /** Starts a run by the scenario's event, or by hand with this input, and waits for its end. */
  readonly run: (input?: object) => Promise<EndedRun>;
  /** A call of somebody else's tool, such as of Terraform. */
  readonly call: <Reply>(service: Service, operation: string, input: object) => Promise<Reply>;
  /** Lets time pass until it holds. */
  readonly until: (isSo: () => boolean) => Promise<void>;
  /** The content of a file of the run bucket. */
  readonly file: (key: string) => unknown;
};

/** Who calls in `call`. */
export const terraform = 'arn:aws:sts::111122223333:assumed-role/terraform/apply';

/** Sets a scenario up, with what a test changes in it, and gives the account to `act`. */
export async function inAccount(
  name: string,
  change: (scenario: Scenario) => void,
  act: (runs: SeveralRuns) => Promise<void>,
): Promise<void> {
  const path = join(root, 'scenarios', `${name}.yml`);
  const draft = parseScenario(await readFile(path, 'utf8'), path);
  change(draft);
  const scenario = parseScenario(stringify(draft), path);
  const stage = await setStage(scenario, { pace: 'max', functions: 'process' });
  const { account, stack } = stage;
  const file = (key: string) => {
    const body = account.s3.object(stack.outputs.RunBucketName ?? '', key)?.body;
    return body && JSON.parse(body.toString());
  };
  await act({
    stage,
    file,
    run: async (input) => {
      const named = { event: undefined, input: input && JSON.stringify(input) };
      const trigger = await readTrigger(named, scenario.event && join(root, scenario.event));
      await runToEnd(stage, trigger);
      const runs = account.stepFunctions.executions().filter(({ machineName }) => machineName.endsWith('-patch-fleet'));
      const [execution] = runs.toSorted((a, b) => b.startDate - a.startDate);
      if (execution === undefined) throw new Error('No run was started.');
      return { execution, summary: file(`${runFolder(execution)}/summary.json`) as Summary | undefined };
    },
    call: async <Reply>({ operations }: Service, operation: string, input: object) => {
      const { run } = operations[operation] as unknown as Operation<object, Reply>;
      return run(input, { caller: { arn: terraform }, requestId: `by-hand-${operation}` });
    },
    until: async (isSo) => {
      const tick = () => account.kernel.clock.after(10_000, tick);
      tick();
      await account.kernel.clock.run(isSo);
    },
  });
  await account.close();
}
