import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Account } from '../account.ts';
import type { ScenarioNodeGroup } from './schema.ts';

/** A launch template that several node groups of a scenario name. */
type SharedTemplate = {
  readonly id: string;
  readonly nodeRoleArn: string;
  /** The clusters that let the role's nodes in. */
  readonly clusters: ReadonlySet<string>;
  readonly newest: number;
  /** The data of the newest version, to compare with. */
  readonly text: string;
};

/** The launch templates of one account that node groups share, by the name that the scenario gives them. */
export type SharedTemplates = Map<string, SharedTemplate>;

/** The version that a group names: as the scenario says it, or the number of the one that was made last. */
export const versionOf = ({ version }: ScenarioNodeGroup, newest: number): string =>
  version === 'number' ? String(newest) : String(version);

/**
 * The template that the group shares: made by the first group that names it, and given another version by each later one
 * that needs other data. Nodes of a later group join with the role of the first, which its cluster then lets in.
 */
export function shareTemplate(
  { ec2, eks }: Account,
  shared: SharedTemplates,
  place: { readonly cluster: string; readonly nodeRoleArn: string },
  nodeGroup: ScenarioNodeGroup,
  data: RequestLaunchTemplateData,
): { readonly id: string; readonly version: string } {
  const { launchTemplate: name = '', olderVersions } = nodeGroup;
  const text = JSON.stringify({ ...data, IamInstanceProfile: data.IamInstanceProfile !== undefined });
  const known = shared.get(name);
  const { id } = known ?? ec2.addLaunchTemplate({ name, data });
  const add = () => ec2.addLaunchTemplateVersion({ LaunchTemplateId: id }, { data }).version;
  let newest = known?.newest ?? 1;
  if (known !== undefined && known.text !== text) newest = add();
  for (let older = 0; older < olderVersions; older += 1) newest = add();
  const { nodeRoleArn = place.nodeRoleArn, clusters = new Set([place.cluster]) } = known ?? {};
  if (!clusters.has(place.cluster)) {
    eks.addAccessEntry(place.cluster, { principalArn: nodeRoleArn, type: 'EC2_WINDOWS' });
  }
  shared.set(name, { id, nodeRoleArn, clusters: new Set([...clusters, place.cluster]), newest, text });
  return { id, version: versionOf(nodeGroup, newest) };
}
