import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parse } from 'yaml';
import { describeIssues } from '../schema/describe-issues.ts';
import { Scenario } from './schema.ts';

/** A scenario that cannot be used; the message names the file, the place in it and what is wrong. */
export class UnreadableScenario extends Error {
  override readonly name = 'UnreadableScenario';
}

/** @throws {UnreadableScenario} The file is missing, is not YAML, or says something that a scenario cannot say. */
export async function loadScenario(path: string): Promise<Scenario> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new UnreadableScenario(`The scenario file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  return parseScenario(text, path);
}

/** @throws {UnreadableScenario} */
export function parseScenario(text: string, path: string): Scenario {
  const checked = v.safeParse(Scenario, readYaml(text, path));
  if (!checked.success) {
    throw new UnreadableScenario([`${path} is no scenario:`, ...describeIssues(checked.issues)].join('\n  '));
  }
  const unknown = unknownReferences(checked.output);
  if (unknown.length > 0) throw new UnreadableScenario(`${path} is no scenario: ${unknown.join('; ')}.`);
  return checked.output;
}

function readYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new UnreadableScenario(`${path} is not YAML: ${(cause as Error).message}`, { cause });
  }
}

/** Names that one part of a scenario uses and no other part defines. */
function unknownReferences(scenario: Scenario): string[] {
  const amiIds = new Set(scenario.amis.map((ami) => ami.id));
  const groups = scenario.clusters.flatMap((cluster) =>
    cluster.nodeGroups.map((nodeGroup) => ({ path: `${cluster.name}/${nodeGroup.name}`, ami: nodeGroup.ami })),
  );
  const paths = new Set(groups.map((group) => group.path));

  return [
    ...groups
      .filter((group) => !amiIds.has(group.ami))
      .map((group) => `node group ${group.path} names ${group.ami}, which is not under amis`),
    ...scenario.faults
      .filter((fault) => fault.at === 'launch' && !paths.has(fault.group))
      .map((fault) => `a fault names ${fault.at === 'launch' ? fault.group : ''}, which is no <cluster>/<node group>`),
  ];
}
