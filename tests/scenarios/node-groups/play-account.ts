import type { Scenario, ScenarioNodeGroup } from '../../../simulator/scenario/schema.ts';
import { type Played, play } from '../../support/play.ts';
import { type Case, type CaseAccount, oldAmi, otherAmi } from './case.ts';

const defaultCluster = 'shop';
const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';

/** In which cluster the case's group is. */
export const clusterOf = ({ cluster = defaultCluster }: Case): string => cluster;

/** The group of a case as the scenario has it, with what the scenario's schema adds by itself. */
const groupOf = ({ name, group, optedIn = true }: Case) =>
  ({
    name,
    kind: 'self-managed',
    ami: oldAmi,
    size: 2,
    maxSize: 4,
    ...group,
    tags: { ...(optedIn && { 'reglaze:channel': 'windows-2022-core' }), ...group?.tags },
  }) as ScenarioNodeGroup;

function fill(scenario: Scenario, { cases, change }: CaseAccount): void {
  const [cluster] = scenario.clusters;
  const [ami] = scenario.amis;
  if (cluster === undefined || ami === undefined) throw new Error('The scenario has no cluster or no AMI.');
  scenario.amis.push({ ...ami, id: otherAmi });
  const names = [...new Set(cases.map(clusterOf))];
  scenario.clusters = names.map((name) => ({
    ...cluster,
    name,
    nodeGroups: cases.filter((each) => clusterOf(each) === name).map(groupOf),
  }));
  change?.(scenario);
}

/** A group's own settings, which a run leaves as they are but for the versions of its launch templates. */
export type Settings = Readonly<Record<string, unknown>>;

export type PlayedAccount = Played & { readonly before: ReadonlyMap<string, Settings> };

/** The settings of the Auto Scaling group of a case as they are now. */
export function settingsOf({ account, nodeGroups }: Played['stage'], one: Case): Settings {
  const built = nodeGroups.find(({ cluster, name }) => cluster === clusterOf(one) && name === one.name);
  const group = account.autoScaling.group(built?.autoScalingGroupName ?? '');
  if (group === undefined) throw new Error(`The account has no node group ${one.name}.`);
  const { instances: _, warmPool: ___, activeRefresh: __, ...settings } = group;
  // The drain hook stays on purpose, and means nothing when reglaze is gone.
  return { ...settings, hooks: settings.hooks.filter((hook) => hook !== 'reglaze-drain') };
}

/** Plays all cases of one account in one run. */
export async function playAccount(account: CaseAccount): Promise<PlayedAccount> {
  const before = new Map<string, Settings>();
  const played = await play('tiny-month', {
    change: (scenario) => fill(scenario, account),
    ...((account.earlier || account.input) && { input: JSON.stringify(account.input ?? { imageArn }) }),
    before: async (stage) => {
      await account.earlier?.(stage);
      for (const one of account.cases) before.set(keyOf(one), settingsOf(stage, one));
    },
  });
  return { ...played, before };
}

export const keyOf = (one: Case): string => `${clusterOf(one)}/${one.name}`;

/** The AMIs that the instances of a case's group run, those in its warm pool among them, each once. */
export function amisOf({ account, nodeGroups }: Played['stage'], one: Case): string[] {
  const built = nodeGroups.find(({ cluster, name }) => cluster === clusterOf(one) && name === one.name);
  const { instances = [], warmPool = [] } = account.autoScaling.group(built?.autoScalingGroupName ?? '') ?? {};
  return [...new Set([...instances, ...warmPool].map(({ imageId }) => imageId))].sort();
}

type Specification = { readonly LaunchTemplateId?: string | undefined; readonly Version?: string | undefined };

/** The AMIs that the group of a case would launch, by all of its launch templates, each once. */
export function launchedAmis({ account, nodeGroups }: Played['stage'], one: Case): string[] {
  const built = nodeGroups.find(({ cluster, name }) => cluster === clusterOf(one) && name === one.name);
  const { launchTemplate, mixedInstancesPolicy } = account.autoScaling.group(built?.autoScalingGroupName ?? '') ?? {};
  const { LaunchTemplateSpecification: own, Overrides = [] } = mixedInstancesPolicy?.LaunchTemplate ?? {};
  const specifications: (Specification | undefined)[] = [
    ...[launchTemplate, own],
    ...Overrides.map((override) => override.LaunchTemplateSpecification),
  ];
  const amis = specifications.flatMap((each) =>
    each === undefined
      ? []
      : [
          account.ec2.launchTemplate({ LaunchTemplateId: each.LaunchTemplateId }, each.Version ?? '$Default').data
            .ImageId ?? 'none',
        ],
  );
  return [...new Set(amis)].sort();
}

export const isTouched = ({ outcome }: Case): boolean => outcome === 'patched' || outcome === 'partly-patched';
