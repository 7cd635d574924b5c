import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Account, createAccount } from '../../simulator/account.ts';
import { deploy, type Stack } from '../../simulator/cloudformation/deploy.ts';
import type { Pace } from '../../simulator/kernel/clock.ts';
import type { HostingMode } from '../../simulator/lambda/hosting.ts';
import { type BuiltAccount, buildAccount } from '../../simulator/scenario/build.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { ensurePackaged, type Package } from '../package.ts';
import { obeyOperators } from './operator.ts';

const root = join(import.meta.dirname, '../..');

/** The name under which `osls deploy` makes the stack. */
const stackName = 'reglaze-live';

/** An account with everything that a scenario has in it, and the packaged stack deployed into it. */
export type Stage = BuiltAccount & {
  readonly scenario: Scenario;
  readonly account: Account;
  readonly stack: Stack;
  /** ARN of one of our state machines by its short name, such as `patch-fleet`. */
  readonly machineArn: (machine: string) => string;
  /** Whether somebody is still to do something at a certain time. */
  readonly awaitsOperator: () => boolean;
};

export type StageOptions = {
  readonly seed?: number | undefined;
  readonly pace: Pace;
  readonly functions: HostingMode;
  /** Of the account, if functions run in threads; any free one when missing. */
  readonly port?: number | undefined;
  /** The clock that clients outside the account live by, if it is not the account's. */
  readonly clientClock?: (() => number) | undefined;
};

let packaged: Promise<Pick<Package, 'template' | 'artifact'>> | undefined;

/** Packages what has changed. Read once for all stages of this process, whose zips are then the same buffers. */
async function readPackage() {
  const { template, artifact } = await ensurePackaged();
  const zips = new Map<string, Buffer>();
  const zipOf = (s3Key: string): Buffer => {
    const zip = zips.get(s3Key) ?? artifact(s3Key);
    zips.set(s3Key, zip);
    return zip;
  };
  return { template, artifact: zipOf };
}

/** Packages what has changed, fills an account, deploys the stack into it and lets it read the clusters. */
export async function setStage(scenario: Scenario, { seed, ...place }: StageOptions): Promise<Stage> {
  packaged ??= readPackage();
  const { template, artifact } = await packaged;
  const { accountId, region, startsAt } = scenario;
  const account = await createAccount({
    identity: { accountId, region, partition: 'aws' },
    startsAt: Date.parse(startsAt),
    seed: seed ?? scenario.seed,
    ...{ ...place, timings: scenario.timings, behaviour: scenario.behaviour },
    quotas: scenario.quotas,
  });
  const built = await buildAccount(account, scenario);
  const stack = await deploy({ account, template, stackName, parameters: {}, artifacts: artifact });
  await grantAccess(account, built, scenario, 'reader', stack.outputs.ReaderRoleArn ?? '');
  await grantAccess(account, built, scenario, 'mover', stack.outputs.MoverRoleArn ?? '');
  const stage = {
    ...built,
    ...{ scenario, account, stack },
    machineArn: (machine: string) => `arn:aws:states:${region}:${accountId}:stateMachine:${stackName}-${machine}`,
  };
  return { ...stage, awaitsOperator: obeyOperators(stage) };
}

/** What the README asks an operator to do once per cluster: access entries, and the rights that their groups have. */
async function grantAccess(
  { eks }: Account,
  { clusters }: BuiltAccount,
  scenario: Scenario,
  principal: 'reader' | 'mover',
  principalArn: string,
): Promise<void> {
  const manifest = await readFile(join(root, `infrastructure/kubernetes/${principal}.yml`), 'utf8');
  for (const { name } of scenario.clusters.filter(({ access }) => access === 'granted')) {
    eks.addAccessEntry(name, { principalArn, kubernetesGroups: [`reglaze-${principal}`] });
    for (const document of parseAllDocuments(manifest)) clusters.get(name)?.applyManifest(document.toJS());
  }
}
