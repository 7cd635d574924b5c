import type { Nodegroup as NodegroupShape, Update } from '@aws-sdk/client-eks';
import { createIam, type Iam } from '../../../simulator/iam/iam.ts';
import { createClock } from '../../../simulator/kernel/clock.ts';
import { createEventLog } from '../../../simulator/kernel/event-log.ts';
import { createFaults, type Fault } from '../../../simulator/kernel/faults.ts';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { createRandomness } from '../../../simulator/kernel/randomness.ts';
import type { Operation, Permission, ServiceError } from '../../../simulator/kernel/service.ts';
import { type Cluster, createCluster } from '../../../simulator/kubernetes/cluster.ts';
import { type AutoScaling, createAutoScaling } from '../../../simulator/services/autoscaling/autoscaling.ts';
import { createEc2, type Ec2 } from '../../../simulator/services/ec2/ec2.ts';
import type { AmiSpec } from '../../../simulator/services/ec2/images.ts';
import type { AccessEntrySpec } from '../../../simulator/services/eks/access-entries.ts';
import type { EksBehaviour } from '../../../simulator/services/eks/behaviour.ts';
import { createEks, type Eks } from '../../../simulator/services/eks/eks.ts';
import type { NodegroupSpec } from '../../../simulator/services/eks/nodegroups.ts';
import { createParameters, type Parameters } from '../../../simulator/services/ssm/parameters.ts';
import { aKernel } from '../../support/kernel.ts';

export const start = Date.UTC(2026, 4, 16, 4);
export const minute = 60_000;
export const oldAmi = 'ami-00000000000000001';
export const newAmi = 'ami-00000000000000002';
export const template = 'win2022-mng';

export type TestAccount = {
  readonly kernel: Kernel;
  readonly iam: Iam;
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  readonly eks: Eks;
  readonly parameters: Parameters;
  readonly cluster: Cluster;
  readonly nodeRole: string;
  readonly templateId: string;
  /** Calls an operation of EKS as the wire would, with the model's input. */
  readonly call: <Output = Record<string, never>>(operation: string, input: object) => Output;
  readonly needs: (operation: string, input: object) => readonly Permission[];
  readonly pass: (milliseconds: number) => Promise<void>;
  /** False when it did not come to hold within six hours. */
  readonly until: (holds: () => boolean) => Promise<boolean>;
};

export type AccountOptions = {
  readonly seed?: number;
  readonly faults?: readonly Fault[];
  readonly behaviour?: Partial<EksBehaviour>;
  readonly accessEntries?: (nodeRole: string) => readonly AccessEntrySpec[];
  readonly newGuest?: Partial<AmiSpec['guest']>;
};

const guest: AmiSpec['guest'] = {
  osImage: 'Windows Server 2022 Datacenter',
  kernelVersion: '10.0.20348.4648',
  kubeletVersion: 'v1.35.3-eks-0123456',
  bootSeconds: [180, 300],
  readySeconds: [10, 40],
  addressSeconds: [10, 60],
  cachedImages: ['web:1'],
};
const image = (imageId: string, overrides: Partial<AmiSpec['guest']> = {}): AmiSpec => ({
  ...{ imageId, name: `image ${imageId}`, platform: 'windows', creationDate: '2026-05-15T00:00:00.000Z' },
  guest: { ...guest, ...overrides },
});

/** An account with one cluster, two zones, an old and a new AMI, and a template whose versions 1 and 2 name them. */
export async function anAccount(options: AccountOptions = {}): Promise<TestAccount> {
  const clock = createClock(start);
  const kernel = aKernel({
    ...{ clock, log: createEventLog(clock), random: createRandomness(options.seed ?? 1) },
    faults: createFaults(options.faults ?? []),
  });
  const iam = createIam({ kernel });
  const ec2 = createEc2({ kernel, iam });
  const autoScaling = createAutoScaling({ kernel, ec2, iam, events: { put: () => undefined } });
  const parameters = createParameters(kernel);
  const eks = createEks({ kernel, iam, ec2, autoScaling, parameters, behaviour: options.behaviour ?? {} });
  for (const [zone, cidr] of [
    ['a', '10.0.1.0/24'],
    ['b', '10.0.2.0/24'],
  ] as const) {
    ec2.addSubnet({ subnetId: `subnet-0000000${zone}`, availabilityZone: `us-west-2${zone}`, cidr });
  }
  ec2.addImage(image(oldAmi));
  ec2.addImage(image(newAmi, { kernelVersion: '10.0.20348.5139', ...options.newGuest }));
  const { id: templateId } = ec2.addLaunchTemplate({
    name: template,
    data: { ImageId: oldAmi, InstanceType: 'm5.xlarge' },
  });
  ec2.addLaunchTemplateVersion({ LaunchTemplateId: templateId }, { sourceVersion: '1', data: { ImageId: newAmi } });
  const nodeRole = aRole(iam, 'eks-win-node');
  const kubernetes = await createCluster({
    ...{ kernel, name: 'demo', version: '1.35' },
    authenticate: eks.authenticateFor('demo'),
    identityOf: eks.identityFor('demo'),
  });
  eks.addCluster({
    ...{ kubernetes, endpoint: 'https://127.0.0.1:6443', authenticationMode: 'API' as const },
    subnetIds: ['subnet-0000000a', 'subnet-0000000b'],
    accessEntries: options.accessEntries?.(nodeRole) ?? [{ principalArn: nodeRole, type: 'EC2_WINDOWS' }],
  });
  const operation = (name: string) => eks.service.operations[name] as unknown as Operation<object>;
  const context = { caller: { arn: 'arn:aws:iam::111122223333:root' }, requestId: 'request-1' };

  return {
    parameters,
    ...{ kernel, iam, ec2, autoScaling, eks, cluster: kubernetes, nodeRole, templateId },
    call: <Output>(name: string, input: object) => operation(name).run(input, context) as Output,
    needs: (name, input) => operation(name).needs(input, context),
    async pass(milliseconds) {
      let isOver = false;
      clock.after(milliseconds, () => {
        isOver = true;
      });
      await clock.run(() => isOver);
    },
    async until(holds) {
      const end = clock.now() + 6 * 60 * minute;
      await clock.run(() => holds() || clock.now() > end);
      return holds();
    },
  };
}

export function aRole(iam: Iam, roleName: string): string {
  const statement = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  return iam.createRole({ roleName, trustPolicy: { Version: '2012-10-17', Statement: [statement] }, policies: [] }).arn;
}

/** A managed node group of four nodes on version 1 of the template, there from the beginning. */
export function aNodegroup({ eks, nodeRole }: TestAccount, overrides: Partial<NodegroupSpec> = {}) {
  return eks.addNodegroup({
    ...{ clusterName: 'demo', nodegroupName: 'win2022', nodeRole },
    launchTemplate: { name: template, version: '1' },
    subnetIds: ['subnet-0000000a', 'subnet-0000000b'],
    scalingConfig: { minSize: 2, maxSize: 8, desiredSize: 4 },
    runningSince: new Date(start - 24 * 60 * minute),
    ...overrides,
  });
}

const group = { clusterName: 'demo', nodegroupName: 'win2022' };

export function startUpdate({ call }: TestAccount, input: object = {}): Update {
  const launchTemplate = { name: template, version: '2' };
  return call<{ update: Update }>('UpdateNodegroupVersion', { ...group, launchTemplate, ...input }).update;
}

export function describeUpdate({ call }: TestAccount, updateId: string | undefined): Update {
  return call<{ update: Update }>('DescribeUpdate', { name: 'demo', nodegroupName: 'win2022', updateId }).update;
}

export function describeNodegroup({ call }: TestAccount): NodegroupShape {
  return call<{ nodegroup: NodegroupShape }>('DescribeNodegroup', group).nodegroup;
}

export const isOver = (account: TestAccount, update: Update) => () =>
  describeUpdate(account, update.id).status !== 'InProgress';

/** The code and text of what an action is refused with; undefined when it is not. */
export function refusalOf(action: () => unknown): { code: string; message: string } | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    const { code, message } = error as ServiceError;
    return { code, message };
  }
}

export function aDeployment(name: string, replicas: number) {
  const labels = { app: name };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' } },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { nodeSelector: { 'kubernetes.io/os': 'windows' }, containers: [{ name: 'main', image: 'web:1' }] },
      },
    },
  };
}

export function aBudget(name: string, spec: object) {
  return {
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'default' } },
    spec: { selector: { matchLabels: { app: name } }, ...spec },
  };
}
