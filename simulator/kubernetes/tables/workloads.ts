import { isJsonObject } from '../merge-patch.ts';
import type { KubernetesObject } from '../objects.ts';
import { at, containersText, labelsText, listAt, numberAt, selectorText, textAt } from './cell-text.ts';
import { ageColumn, type Columns, column, count, nameColumn, wide } from './column.ts';

const containers: Columns = [
  wide(column('Containers', (object) => containersText(object, 'name'), 'Names of each container in the template.')),
  wide(column('Images', (object) => containersText(object, 'image'), 'Images of each container in the template.')),
];
const selector = wide(
  column('Selector', (object) => selectorText(at(object, 'spec.selector')), 'Label selector for pods.'),
);
const number = (name: string, path: string, description: string) =>
  count(name, (object) => numberAt(object, path), description);
const readyOfDesired = column(
  'Ready',
  (object) => `${numberAt(object, 'status.readyReplicas')}/${Number(at(object, 'spec.replicas') ?? 1)}`,
  'Number of the pod with ready state',
);

export const deploymentColumns: Columns = [
  ...[nameColumn, readyOfDesired],
  column(
    'Up-to-date',
    (object) => numberAt(object, 'status.updatedReplicas'),
    'Pods that have the desired template spec.',
  ),
  column('Available', (object) => numberAt(object, 'status.availableReplicas'), 'Available pods.'),
  ...[ageColumn, ...containers, selector],
];

export const statefulSetColumns: Columns = [nameColumn, readyOfDesired, ageColumn, ...containers];

export const replicaSetColumns: Columns = [
  nameColumn,
  count('Desired', (object) => Number(at(object, 'spec.replicas') ?? 1), 'The number of desired pods.'),
  number('Current', 'status.replicas', 'The most recently observed number of pods.'),
  number('Ready', 'status.readyReplicas', 'The number of pods with a Ready condition.'),
  ...[ageColumn, ...containers, selector],
];

export const daemonSetColumns: Columns = [
  nameColumn,
  number('Desired', 'status.desiredNumberScheduled', 'Nodes that should run the daemon pod.'),
  number('Current', 'status.currentNumberScheduled', 'Nodes that run a daemon pod and should.'),
  number('Ready', 'status.numberReady', 'Nodes with a daemon pod that is ready.'),
  number('Up-to-date', 'status.updatedNumberScheduled', 'Nodes with an updated daemon pod.'),
  number('Available', 'status.numberAvailable', 'Nodes with an available daemon pod.'),
  column(
    'Node Selector',
    (object) => labelsText(at(object, 'spec.template.spec.nodeSelector')),
    'Labels that a node must have for the pod.',
  ),
  ...[ageColumn, ...containers, selector],
];

export const controllerRevisionColumns: Columns = [
  nameColumn,
  column('Controller', ownerText, 'Controller of the object'),
  column('Revision', (object) => numberAt(object, 'revision'), 'The revision of the state that data represents.'),
  ageColumn,
];

function ownerText({ metadata }: KubernetesObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const disruptionBudgetColumns: Columns = [
  nameColumn,
  column('Min Available', (budget) => textAt(budget, 'spec.minAvailable', 'N/A'), 'Pods that must be available.'),
  column('Max Unavailable', (budget) => textAt(budget, 'spec.maxUnavailable', 'N/A'), 'Pods that may be unavailable.'),
  number('Allowed Disruptions', 'status.disruptionsAllowed', 'Pods that may be disrupted at this time.'),
  ageColumn,
];

export const serviceColumns: Columns = [
  nameColumn,
  column('Type', (service) => textAt(service, 'spec.type'), 'How the Service is exposed.'),
  column('Cluster-IP', (service) => textAt(service, 'spec.clusterIP', '<none>'), 'The IP address of the service.'),
  column('External-IP', externalAddressText, 'Addresses for which nodes accept traffic for the service.'),
  column('Port(s)', portsText, 'The ports that are exposed by this service.'),
  ageColumn,
  wide(column('Selector', (service) => labelsText(at(service, 'spec.selector')), 'Labels of the pods behind it.')),
];

function externalAddressText(service: KubernetesObject): string {
  const type = at(service, 'spec.type');
  if (type === 'ExternalName') return textAt(service, 'spec.externalName');
  const given = at(service, 'spec.externalIPs');
  const balancers = listAt(service, 'status.loadBalancer.ingress').map(({ ip, hostname }) => String(ip ?? hostname));
  const addresses = [
    ...(type === 'LoadBalancer' ? balancers : []),
    ...(Array.isArray(given) ? given.map((address) => String(address)) : []),
  ];
  if (addresses.length > 0) return addresses.join(',');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function portsText(service: KubernetesObject): string {
  const ports = listAt(service, 'spec.ports').map(({ port, nodePort, protocol = 'TCP' }) =>
    nodePort ? `${String(port)}:${String(nodePort)}/${String(protocol)}` : `${String(port)}/${String(protocol)}`,
  );
  return ports.length === 0 ? '<none>' : ports.join(',');
}

/** Subsets of an Endpoints object, the first three addresses of it. */
export function endpointsText(object: KubernetesObject): string {
  const all = listAt(object, 'subsets').flatMap(({ addresses = [], ports = [] }) =>
    (addresses as readonly unknown[]).filter(isJsonObject).flatMap(({ ip }) => {
      const numbers = (ports as readonly unknown[]).filter(isJsonObject).map(({ port }) => port);
      return numbers.length === 0 ? [String(ip)] : numbers.map((port) => `${String(ip)}:${String(port)}`);
    }),
  );
  if (all.length === 0) return '<none>';
  return all.length <= 3 ? all.join(',') : `${all.slice(0, 3).join(',')} + ${all.length - 3} more...`;
}
