import type { AMITypes } from '@aws-sdk/client-eks';
import * as v from 'valibot';
import { defaultTimings } from '../kernel/timings.ts';
import {
  countFromOne,
  countFromZero,
  number,
  recordOf,
  strictObject,
  timestamp,
  variantObject,
  wholeNumber,
} from '../schema/shapes.ts';
import { defaultAutoScalingBehaviour } from '../services/autoscaling/behaviour.ts';
import { defaultEc2Behaviour } from '../services/ec2/behaviour.ts';
import { defaultEksBehaviour } from '../services/eks/behaviour.ts';
import { defaultImageBuilderBehaviour } from '../services/imagebuilder/catalogue.ts';
import { defaultSsmBehaviour } from '../services/ssm/behaviour.ts';
import { operatorAction } from './operator-action.ts';
import * as workloads from './workloads.ts';

const amiId = v.pipe(v.string(), v.regex(/^ami-[0-9a-f]{8,17}$/, 'an AMI id, such as ami-0123456789abcdef0'));
const range = v.strictTuple([v.pipe(number, v.minValue(0)), v.pipe(number, v.minValue(0))]);
const tags = recordOf(v.pipe(v.string(), v.minLength(1, 'a key that is not empty')), v.string());
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'letters, digits, - and _'));
const minutes = v.pipe(number, v.minValue(0));
const windowsAmiTypes = ['2019', '2022', '2025'].flatMap(
  (year) => [`WINDOWS_CORE_${year}_x86_64`, `WINDOWS_FULL_${year}_x86_64`] as AMITypes[],
);

/** An AMI, with what happens inside a machine that boots from it. Times are seconds. */
const ami = strictObject({
  id: amiId,
  name: v.string(),
  platform: v.optional(v.picklist(['windows', 'linux']), 'windows'),
  state: v.optional(v.picklist(['available', 'pending', 'deregistered', 'disabled']), 'available'),
  osImage: v.optional(v.string(), 'Windows Server 2022 Datacenter'),
  kernelVersion: v.string(),
  kubeletVersion: v.optional(v.string(), 'v1.35.3-eks-0123456'),
  /** From running to the start of the kubelet. */
  bootSeconds: v.optional(range, [240, 420]),
  /** From registered to Ready. */
  readySeconds: v.optional(range, [20, 60]),
  /** From registered to IPv4 capacity. */
  addressSeconds: v.optional(range, [10, 40]),
  /** Once after it became Ready it joins a domain and reboots: from Ready to the reboot, and how long the kubelet is away. */
  domainJoin: v.optional(strictObject({ readySeconds: range, rebootSeconds: range })),
  defect: v.optional(v.picklist(['never-registers', 'never-ready', 'no-addresses', 'no-service-routing'])),
  /** Container images on its disk: a pod there needs no pull. Windows AMIs have the base images of their build if not said. */
  cachedImages: v.optional(v.array(v.string())),
  /** Pods that every machine of it runs by itself: manifests on its disk, which show as mirror pods. */
  staticPods: v.optional(v.array(workloads.manifest), []),
  /** Ten days before the start unless given. */
  createdAt: v.optional(timestamp),
});

/** One of Amazon's releases of its AMIs for nodes. Its AMI, of `amis`, is Amazon's then, and there from the same minute. */
const release = strictObject({
  amiType: v.picklist(windowsAmiTypes),
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+-\d/, 'a release version, such as 1.35-2026.04.18')),
  ami: amiId,
  /** Minutes after the start at which Amazon publishes it; before the start unless given. */
  minute: v.optional(minutes),
});

const image = strictObject({
  name,
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+\/\d+$/, 'a build version, such as 2026.5.12/1')),
  status: v.optional(v.picklist(['AVAILABLE', 'TESTING', 'FAILED']), 'AVAILABLE'),
  type: v.optional(v.picklist(['AMI', 'DOCKER']), 'AMI'),
  platform: v.optional(v.picklist(['Windows', 'Linux']), 'Windows'),
  osVersion: v.optional(v.string(), 'Microsoft Windows Server 2022'),
  reason: v.optional(v.string()),
  /** One per Region and account, as Image Builder distributes them. */
  amis: v.optional(v.array(strictObject({ region: v.string(), accountId: v.optional(v.string()), id: amiId })), []),
});

/** Instance types by what they have, at least and at most, instead of by name. */
const requirements = strictObject({ vCpus: range, memoryMiB: range });

/** One entry of a mixed instances policy; what it does not say comes from the group's launch template. */
const override = strictObject({
  instanceType: v.optional(v.string()),
  ami: v.optional(amiId),
  /** A launch template for this entry alone: the group's, with this AMI. */
  ownTemplate: v.optional(strictObject({ ami: amiId })),
  weight: v.optional(countFromOne),
  requirements: v.optional(requirements),
});

const nodeGroup = strictObject({
  name,
  kind: v.picklist(['self-managed', 'managed']),
  /** The AMI that its launch template names. */
  ami: amiId,
  size: countFromZero,
  minSize: v.optional(countFromZero),
  maxSize: v.optional(countFromZero),
  instanceType: v.optional(v.string(), 'm5.xlarge'),
  /** What the group names as its version: `number` is that of the newest one, a number is itself. */
  version: v.optional(v.union([v.picklist(['number', '$Latest', '$Default']), countFromOne]), 'number'),
  /** The name of a launch template that several node groups share; without it each has its own. */
  launchTemplate: v.optional(name),
  /** Launch template versions that came before the current one. */
  olderVersions: v.optional(countFromZero, 0),
  launchConfiguration: v.optional(v.boolean(), false),
  tags: v.optional(tags, {}),
  /** Tags on the Auto Scaling group of a managed node group. */
  autoScalingTags: v.optional(tags, {}),
  maxUnavailable: v.optional(countFromOne, 1),
  updateStrategy: v.optional(v.picklist(['DEFAULT', 'MINIMAL']), 'DEFAULT'),
  /** A mixed instances policy around the launch template. Of self-managed groups, as all that follows down to `warmPool`. */
  mixedInstances: v.optional(
    strictObject({
      overrides: v.array(override),
      /** Of its instances, so many are On-Demand Instances; and of those above, so many per cent. */
      onDemandBase: v.exactOptional(countFromZero),
      onDemandPercentage: v.exactOptional(v.pipe(wholeNumber, v.minValue(0), v.maxValue(100))),
    }),
  ),
  /** The launch template asks for Spot Instances. */
  spot: v.optional(v.boolean(), false),
  /** Spot Instances at risk are replaced before they are interrupted. */
  capacityRebalance: v.optional(v.boolean(), false),
  /** Of the launch template, instead of `instanceType`. */
  requirements: v.optional(requirements),
  /** The launch template takes the AMI from this SSM parameter. */
  amiParameter: v.optional(v.string()),
  /** What the instances run where it is not the template's AMI: they are of another version. */
  instancesAmi: v.optional(amiId),
  /** Of the group's nodes, the first are protected from scale-in and the last are in standby. */
  protectedNodes: v.optional(countFromZero, 0),
  standbyNodes: v.optional(countFromZero, 0),
  suspended: v.optional(v.array(v.string()), []),
  /** A warm pool of so many instances at least, which is filled from the beginning of the scenario. */
  warmPool: v.optional(
    strictObject({
      state: v.optional(v.picklist(['Stopped', 'Running']), 'Stopped'),
      minSize: v.optional(countFromZero, 0),
      /** Of group and pool together; without it that many. */
      maxPrepared: v.optional(countFromZero),
      reuseOnScaleIn: v.optional(v.boolean(), false),
    }),
  ),
  /** Of a self-managed group: it is attached to a target group, which waits so long for the last requests. */
  targetGroup: v.optional(strictObject({ name, deregistrationDelaySeconds: v.optional(countFromZero, 300) })),
  /** A managed group whose template names no AMI: `ami` is then the one that Amazon brings. */
  amazonsAmi: v.optional(strictObject({ amiType: v.picklist(windowsAmiTypes), releaseVersion: v.string() })),
  /** Problems of a managed group's health, which make it DEGRADED. */
  issues: v.optional(v.array(strictObject({ code: v.string(), message: v.string() })), []),
});

const cluster = strictObject({
  name,
  version: v.optional(v.string(), '1.35'),
  availabilityZones: v.optional(v.pipe(v.array(v.pipe(v.string(), v.length(1))), v.minLength(1, 'at least one')), [
    'a',
    'b',
  ]),
  /** A cluster autoscaler that gives up on machines which are no node after so many minutes; none unless given. */
  clusterAutoscaler: v.optional(strictObject({ maxNodeProvisionMinutes: v.optional(countFromOne, 15) })),
  /** What is in the cluster, as an operator would apply it, in this order. It is there, and runs, when the scenario starts. */
  manifests: v.optional(v.array(workloads.manifest), []),
  /** What happens inside the containers of a workload, which no manifest says. */
  containers: v.optional(v.array(workloads.containerBehaviour), []),
  /** Container images of the registry; others take as long to pull as `timings` of the cluster say. */
  containerImages: v.optional(v.array(workloads.containerImage), []),
  /** `host:port` of what answers a TLS handshake outside the cluster. */
  outside: v.optional(v.array(v.string()), []),
  /** Whether the stack's roles were given access to this cluster. */
  access: v.optional(v.picklist(['granted', 'missing']), 'granted'),
  nodeGroups: v.pipe(v.array(nodeGroup), v.minLength(1, 'at least one')),
});

/** Instances of a group cannot be launched for a while; minutes count from the start of the scenario. */
const launchFault = variantObject({
  at: v.literal('launch'),
  /** `<cluster>/<node group>`. */
  group: v.string(),
  fromMinute: minutes,
  untilMinute: minutes,
  code: v.optional(v.string(), 'InsufficientInstanceCapacity'),
  message: v.string(),
});

const callFault = variantObject({
  at: v.literal('call'),
  operation: v.string(),
  function: v.optional(v.string()),
  nth: v.optional(countFromOne, 1),
  effect: v.variant('kind', [
    variantObject({ kind: v.literal('error'), code: v.string(), message: v.string(), status: wholeNumber }),
    variantObject({ kind: v.literal('lost') }),
    variantObject({ kind: v.literal('slow'), delayMs: v.pipe(number, v.gtValue(0)) }),
    variantObject({ kind: v.literal('killed') }),
  ]),
});

/** The n-th event that a rule matches reaches its targets once for each delay: none is a lost event, two a doubled one. */
const eventFault = variantObject({
  at: v.literal('event'),
  rule: v.string(),
  nth: v.optional(countFromOne, 1),
  delaySeconds: v.optional(v.array(v.pipe(number, v.minValue(0))), []),
});

const timings = strictObject(
  Object.fromEntries(
    Object.entries(defaultTimings).map(([key, value]) => [
      key,
      v.optional(typeof value === 'number' ? v.pipe(number, v.minValue(0)) : range),
    ]),
  ),
);

/** A value of the same kind as the default. */
const likeDefault = (value: unknown) => v.custom((given) => typeof given === typeof value, `a ${typeof value}`);

/** Only switches that the service knows. */
const switchesOf = <Switches extends object>(defaults: Switches) =>
  v.pipe(
    strictObject(
      Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, v.exactOptional(likeDefault(value))])),
    ),
    v.transform((given) => given as Partial<Switches>),
  );

/** What services do where no source settles it. */
const behaviour = strictObject({
  ec2: v.optional(switchesOf(defaultEc2Behaviour), {}),
  autoScaling: v.optional(switchesOf(defaultAutoScalingBehaviour), {}),
  eks: v.optional(switchesOf(defaultEksBehaviour), {}),
  imageBuilder: v.optional(switchesOf(defaultImageBuilderBehaviour), {}),
  ssm: v.optional(switchesOf(defaultSsmBehaviour), {}),
});

/** One account and what happens to it: the form of the files in `scenarios/`. */
export const Scenario = strictObject({
  name,
  summary: v.string(),
  /** What to look at while it runs, for the person at the terminal. */
  watchFor: v.optional(v.string()),
  seed: v.optional(wholeNumber, 1),
  accountId: v.optional(v.pipe(v.string(), v.regex(/^\d{12}$/, 'twelve digits')), '111122223333'),
  region: v.optional(v.string(), 'us-west-2'),
  startsAt: timestamp,
  amis: v.pipe(v.array(ami), v.minLength(1, 'at least one')),
  images: v.pipe(v.array(image), v.minLength(1, 'at least one')),
  releases: v.optional(v.array(release), []),
  clusters: v.pipe(v.array(cluster), v.minLength(1, 'at least one')),
  /** The event that starts it, a file beside the scenarios' folder, unless the caller brings another. */
  event: v.optional(v.string()),
  faults: v.optional(v.array(v.variant('at', [launchFault, callFault, eventFault])), []),
  operator: v.optional(v.array(operatorAction), []),
  quotas: v.optional(strictObject({ launchTemplateVersions: v.exactOptional(countFromOne) }), {}),
  timings: v.optional(timings, {}),
  behaviour: v.optional(behaviour, {}),
});

export type Scenario = v.InferOutput<typeof Scenario>;
export type ScenarioCluster = Scenario['clusters'][number];
export type ScenarioNodeGroup = ScenarioCluster['nodeGroups'][number];
export type ScenarioRelease = Scenario['releases'][number];
export type ScenarioAmi = Scenario['amis'][number];
