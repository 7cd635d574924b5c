import type { Kernel } from '../../kernel/kernel.ts';
import type { Kubelets } from '../kubelets.ts';
import type { Node } from '../node-objects.ts';
import { namespaces, nodes, pods } from '../resources.ts';
import type { NewObject, Storage } from '../storage.ts';
import type { Work } from '../work-queue.ts';
import { isMirrorPod, mirrorAnnotation, type Pod, type PodSpec } from '../workload-objects.ts';
import { follow } from '../workloads/controller.ts';

type Options = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly work: Work;
  readonly kubelets: Kubelets;
};

type StaticPod = {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly spec: PodSpec;
};

const againMs = 1000;

/**
 * Static pods: those whose manifests are on the disk of a machine. Its kubelet runs them and shows them in the API as
 * mirror pods; whoever deletes one deletes the image, and the kubelet makes another.
 * kubernetes.io/docs/tasks/configure-pod-container/static-pod
 */
export function runStaticPods({ kernel, cluster, storage, work, kubelets }: Options): void {
  const show = (nodeName: string) => {
    const machine = kubelets.machine(nodeName);
    const node = storage.get(nodes, '', nodeName);
    if (machine === undefined || machine.stoppedAt !== undefined || node === undefined) return;
    for (const manifest of (machine.instance.guest.staticPods ?? []) as readonly unknown[]) {
      const draft = mirrorPod(manifest as StaticPod, node, kernel.random.hex(32, 'static pod', cluster, nodeName));
      const { name, namespace = '' } = draft.metadata;
      const isPossible = storage.get(namespaces, '', namespace) !== undefined;
      if (isPossible && storage.get(pods, namespace, name) === undefined) storage.create(pods, draft);
    }
  };

  follow({ storage }, nodes, ({ type, object: { metadata } }) => {
    if (type !== 'ADDED') return;
    if (kubelets.machine(metadata.name)?.isSettled) show(metadata.name);
    else work.after(againMs, () => show(metadata.name));
  });
  follow({ storage }, pods, ({ type, object }) => {
    if (type === 'DELETED' && isMirrorPod(object)) work.after(againMs, () => show(object.spec.nodeName ?? ''));
  });
  follow({ storage }, namespaces, ({ type }) => {
    if (type === 'ADDED') for (const { metadata } of storage.list(nodes)) show(metadata.name);
  });
}

function mirrorPod({ metadata, spec }: StaticPod, node: Node, hash: string): NewObject<Pod> {
  const { name: nodeName, uid } = node.metadata;
  const { name, namespace = 'default', labels } = metadata;
  return {
    metadata: {
      ...{ name: `${name}-${nodeName}`, namespace },
      ...(labels === undefined ? {} : { labels }),
      annotations: {
        [mirrorAnnotation]: hash,
        'kubernetes.io/config.hash': hash,
        'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid, controller: true }],
    },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      ...spec,
      nodeName,
      tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
    status: { phase: 'Pending' },
  };
}
