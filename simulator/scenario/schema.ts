import { z } from 'zod';
import { defaultTimings } from '../kernel/timings.ts';
import { defaultAutoScalingBehaviour } from '../services/autoscaling/behaviour.ts';
import { defaultEc2Behaviour } from '../services/ec2/behaviour.ts';
import { defaultEksBehaviour } from '../services/eks/behaviour.ts';
import { defaultImageBuilderBehaviour } from '../services/imagebuilder/catalogue.ts';

const amiId = z.string().regex(/^ami-[0-9a-f]{8,17}$/, 'an AMI id, such as ami-0123456789abcdef0');
const range = z.tuple([z.number().nonnegative(), z.number().nonnegative()]);
const tags = z.record(z.string().min(1), z.string());
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'letters, digits, - and _');
const minutes = z.number().nonnegative();

/** An AMI, with what happens inside a machine that boots from it. Times are seconds. */
const ami = z.strictObject({
  id: amiId,
  name: z.string(),
  platform: z.enum(['windows', 'linux']).default('windows'),
  state: z.enum(['available', 'pending', 'deregistered', 'disabled']).default('available'),
  osImage: z.string().default('Windows Server 2022 Datacenter'),
  kernelVersion: z.string(),
  kubeletVersion: z.string().default('v1.35.3-eks-0123456'),
  /** From running to the start of the kubelet. */
  bootSeconds: range.default([240, 420]),
  /** From registered to Ready. */
  readySeconds: range.default([20, 60]),
  /** From registered to IPv4 capacity. */
  addressSeconds: range.default([10, 40]),
  defect: z.enum(['never-registers', 'never-ready', 'no-addresses']).optional(),
});

const image = z.strictObject({
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+\/\d+$/, 'a build version, such as 2026.5.12/1'),
  status: z.enum(['AVAILABLE', 'TESTING', 'FAILED']).default('AVAILABLE'),
  type: z.enum(['AMI', 'DOCKER']).default('AMI'),
  platform: z.enum(['Windows', 'Linux']).default('Windows'),
  osVersion: z.string().default('Microsoft Windows Server 2022'),
  reason: z.string().optional(),
  /** One per Region and account, as Image Builder distributes them. */
  amis: z.array(z.strictObject({ region: z.string(), accountId: z.string().optional(), id: amiId })).default([]),
});

const nodeGroup = z.strictObject({
  name,
  kind: z.enum(['self-managed', 'managed']),
  /** The AMI that its launch template names. */
  ami: amiId,
  size: z.number().int().nonnegative(),
  minSize: z.number().int().nonnegative().optional(),
  maxSize: z.number().int().nonnegative().optional(),
  instanceType: z.string().default('m5.xlarge'),
  /** What the group names as its version: a number stands for the newest one. */
  version: z.enum(['number', '$Latest', '$Default']).default('number'),
  /** Launch template versions that came before the current one. */
  olderVersions: z.number().int().nonnegative().default(0),
  launchConfiguration: z.boolean().default(false),
  tags: tags.default({}),
  /** Tags on the Auto Scaling group of a managed node group. */
  autoScalingTags: tags.default({}),
  maxUnavailable: z.number().int().positive().default(1),
  updateStrategy: z.enum(['DEFAULT', 'MINIMAL']).default('DEFAULT'),
});

const cluster = z.strictObject({
  name,
  version: z.string().default('1.35'),
  availabilityZones: z.array(z.string().length(1)).min(1).default(['a', 'b']),
  /** Whether the stack's roles were given access to this cluster. */
  access: z.enum(['granted', 'missing']).default('granted'),
  nodeGroups: z.array(nodeGroup).min(1),
});

/** Instances of a group cannot be launched for a while; minutes count from the start of the scenario. */
const launchFault = z.strictObject({
  at: z.literal('launch'),
  /** `<cluster>/<node group>`. */
  group: z.string(),
  fromMinute: minutes,
  untilMinute: minutes,
  code: z.string().default('InsufficientInstanceCapacity'),
  message: z.string(),
});

const callFault = z.strictObject({
  at: z.literal('call'),
  operation: z.string(),
  function: z.string().optional(),
  nth: z.number().int().positive().default(1),
  effect: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('error'), code: z.string(), message: z.string(), status: z.number().int() }),
    z.strictObject({ kind: z.literal('lost') }),
    z.strictObject({ kind: z.literal('slow'), delayMs: z.number().positive() }),
    z.strictObject({ kind: z.literal('killed') }),
  ]),
});

/** Something a person does by hand when an execution enters a state for the n-th time. */
const operatorAction = z.strictObject({
  when: z.strictObject({ machine: z.string(), state: z.string(), nth: z.number().int().positive().default(1) }),
  stopExecutionsOf: z.string(),
  error: z.string(),
  cause: z.string(),
});

const timings = z.strictObject(
  Object.fromEntries(
    Object.entries(defaultTimings).map(([key, value]) => [
      key,
      (typeof value === 'number' ? z.number().nonnegative() : range).optional(),
    ]),
  ),
);

/** What is wrong with a switch, if anything is: it is unknown, or its value is of another kind than its default. */
function faultOf(defaults: object, key: string, value: unknown): string | undefined {
  if (!Object.hasOwn(defaults, key)) return `there is no switch ${key}`;
  const kind = typeof Object.entries(defaults).find(([name]) => name === key)?.[1];
  return typeof value === kind ? undefined : `${key} is a ${kind}`;
}

/** Only switches that the service knows. */
const switchesOf = <Switches extends object>(defaults: Switches) =>
  z
    .custom<Partial<Switches>>((given) => typeof given === 'object' && given !== null, 'an object of switches')
    .superRefine((given, context) => {
      for (const [key, value] of Object.entries(given)) {
        const message = faultOf(defaults, key, value);
        if (message !== undefined) context.addIssue({ code: 'custom', path: [key], message });
      }
    });

/** What services do where no source settles it. */
const behaviour = z.strictObject({
  ec2: switchesOf(defaultEc2Behaviour).default({}),
  autoScaling: switchesOf(defaultAutoScalingBehaviour).default({}),
  eks: switchesOf(defaultEksBehaviour).default({}),
  imageBuilder: switchesOf(defaultImageBuilderBehaviour).default({}),
});

/** One account and what happens to it: the form of the files in `scenarios/`. */
export const Scenario = z.strictObject({
  name,
  summary: z.string(),
  /** What to look at while it runs, for the person at the terminal. */
  watchFor: z.string().optional(),
  seed: z.number().int().default(1),
  accountId: z
    .string()
    .regex(/^\d{12}$/, 'twelve digits')
    .default('111122223333'),
  region: z.string().default('us-west-2'),
  startsAt: z.iso.datetime(),
  amis: z.array(ami).min(1),
  images: z.array(image).min(1),
  clusters: z.array(cluster).min(1),
  /** The event that starts it, a file beside the scenarios' folder, unless the caller brings another. */
  event: z.string().optional(),
  faults: z.array(z.discriminatedUnion('at', [launchFault, callFault])).default([]),
  operator: z.array(operatorAction).default([]),
  timings: timings.default({}),
  behaviour: behaviour.prefault({}),
});

export type Scenario = z.infer<typeof Scenario>;
export type ScenarioCluster = Scenario['clusters'][number];
export type ScenarioNodeGroup = ScenarioCluster['nodeGroups'][number];
export type ScenarioAmi = Scenario['amis'][number];
