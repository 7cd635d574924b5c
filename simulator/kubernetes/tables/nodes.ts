import type { KubernetesObject } from '../objects.ts';
import { at, listAt, textAt } from './cell-text.ts';
import { ageColumn, type Columns, column, nameColumn, wide } from './column.ts';

/** The columns of nodes. */
export const nodeColumns: Columns = [
  nameColumn,
  column('Status', statusText, 'The status of the node'),
  column('Roles', rolesText, 'The roles of the node'),
  ageColumn,
  column('Version', (node) => textAt(node, 'status.nodeInfo.kubeletVersion'), 'Kubelet Version reported by the node.'),
  wide(column('Internal-IP', addressText('InternalIP'), 'An address at which the node is reached from the cluster.')),
  wide(column('External-IP', addressText('ExternalIP'), 'An address at which the node is reached from elsewhere.')),
  wide(column('OS-Image', infoText('osImage'), 'OS Image reported by the node.')),
  wide(column('Kernel-Version', infoText('kernelVersion'), 'Kernel Version reported by the node.')),
  wide(column('Container-Runtime', infoText('containerRuntimeVersion'), 'ContainerRuntime Version of the node.')),
];

function statusText(node: KubernetesObject): string {
  const ready = listAt(node, 'status.conditions').find(({ type }) => type === 'Ready');
  const known = ready?.status === 'True' ? 'Ready' : 'NotReady';
  const status = ready === undefined ? 'Unknown' : known;
  return at(node, 'spec.unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesText({ metadata }: KubernetesObject): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  const named = roles.filter((role) => role !== '');
  return named.length === 0 ? '<none>' : [...new Set(named)].sort().join(',');
}

function addressText(wanted: string) {
  return (node: KubernetesObject) =>
    textAt(
      listAt(node, 'status.addresses').find(({ type }) => type === wanted),
      'address',
      '<none>',
    );
}

function infoText(member: string) {
  return (node: KubernetesObject) => textAt(node, `status.nodeInfo.${member}`, '<unknown>');
}
