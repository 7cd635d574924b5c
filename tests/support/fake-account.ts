import { openDrainRecords } from '../../functions/adapters/drain-records.ts';
import type { NodeMarker } from '../../functions/adapters/node-taints.ts';
import { openRunFiles } from '../../functions/adapters/run-files.ts';
import type { PodTester } from '../../functions/adapters/test-pods.ts';
import type { Announcement } from '../../functions/domain/announcement.ts';
import type { Reason } from '../../functions/domain/errors.ts';
import type { BudgetsView } from '../../functions/domain/impossible-budgets.ts';
import type { WindowsNode } from '../../functions/domain/node.ts';
import type { GroupInstance, NodeGroup } from '../../functions/domain/node-group.ts';
import type { LaunchFailure } from '../../functions/domain/rollout.ts';
import type { EndedExecution } from '../../functions/domain/settlement.ts';
import type { PodsFound } from '../../functions/domain/standstill.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import type { TemplateView } from '../../functions/domain/unpin.ts';
import type { TemplateAliases } from '../../functions/domain/unpin-step.ts';
import { aNode, now } from './builders.ts';
import { FakeNodeGroup } from './fake-node-group.ts';
import { FakeRunBucket } from './fake-run-bucket.ts';

/** One node group with everything that steps see of it, in memory. Its members are what handlers take as dependencies. */
export class FakeAccount {
  readonly bucket = new FakeRunBucket();
  readonly files = openRunFiles(this.bucket);
  readonly drains = openDrainRecords(this.bucket);
  readonly nodeGroup: FakeNodeGroup;
  nodes: WindowsNode[];
  launchFailure: LaunchFailure | undefined;
  /** The hooks of the group, of which somebody may have deleted ours. */
  hookNames = ['reglaze-admit', 'reglaze-drain'];
  listHookNames = async () => this.hookNames;
  findPodsInTheWay = async (): Promise<PodsFound> => ({ pods: [] });
  readonly notices: string[] = [];
  readonly started = new Map<string, unknown>();
  /** Rollouts that ended badly, by the names of their executions. */
  readonly endedRollouts = new Map<string, EndedExecution>();
  clock = now;

  constructor(nodeGroup = new FakeNodeGroup()) {
    this.nodeGroup = nodeGroup;
    this.nodes = nodeGroup.group.instances.map(({ instanceId }) => aNode({ name: `node-${instanceId}`, instanceId }));
  }

  /** As if earlier steps had left this state. */
  withState(state: StateFile): this {
    this.bucket.seed('state/demo/win2022.json', state);
    return this;
  }

  get state(): StateFile {
    return this.bucket.content('state/demo/win2022.json') as StateFile;
  }

  get drivers() {
    return this.nodeGroup.asDrivers();
  }

  now = () => this.clock;
  listInstances = async (): Promise<GroupInstance[]> => [...this.nodeGroup.group.instances];
  /** What waits in the group's warm pool. */
  pool: GroupInstance[] = [];
  listPool = async () => [...this.pool];
  listWithPool = async () => ({ instances: await this.listInstances(), pool: [...this.pool] });
  /** Whether a cluster autoscaler looks after the group, and how many instances are wanted. */
  scaling = { desired: 2, autoscaled: false };
  viewGroup = async () => ({ ...this.scaling, instances: [...this.nodeGroup.group.instances], pool: [...this.pool] });
  withImages = async <Group extends { readonly instances: readonly GroupInstance[] }>(groups: readonly Group[]) => [
    ...groups,
  ];
  listNodes = async () => this.nodes;
  /** Why the cluster would not let nodes be drained. */
  moverRefusal: Reason | undefined;
  findMoverRefusal = async () => this.moverRefusal;
  findPodsRefusal = async (): Promise<Reason | undefined> => undefined;
  viewCluster = async () => ({ nodes: this.nodes });
  /** The budgets that no eviction can pass. */
  budgets: BudgetsView = { impossible: [], doubled: [], unread: 0 };
  viewBudgets = async () => this.budgets;
  /** Instances whose nodes bear the taint of outdated ones. */
  readonly marked = new Set<string>();
  readonly marker: NodeMarker = {
    mark: async (_, nodes) => {
      const changed = nodes.filter(({ instanceId }) => !this.marked.has(instanceId));
      for (const { instanceId } of changed) this.marked.add(instanceId);
      return changed.length;
    },
    unmark: async (_, nodes) => nodes.filter(({ instanceId }) => this.marked.delete(instanceId)).length,
  };
  listNamedInstances = async () =>
    this.nodeGroup.group.instances.map((instance) => ({ ...instance, nodeName: `node-${instance.instanceId}` }));
  /** When AMIs were made. */
  ages = new Map<string, Date>();
  describeAges = async (amiIds: readonly string[]) =>
    new Map([...this.ages].filter(([amiId]) => amiIds.includes(amiId)));
  readSizes = async () => ({ desired: 2, max: 4, instances: this.nodeGroup.group.instances.length });
  findLaunchFailure = async () => this.launchFailure;
  findImageIds = async (ids: readonly string[]) => new Map(ids.map((id) => [id, 'ami-0new']));

  /** What was done to the launch template's aliases. */
  template: TemplateView = { defaultVersion: 7, newer: [] };
  readonly aliases: TemplateAliases = {
    view: async () => this.template,
    copyOnTop: async ({ version }, _, newest) => {
      this.nodeGroup.changes.push(`copy version ${version} above ${newest}`);
    },
    setDefault: async ({ version }) => {
      this.nodeGroup.changes.push(`make version ${version} the default`);
    },
  };

  /** Pods of smoke tests that were deleted, and what ran. */
  readonly removedPods: string[] = [];
  readonly tester: PodTester = {
    run: async () => undefined,
    remove: async (_, podNames) => {
      this.removedPods.push(...podNames);
    },
  };
  readonly announced: Announcement[] = [];
  announce = async (announcement: Announcement) => {
    this.announced.push(announcement);
  };

  findEndedRollout = async (name: string) => this.endedRollouts.get(name);

  notify = async ({ subject }: { readonly subject: string }) => {
    this.notices.push(subject);
  };

  start = async (name: string, input: unknown) => {
    if (this.started.has(name)) return 'already' as const;
    this.started.set(name, input);
    return 'started' as const;
  };

  startDrain = this.start;

  /** Replaces what the group is now. */
  change(group: Partial<NodeGroup>): void {
    this.nodeGroup.group = { ...this.nodeGroup.group, ...group };
  }
}
