import { parseOptions } from '../command-line.ts';

export type DetachArguments = {
  readonly help: boolean;
  /** Without it nothing is changed. */
  readonly yes: boolean;
  /** Also while a rollout runs or nodes drain. */
  readonly force: boolean;
  /** Node groups of this cluster only. */
  readonly cluster: string | undefined;
  /** Node groups of this name only. */
  readonly nodeGroup: string | undefined;
  readonly region: string | undefined;
  readonly stage: string;
  /** The run bucket, where it cannot be told by its name. */
  readonly bucket: string | undefined;
};

export const usage = `Usage: npm run detach -- [--yes] [options]

Takes everything of reglaze out of node groups: its tags, the hooks reglaze-admit and reglaze-drain, version numbers in
place of $Latest and $Default, its taints and cordons, its Leases and pods, and leases in the run bucket; from AMIs the
tag reglaze:failed-smoke-test, unless the call is narrowed. Prints what there is before and after. Without --yes nothing
is changed. Safe twice.

  --yes              do it; otherwise only what there is is printed
  --cluster NAME     node groups of this cluster only
  --node-group NAME  node groups of this name only
  --force            also while a rollout runs or nodes drain: the rollout is left where it stands, the nodes are
                     terminated with the pods that are on them
  --region REGION    otherwise that of your AWS configuration
  --stage STAGE      of the stack (default: live)
  --bucket NAME      the run bucket, if there are several of the stage
  --help             this text

Uses your own AWS credentials, by which it also speaks to the clusters. It works when the stack is gone as well.

Exit status: 0 nothing is left, or nothing was to be changed; 1 something is left, or it was refused; 2 wrong usage.`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  help: { type: 'boolean', short: 'h' },
  ...{ yes: flag, force: flag, cluster: text, 'node-group': text, region: text, stage: text, bucket: text },
} as const;

/** @throws {WrongUsage} One sentence that names the option. */
export function parseDetachArguments(argv: readonly string[]): DetachArguments {
  const { 'node-group': nodeGroup, ...given } = parseOptions(argv, options);
  const { help = false, yes = false, force = false, cluster, region, stage = 'live', bucket } = given;
  return { help, yes, force, cluster, nodeGroup, region, stage, bucket };
}
