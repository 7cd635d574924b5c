import { isJsonObject } from '../merge-patch.ts';
import type { KubernetesObject } from '../objects.ts';
import { at, listAt, numberAt, textAt } from './cell-text.ts';
import { ageColumn, ageOf, type Columns, column, count, nameColumn, wide } from './column.ts';
import { endpointsText } from './workloads.ts';

const sizeOf = (value: unknown) => (isJsonObject(value) ? Object.keys(value).length : 0);

/** What kinds without columns of their own show. */
export const plainColumns: Columns = [
  nameColumn,
  {
    ...column('Created At', ({ metadata }) => metadata.creationTimestamp, 'When this object was created.'),
    type: 'date',
  },
];

export const namespaceColumns: Columns = [
  nameColumn,
  column('Status', (object) => textAt(object, 'status.phase'), 'The status of the namespace'),
  ageColumn,
];

export const configMapColumns: Columns = [
  nameColumn,
  count('Data', (object) => sizeOf(object.data) + sizeOf(object.binaryData), 'The entries of the ConfigMap.'),
  ageColumn,
];

export const secretColumns: Columns = [
  nameColumn,
  column('Type', (object) => textAt(object, 'type'), 'What the secret is for.'),
  count('Data', (object) => sizeOf(object.data), 'The entries of the secret.'),
  ageColumn,
];

export const serviceAccountColumns: Columns = [
  nameColumn,
  count('Secrets', (object) => listAt(object, 'secrets').length, 'Secrets that pods of the account may use.'),
  ageColumn,
];

export const leaseColumns: Columns = [
  nameColumn,
  column('Holder', (lease) => textAt(lease, 'spec.holderIdentity'), 'The identity of the holder of a current lease.'),
  ageColumn,
];

export const endpointsColumns: Columns = [
  nameColumn,
  column('Endpoints', endpointsText, 'Addresses and ports of the pods behind a service.'),
  ageColumn,
];

export const endpointSliceColumns: Columns = [
  nameColumn,
  column('AddressType', (slice) => textAt(slice, 'addressType'), 'Whether the endpoints are addresses or names.'),
  column('Ports', slicePortsText, 'The ports of every endpoint.'),
  column('Endpoints', sliceAddressesText, 'Addresses of the pods behind a service.'),
  ageColumn,
];

function slicePortsText(slice: KubernetesObject): string {
  const ports = listAt(slice, 'ports').map(({ port, name }) => String(port ?? name ?? '*'));
  return firstThree(ports, '<unset>');
}

function sliceAddressesText(slice: KubernetesObject): string {
  const addresses = listAt(slice, 'endpoints').flatMap(({ addresses = [] }) => addresses as readonly string[]);
  return firstThree(addresses, '<unset>');
}

function firstThree(parts: readonly string[], none: string): string {
  if (parts.length === 0) return none;
  return parts.length <= 3 ? parts.join(',') : `${parts.slice(0, 3).join(',')} + ${parts.length - 3} more...`;
}

export const bindingColumns: Columns = [
  nameColumn,
  column('Role', (object) => `${textAt(object, 'roleRef.kind')}/${textAt(object, 'roleRef.name')}`, 'The role bound.'),
  ageColumn,
  wide(column('Users', subjectsText('User'), 'Users in the roleBinding')),
  wide(column('Groups', subjectsText('Group'), 'Groups in the roleBinding')),
  wide(column('ServiceAccounts', subjectsText('ServiceAccount'), 'ServiceAccounts in the roleBinding')),
];

function subjectsText(wanted: string) {
  return (binding: KubernetesObject) =>
    listAt(binding, 'subjects')
      .filter(({ kind }) => kind === wanted)
      .map(({ namespace, name }) => (wanted === 'ServiceAccount' ? `${String(namespace)}/${String(name)}` : name))
      .join(', ');
}

/** Events of the core group, and of `events.k8s.io` when their times are in the deprecated members. */
export const eventColumns: Columns = [
  column('Last Seen', lastSeenText, 'When the event was last seen.'),
  column('Type', (event) => textAt(event, 'type'), 'Normal or Warning.'),
  column('Reason', (event) => textAt(event, 'reason'), 'Why the event came, as one word.'),
  column('Object', objectText, 'The object that the event is about.'),
  wide(column('Subobject', (event) => textAt(event, 'involvedObject.fieldPath'), 'The part of the object.')),
  wide(column('Source', sourceText, 'The component that reports the event.')),
  column('Message', (event) => textAt(event, 'message').trim(), 'What happened.'),
  wide(column('First Seen', (event, now) => ageOf(firstTime(event), now), 'When the event was first seen.')),
  wide(count('Count', (event) => Math.max(1, numberAt(event, 'count')), 'How often it has come.')),
  wide(nameColumn),
];

const firstTime = (event: KubernetesObject) => at(event, 'firstTimestamp') ?? at(event, 'eventTime');

function lastSeenText(event: KubernetesObject, now: number): string {
  const last = at(event, 'series.lastObservedTime') ?? at(event, 'lastTimestamp') ?? at(event, 'eventTime');
  return ageOf(last, now);
}

function objectText(event: KubernetesObject): string {
  return `${textAt(event, 'involvedObject.kind').toLowerCase()}/${textAt(event, 'involvedObject.name')}`;
}

function sourceText(event: KubernetesObject): string {
  const component = textAt(event, 'source.component', textAt(event, 'reportingComponent'));
  const host = textAt(event, 'source.host');
  return host === '' ? component : `${component}, ${host}`;
}
