import { isJsonObject } from '../merge-patch.ts';
import type { KubernetesObject } from '../objects.ts';
import { accessModesText, at, listAt, textAt } from './cell-text.ts';
import { ageColumn, type Columns, column, count, nameColumn, wide } from './column.ts';

const unset = '<unset>';
const phaseText = (object: KubernetesObject) =>
  object.metadata.deletionTimestamp === undefined ? textAt(object, 'status.phase') : 'Terminating';
const storageClass = column(
  'StorageClass',
  (object) => textAt(object, 'spec.storageClassName'),
  'Name of the StorageClass that the volume is of.',
);
const attributesClass = column(
  'VolumeAttributesClass',
  (object) => textAt(object, 'spec.volumeAttributesClassName', unset),
  'Name of the VolumeAttributesClass of the volume.',
);
const volumeMode = wide(
  column('VolumeMode', (object) => textAt(object, 'spec.volumeMode', unset), 'Filesystem or Block.'),
);

export const persistentVolumeColumns: Columns = [
  nameColumn,
  column('Capacity', (volume) => textAt(volume, 'spec.capacity.storage'), 'The capacity of the volume.'),
  column('Access Modes', (volume) => accessModesText(at(volume, 'spec.accessModes')), 'Ways it can be mounted.'),
  column('Reclaim Policy', (volume) => textAt(volume, 'spec.persistentVolumeReclaimPolicy'), 'What happens after use.'),
  column('Status', phaseText, 'Whether the volume is available, bound to a claim, or released by it.'),
  column('Claim', claimText, 'The claim that the volume is bound to.'),
  ...[storageClass, attributesClass],
  column('Reason', (volume) => textAt(volume, 'status.reason'), 'Why the volume is in its state.'),
  ...[ageColumn, volumeMode],
];

function claimText(volume: KubernetesObject): string {
  const claim = at(volume, 'spec.claimRef');
  return isJsonObject(claim) ? `${String(claim.namespace)}/${String(claim.name)}` : '';
}

export const persistentVolumeClaimColumns: Columns = [
  nameColumn,
  column('Status', phaseText, 'The current phase of the claim.'),
  column('Volume', (claim) => textAt(claim, 'spec.volumeName'), 'The volume that backs the claim.'),
  column(
    'Capacity',
    (claim) => (at(claim, 'spec.volumeName') === undefined ? '' : textAt(claim, 'status.capacity.storage')),
    'The actual resources of the volume.',
  ),
  column(
    'Access Modes',
    (claim) => (at(claim, 'spec.volumeName') === undefined ? '' : accessModesText(at(claim, 'status.accessModes'))),
    'The actual access modes of the volume.',
  ),
  ...[storageClass, attributesClass, ageColumn, volumeMode],
];

const isDefaultClass = 'storageclass.kubernetes.io/is-default-class';

export const storageClassColumns: Columns = [
  {
    ...nameColumn,
    cell: ({ metadata }) =>
      metadata.annotations?.[isDefaultClass] === 'true' ? `${metadata.name} (default)` : metadata.name,
  },
  column('Provisioner', (object) => textAt(object, 'provisioner'), 'The type of the provisioner.'),
  column('ReclaimPolicy', (object) => textAt(object, 'reclaimPolicy', 'Delete'), 'Policy of volumes of this class.'),
  column('VolumeBindingMode', (object) => textAt(object, 'volumeBindingMode', 'Immediate'), 'When volumes are bound.'),
  column('AllowVolumeExpansion', (object) => at(object, 'allowVolumeExpansion') === true, 'Whether volumes can grow.'),
  ageColumn,
];

export const volumeAttachmentColumns: Columns = [
  nameColumn,
  { ...column('Attacher', (object) => textAt(object, 'spec.attacher'), 'The volume driver.'), format: 'name' },
  column('PV', (object) => textAt(object, 'spec.source.persistentVolumeName'), 'The volume that is attached.'),
  column('Node', (object) => textAt(object, 'spec.nodeName'), 'The node that it is attached to.'),
  { ...column('Attached', (object) => at(object, 'status.attached') === true, 'Whether it is.'), type: 'boolean' },
  ageColumn,
];

export const csiNodeColumns: Columns = [
  nameColumn,
  count('Drivers', (object) => listAt(object, 'spec.drivers').length, 'Volume drivers of the node.'),
  ageColumn,
];
