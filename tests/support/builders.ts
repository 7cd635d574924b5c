import type { GroupSight } from '../../functions/domain/autoscaler.ts';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import type { Image, ImageBuild } from '../../functions/domain/image.ts';
import type { WindowsNode } from '../../functions/domain/node.ts';
import type { GroupInstance, NodeGroup, NodeGroupKey } from '../../functions/domain/node-group.ts';
import type { Replacement } from '../../functions/domain/replacement.ts';
import type { GroupReport, Plan } from '../../functions/domain/report.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import type { RolloutPolicy } from '../../functions/domain/tags.ts';

export const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/1.0.0/7';
export const account = { partition: 'aws', region: 'us-west-2', accountId: '111122223333' };
export const now = new Date('2026-05-16T05:00:00Z');
export const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);

export const anImage = (overrides: Partial<Omit<Image, 'release'>> = {}): Image => ({
  arn: imageArn,
  name: 'windows-2022-core',
  version: '1.0.0/7',
  amiId: 'ami-0new',
  serverLine: '2022',
  ...overrides,
});

export const aRelease = (overrides: Partial<Omit<Image, 'release' | 'name'>> = {}): Image => ({
  name: 'amazon',
  version: '1.35-2026.05.16',
  release: { amiType: 'WINDOWS_CORE_2022_x86_64', kubernetesVersion: '1.35' },
  amiId: 'ami-0new',
  serverLine: '2022',
  ...overrides,
});

export const anImageBuild = (overrides: Partial<ImageBuild> = {}): ImageBuild => ({
  arn: imageArn,
  type: 'AMI',
  name: 'windows-2022-core',
  version: '1.0.0/7',
  platform: 'Windows',
  osVersion: 'Microsoft Windows Server 2022',
  status: 'AVAILABLE',
  statusReason: undefined,
  amis: [
    { region: 'us-east-1', accountId: '111122223333', amiId: 'ami-0east' },
    { region: 'us-west-2', accountId: '444455556666', amiId: 'ami-0other' },
    { region: 'us-west-2', accountId: '111122223333', amiId: 'ami-0new' },
  ],
  ...overrides,
});

export const anInstance = (overrides: Partial<GroupInstance> = {}): GroupInstance => ({
  instanceId: 'i-0a',
  lifecycleState: 'InService',
  healthy: true,
  protectedFromScaleIn: false,
  imageId: 'ami-0old',
  launchedAt: minutesAgo(60),
  ...overrides,
});

export const aNode = (overrides: Partial<WindowsNode> = {}): WindowsNode => ({
  name: 'ip-10-0-1-23.us-west-2.compute.internal',
  instanceId: 'i-0a',
  ready: true,
  readyDetail: 'KubeletReady: kubelet is posting ready status',
  readySince: '2026-05-16T04:55:00.000Z',
  conditions: { Ready: 'True' },
  labels: {},
  initialized: true,
  podAddresses: 14,
  patchLevel: '10.0.20348.4648',
  osImage: 'Windows Server 2022 Datacenter',
  ...overrides,
});

export const aGroup = (overrides: Partial<NodeGroup> = {}): NodeGroup => ({
  kind: 'self-managed',
  cluster: 'demo',
  name: 'win2022',
  autoScalingGroupName: 'win2022',
  tags: { 'reglaze:channel': 'windows-2022-core', 'kubernetes.io/cluster/demo': 'owned' },
  misplacedTags: [],
  desiredCapacity: 2,
  source: {
    type: 'launch-template',
    template: { id: 'lt-0a', version: 7 },
    imageId: 'ami-0old',
    hasInstanceRequirements: false,
  },
  instances: [anInstance(), anInstance({ instanceId: 'i-0b' })],
  suspendedProcesses: [],
  status: 'ACTIVE',
  updateStrategy: undefined,
  ...overrides,
});

/** A launch source that names an AMI. */
export const fromTemplate = (imageId: string | undefined, version = 7): NodeGroup['source'] => ({
  type: 'launch-template',
  template: { id: 'lt-0a', version },
  imageId,
  hasInstanceRequirements: false,
});

/** A launch source that is Amazon's own AMI. */
export const fromAmazon = (releaseVersion = '1.35-2026.04.18', amiType = 'WINDOWS_CORE_2022_x86_64') =>
  ({ type: 'amazon', amiType, kubernetesVersion: '1.35', releaseVersion }) satisfies NodeGroup['source'];

export const aReplacement = (overrides: Partial<Replacement> = {}): Replacement => ({
  id: 'refresh-1',
  status: 'active',
  detail: 'Waiting for instances to warm up',
  launchTemplate: { id: 'lt-0a', version: 8 },
  ...overrides,
});

export const aPolicy = (overrides: Partial<RolloutPolicy> = {}): RolloutPolicy => ({
  joinTimeoutSeconds: 1800,
  bakeSeconds: 0,
  maxSurge: { count: 10, unit: 'percent' },
  force: false,
  drainTimeoutSeconds: 5400,
  ...overrides,
});

export const aKey = (overrides: Partial<NodeGroupKey> = {}): NodeGroupKey => ({
  run: 'run-1',
  cluster: 'demo',
  nodeGroup: 'win2022',
  kind: 'self-managed',
  ...overrides,
});

export const executionArn = 'arn:aws:states:us-west-2:111122223333:execution:reglaze-roll-node-group:demo-win2022';

export const aState = (overrides: Partial<StateFile> = {}): StateFile => ({
  schemaVersion: 1,
  cluster: 'demo',
  nodeGroup: 'win2022',
  kind: 'self-managed',
  lease: { run: 'run-1', executionArn, until: new Date(now.getTime() + 11 * 3_600_000).toISOString() },
  phase: 'leased',
  image: anImage(),
  policy: aPolicy(),
  autoScalingGroupName: 'win2022',
  startedAt: minutesAgo(30).toISOString(),
  before: {
    launchTemplate: { id: 'lt-0a', version: 7 },
    amiId: 'ami-0old',
    follows: 'number',
    patchLevel: '10.0.20348.4648',
  },
  ...overrides,
});

/** A state in which nodes are being replaced. */
export const aRollingState = (overrides: Partial<StateFile> = {}): StateFile =>
  aState({
    phase: 'rolling',
    launchTemplate: { id: 'lt-0a', fromVersion: 7, toVersion: 8 },
    hook: 'open',
    rollout: { id: 'refresh-1', startedAt: minutesAgo(10).toISOString(), attempts: 1 },
    ...overrides,
  });

/** What a look sees of a group without an autoscaler. */
export const aSight = (instances: readonly GroupInstance[] = [], overrides: Partial<GroupSight> = {}): GroupSight => ({
  ...{ instances, desired: 2, autoscaled: false },
  ...overrides,
});

export const aReport = (overrides: Partial<GroupReport> = {}): GroupReport => ({
  cluster: 'demo',
  name: 'win2022',
  kind: 'self-managed',
  outcome: 'planned',
  nodes: { total: 2, patched: 0 },
  fromAmi: 'ami-0old',
  toAmi: 'ami-0new',
  fromPatchLevel: '10.0.20348.4648',
  launchTemplate: { id: 'lt-0a', fromVersion: 7 },
  ...overrides,
});

export const aPlan = (overrides: Partial<Plan> = {}): Plan => ({
  run: 'run-1',
  image: anImage(),
  dryRun: false,
  plannedAt: minutesAgo(40).toISOString(),
  nodeGroups: [aReport()],
  ...overrides,
});

export const aDrainInput = (overrides: Partial<DrainInput> = {}): DrainInput => ({
  cluster: 'demo',
  nodeGroup: 'win2022',
  autoScalingGroupName: 'win2022',
  instanceId: 'i-0leaving',
  startedAt: now.toISOString(),
  drainDeadline: now.toISOString(),
  drainTimeoutSeconds: 5400,
  ceiling: now.toISOString(),
  onDrainTimeout: 'wait',
  concurrentDrains: 1,
  ...overrides,
});
