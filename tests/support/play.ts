import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parse, stringify } from 'yaml';
import { describeRun, type RunDocument } from '../../scripts/start/document.ts';
import { type Observer, observe } from '../../scripts/start/observer.ts';
import { type RunEnd, readTrigger, runToEnd } from '../../scripts/start/run.ts';
import { type Stage, setStage } from '../../scripts/start/stage.ts';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import type { HostingMode } from '../../simulator/lambda/hosting.ts';
import { parseScenario } from '../../simulator/scenario/load.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';

const root = join(import.meta.dirname, '../..');

// Each run instantiates its functions anew: compiling them without an interpreter's warm-up halves the time.
setFlagsFromString('--always-sparkplug');

export type Played = {
  readonly document: RunDocument;
  readonly stage: Stage;
  readonly observer: Observer;
  readonly end: RunEnd;
  readonly log: readonly LogEntry[];
};

type PlayOptions = {
  readonly change?: (scenario: Scenario) => void;
  readonly seed?: number;
  readonly functions?: HostingMode;
  /** JSON, instead of the scenario's event. */
  readonly input?: string;
  readonly event?: string;
  /** Called when the stack is deployed, before anything happens. */
  readonly before?: (stage: Stage) => void | Promise<void>;
};

/** Plays a scenario from `scenarios/` to its end, as `npm start` does, with what a test changes in it. */
export async function play(name: string, options: PlayOptions = {}): Promise<Played> {
  const { change = () => {}, seed, functions = 'process', input, event, before } = options;
  const path = join(root, 'scenarios', `${name}.yml`);
  const document = parse(await readFile(path, 'utf8'));
  const draft = parseScenario(stringify(document), path);
  change(draft);
  const scenario = parseScenario(stringify(draft), path);
  const trigger = await readTrigger({ input, event }, scenario.event && join(root, scenario.event));
  const stage = await setStage(scenario, { seed, pace: 'max', functions });
  await before?.(stage);
  const targetAmi = scenario.images.at(-1)?.amis.find((ami) => ami.region === scenario.region)?.id;
  const observer = observe(stage, targetAmi);
  const end = await runToEnd(stage, trigger);
  await stage.account.close();
  return { document: describeRun(stage, observer, end), stage, observer, end, log: stage.account.kernel.log.entries() };
}

/**
 * What is left of ours in the groups of an account: hooks, active refreshes, leases, pins. Empty when a run has ended well.
 * The drain hook stays on purpose.
 */
export function leftovers({ account, scenario, stack, nodeGroups }: Stage): string[] {
  const bucket = stack.outputs.RunBucketName ?? '';
  const leases = account.s3
    .keys(bucket)
    .filter((key) => key.startsWith('state/'))
    .filter((key) => JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? '{}').lease !== undefined);
  const inGroups = nodeGroups.flatMap(({ cluster, name, autoScalingGroupName }) => {
    const built = scenario.clusters
      .find((each) => each.name === cluster)
      ?.nodeGroups.find((each) => each.name === name);
    const group = account.autoScaling.group(autoScalingGroupName);
    const refresh = group?.activeRefresh ? [`active refresh of ${autoScalingGroupName}`] : [];
    const follows = String(built?.version).startsWith('$') && !built?.mixedInstances ? built?.version : undefined;
    const version = group?.launchTemplate?.Version;
    const pin =
      follows !== undefined && version !== undefined && version !== follows
        ? [`pin of ${autoScalingGroupName} to ${version}, which followed ${follows}`]
        : [];
    const hooks = (group?.hooks ?? []).filter((hook) => hook.startsWith('reglaze-') && hook !== 'reglaze-drain');
    return [...pin, ...hooks.map((hook) => `hook ${hook} of ${autoScalingGroupName}`), ...refresh];
  });
  return [...leases.map((key) => `lease in ${key}`), ...inGroups];
}

/** Details of all log entries of one kind, in order. */
export const entriesOf = (log: readonly LogEntry[], kind: string) =>
  log.filter((entry) => entry.kind === kind).map(({ details }) => details);

/** The operations that changed a node group, of those that a run makes. */
export const changesOf = (log: readonly LogEntry[]): string[] =>
  ['CreateLaunchTemplateVersion', 'PutLifecycleHook', 'StartInstanceRefresh', 'UpdateNodegroupVersion'].filter((name) =>
    entriesOf(log, 'call.aws').some(
      ({ operation, error }) => String(operation).endsWith(`.${name}`) && error === undefined,
    ),
  );
