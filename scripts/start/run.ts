import { readFile } from 'node:fs/promises';
import type { AwsEvent } from '../../simulator/kernel/service.ts';
import type { GroupInstanceView } from '../../simulator/services/autoscaling/autoscaling.ts';
import type { Execution } from '../../simulator/services/stepfunctions.ts';
import { WrongUsage } from '../command-line.ts';
import type { Stage } from './stage.ts';

/** What starts the run: an event on the account's bus, or an input typed into the Step Functions console. */
export type Trigger = { readonly event: AwsEvent } | { readonly input: string };

export type RunEnd = {
  /** Missing when nothing was started: no channel follows the image of the event. */
  readonly run: Execution | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
};

/** How long after the last sign of life nothing more is expected: longer than events are late. */
const silenceMs = 60_000;

/** Starts a run and lets the account's time pass until it, and whatever it started, has ended. */
export async function runToEnd(stage: Stage, trigger: Trigger): Promise<RunEnd> {
  const { kernel, stepFunctions, events } = stage.account;
  const startedAt = kernel.clock.now();
  let lastSign = startedAt;
  const stopFollowing = kernel.log.follow(({ at, kind }) => {
    if (kind !== 'event.scheduled') lastSign = at;
  });

  if ('event' in trigger) events.inject(trigger.event);
  else stepFunctions.startExecution({ machineArn: stage.machineArn('patch-fleet'), input: trigger.input });
  // Something is always on the clock until the silence has been heard.
  const listen = () => kernel.clock.after(silenceMs, listen);
  listen();
  await kernel.clock.run(() => isOver());
  stopFollowing();

  // Newest first: the last is the first since the trigger. There may be runs before it, and others may start some after it.
  const run = stepFunctions
    .executions()
    .findLast(({ machineName, startDate }) => machineName.endsWith('-patch-fleet') && startDate >= startedAt);
  return { run, startedAt, endedAt: run?.stopDate ?? lastSign };

  function isOver(): boolean {
    // Asked at every event: what costs least comes first.
    if (kernel.clock.now() - lastSign < silenceMs || stage.awaitsOperator()) return false;
    if (stepFunctions.executions().some(({ status }) => status === 'RUNNING')) return false;
    const groups = stage.account.autoScaling.groups();
    return !groups.some(({ instances, warmPool }) => [...instances, ...warmPool].some(isMoving));
  }
}

/** On its way into service or the warm pool, or out of it, which ends by itself. */
const isMoving = ({ state }: GroupInstanceView): boolean => /^(Warmed:)?(Pending|Terminating)/.test(state);

/**
 * Reads the trigger that the command line or else the scenario names.
 *
 * @throws {WrongUsage} The file is missing, or is no JSON.
 */
export async function readTrigger(
  { event, input }: { readonly event?: string | undefined; readonly input?: string | undefined },
  fallback: string | undefined,
): Promise<Trigger> {
  if (input !== undefined) {
    const text = input.trimStart().startsWith('{') ? input : await read('--input', input);
    parseJson('--input', text);
    return { input: text };
  }
  const path = event ?? fallback;
  if (path === undefined) throw new WrongUsage('The scenario names no event: use --event or --input.');
  const parsed = parseJson('--event', await read('--event', path));
  if (!isEvent(parsed)) {
    throw new WrongUsage(`${path} is no EventBridge event: it needs source, detail-type, resources and detail.`);
  }
  return { event: parsed };
}

async function read(option: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw new WrongUsage(`${option}: ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  });
}

function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WrongUsage(`${option} is no JSON: ${(cause as Error).message}.`, { cause });
  }
}

function isEvent(value: unknown): value is AwsEvent {
  const event = value as Partial<AwsEvent> | null;
  return (
    typeof event?.source === 'string' &&
    typeof event['detail-type'] === 'string' &&
    Array.isArray(event.resources) &&
    typeof event.detail === 'object'
  );
}
