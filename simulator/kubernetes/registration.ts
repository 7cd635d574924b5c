import type { Kernel } from '../kernel/kernel.ts';
import type { Ec2Instance } from '../services/ec2/instances.ts';
import { capacityOf } from './instance-capacity.ts';
import { type Node, uninitializedTaint } from './node-objects.ts';
import { type Condition, type Labels, timestamp } from './objects.ts';
import type { NewObject } from './storage.ts';

export const notReadyTaint = 'node.kubernetes.io/not-ready';

/** The Node that a kubelet registers: not Ready, and not yet looked at by the cloud provider. */
export function registeredNode(
  instance: Ec2Instance,
  { kernel, labels }: { readonly kernel: Kernel; readonly labels: Labels },
): NewObject<Node> {
  const { privateDnsName, privateIpAddress, platform, instanceType, availabilityZone, instanceId } = instance;
  const now = timestamp(kernel.clock.now());
  const capacity = capacityOf(instanceType);
  return {
    metadata: {
      name: privateDnsName,
      labels: { ...kubeletLabels(instance), ...labels },
      annotations: {
        'alpha.kubernetes.io/provided-node-ip': privateIpAddress,
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {
      providerID: `aws:///${availabilityZone}/${instanceId}`,
      taints: [
        { key: uninitializedTaint, value: 'true', effect: 'NoSchedule' },
        { key: notReadyTaint, effect: 'NoSchedule' },
      ],
    },
    status: {
      capacity,
      allocatable: capacity,
      conditions: initialConditions(now),
      addresses: [
        { type: 'InternalIP', address: privateIpAddress },
        { type: 'InternalDNS', address: privateDnsName },
        { type: 'Hostname', address: privateDnsName },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: nodeInfoOf(instance, kernel),
    },
  };

  function kubeletLabels({ platform: os, guest: { kernelVersion } }: Ec2Instance): Labels {
    const windowsBuild = kernelVersion.split('.').slice(0, 3).join('.');
    return {
      'beta.kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': platform,
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': privateDnsName,
      'kubernetes.io/os': platform,
      ...(os === 'windows' ? { 'node.kubernetes.io/windows-build': windowsBuild } : {}),
    };
  }
}

/** Labels that the cloud node controller adds once it has found the instance. */
export function cloudLabels({ instanceType, availabilityZone }: Ec2Instance, kernel: Kernel): Labels {
  const { region } = kernel.identity;
  return {
    'beta.kubernetes.io/instance-type': instanceType,
    'failure-domain.beta.kubernetes.io/region': region,
    'failure-domain.beta.kubernetes.io/zone': availabilityZone,
    'node.kubernetes.io/instance-type': instanceType,
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': availabilityZone,
  };
}

function nodeInfoOf({ instanceId, guest, platform }: Ec2Instance, { random }: Kernel): Record<string, string> {
  const isWindows = platform === 'windows';
  return {
    machineID: isWindows
      ? `EC2AMAZ-${random.hex(7, 'machine id', instanceId).toUpperCase()}`
      : random.hex(32, 'machine id', instanceId),
    systemUUID: random.uuid('system uuid', instanceId).toUpperCase(),
    bootID: isWindows ? '1' : random.uuid('boot id', instanceId),
    kernelVersion: guest.kernelVersion,
    osImage: guest.osImage,
    containerRuntimeVersion: 'containerd://2.1.6',
    kubeletVersion: guest.kubeletVersion,
    kubeProxyVersion: '',
    operatingSystem: platform,
    architecture: 'amd64',
  };
}

function initialConditions(now: string): readonly Condition[] {
  const at = { lastHeartbeatTime: now, lastTransitionTime: now };
  const no = (type: string, reason: string, what: string): Condition => ({
    ...{ type, status: 'False', ...at },
    ...{ reason, message: `kubelet has ${what}` },
  });
  return [
    no('MemoryPressure', 'KubeletHasSufficientMemory', 'sufficient memory available'),
    no('DiskPressure', 'KubeletHasNoDiskPressure', 'no disk pressure'),
    no('PIDPressure', 'KubeletHasSufficientPID', 'sufficient PID available'),
    { type: 'Ready', ...notReady, ...at },
  ];
}

export const ready = { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' } as const;
export const notReady = {
  status: 'False',
  reason: 'KubeletNotReady',
  message:
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
} as const;
export const unknown = {
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
} as const;
