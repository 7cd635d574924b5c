import type { NodeGroupDrivers } from '../../functions/adapters/node-group-drivers.ts';
import { ReplacementByOthers } from '../../functions/domain/errors.ts';
import {
  type Follower,
  type LaunchSource,
  type NodeGroup,
  type TemplateVersion,
  versionName,
} from '../../functions/domain/node-group.ts';
import type { DrainSituation, NodeGroupDriver, ReplacementOrder } from '../../functions/domain/node-group-driver.ts';
import type { ReleaseVersion } from '../../functions/domain/release-line.ts';
import { chooseStart, isActive, type Replacement } from '../../functions/domain/replacement.ts';
import { aGroup } from './builders.ts';

/** A node group in memory that obeys the driver's contract and remembers what was done to it. */
export class FakeNodeGroup implements NodeGroupDriver {
  readonly reversible: boolean;
  readonly admitsByHook: boolean;
  group: NodeGroup;
  /** Newest first. */
  replacements: Replacement[] = [];
  hook: unknown;
  /** What changed the group, in order. */
  readonly changes: string[] = [];
  /** Makes the next start go through and its answer get lost. */
  losesNextAnswer = false;

  constructor(group: Partial<NodeGroup> = {}, traits: { reversible?: boolean; admitsByHook?: boolean } = {}) {
    this.group = aGroup(group);
    this.reversible = traits.reversible ?? true;
    this.admitsByHook = traits.admitsByHook ?? true;
  }

  listTagged = async () => {
    const { tags, source } = this.group;
    const { type, ...release } = source;
    return [{ tags, ...(type === 'amazon' && { release: release as ReleaseVersion }) }];
  };

  discover = async (isWanted: (tags: Readonly<Record<string, string>>) => boolean) =>
    isWanted(this.group.tags) ? [this.group] : [];

  describe = async () => this.group;

  findActive = async () => this.replacements.find(isActive)?.id;

  /** Groups that follow the launch template, this one among them when it does. */
  followers: Follower[] = [];
  listFollowers = async () => this.followers;

  setVersion: NodeGroupDriver['setVersion'] = async (_, { id, version }) => {
    this.changes.push(`set version ${version}`);
    const { source } = this.group;
    if (source.type !== 'launch-template') return;
    const { follows: __, ...rest } = source;
    const follows = version === '$Latest' || version === '$Default' ? { follows: version } : {};
    const number = 'follows' in follows ? source.template.version : Number(version);
    this.group = { ...this.group, source: { ...rest, ...follows, template: { id, version: number } } as LaunchSource };
  };

  openAdmission = async (_: string, metadata: unknown) => {
    this.changes.push('put hook');
    this.hook = metadata;
  };

  closeAdmission = async () => {
    this.changes.push('delete hook');
    this.hook = undefined;
  };

  drains: DrainSituation = { nodes: 4, tagKeys: [], terminateHooks: [] };
  drainHook: unknown;
  readDrains = async () => this.drains;

  setDrainHook: NodeGroupDriver['setDrainHook'] = async (_, metadata) => {
    this.changes.push(metadata === undefined ? 'delete drain hook' : 'put drain hook');
    this.drainHook = metadata;
  };

  newestReplacementId = async () => this.replacements[0]?.id;

  start = async ({ target, attempt }: ReplacementOrder) => {
    const choice = chooseStart(this.replacements, target, attempt);
    if (choice.answer === 'adopt') return choice.id;
    if (choice.answer === 'others') throw new ReplacementByOthers(`${choice.id} is not ours`);
    const id = `refresh-${this.replacements.length + 1}`;
    this.changes.push(`start ${id} to ${'id' in target ? `version ${target.version}` : versionName(target)}`);
    const launchTemplate = 'id' in target ? target : undefined;
    this.replacements.unshift({ id, status: 'active', detail: 'running', launchTemplate });
    if (this.losesNextAnswer) {
      this.losesNextAnswer = false;
      throw new Error('the function died');
    }
    return id;
  };

  findReplacement: NodeGroupDriver['findReplacement'] = async (_, { id, after }, launchTemplate) => {
    if (id !== undefined) return this.replacements.find((each) => each.id === id);
    const choice = chooseStart(this.replacements, launchTemplate, { after });
    return choice.answer === 'adopt' ? this.replacements.find((each) => each.id === choice.id) : undefined;
  };

  reverse = async () => {
    this.changes.push('reverse');
    this.end('reversing');
  };

  versionBack = async ({ launchTemplate }: { launchTemplate: TemplateVersion }) => launchTemplate;

  /** Brings the newest replacement to a status. */
  end(status: Replacement['status']): void {
    this.replacements = this.replacements.map((each, index) => (index === 0 ? { ...each, status } : each));
  }

  /** Both kinds handled by this one group. */
  asDrivers(): NodeGroupDrivers {
    const none = new FakeNodeGroupless();
    return this.group.kind === 'managed'
      ? { 'self-managed': none.driver, managed: this }
      : { 'self-managed': this, managed: none.driver };
  }
}

/** A kind of which there are no groups. */
class FakeNodeGroupless {
  readonly driver: NodeGroupDriver = Object.assign(new FakeNodeGroup(), {
    listTagged: async () => [],
    discover: async () => [],
  });
}
