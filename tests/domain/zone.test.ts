import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canTake,
  type Destination,
  withoutDestination,
  type ZonalVolume,
  zoneFinding,
} from '../../functions/domain/zone.ts';

const aVolume = (overrides: Partial<ZonalVolume> = {}): ZonalVolume => ({
  pod: 'shop/db-0',
  claim: 'data-db-0',
  volume: 'pv-1',
  zones: ['us-west-2a'],
  nodeSelector: { 'kubernetes.io/os': 'windows' },
  tolerations: [],
  ...overrides,
});
const aDestination = (overrides: Partial<Destination> = {}): Destination => ({
  nodeName: 'ip-10-0-1-24',
  instanceId: 'i-0b',
  zone: 'us-west-2a',
  ready: true,
  schedulable: true,
  labels: { 'kubernetes.io/os': 'windows' },
  taints: [],
  ...overrides,
});

describe('a node to which a pod can follow its volume', () => {
  const os = { key: 'os', value: 'windows', effect: 'NoSchedule' };
  const cases: { case: string; node?: Partial<Destination>; volume?: Partial<ZonalVolume>; can: boolean }[] = [
    { case: 'in the zone', can: true },
    { case: 'in one of the zones', volume: { zones: ['us-west-2b', 'us-west-2a'] }, can: true },
    { case: 'in another zone', node: { zone: 'us-west-2b' }, can: false },
    { case: 'without a zone', node: { zone: undefined }, can: false },
    { case: 'that is not Ready', node: { ready: false }, can: false },
    { case: 'that is cordoned', node: { schedulable: false }, can: false },
    { case: 'that the pod does not select', volume: { nodeSelector: { disk: 'ssd' } }, can: false },
    { case: 'with a taint', node: { taints: [os] }, can: false },
    {
      case: 'with a taint that is tolerated by value',
      node: { taints: [os] },
      volume: { tolerations: [{ key: 'os', operator: 'Equal', value: 'windows', effect: 'NoSchedule' }] },
      can: true,
    },
    {
      case: 'with a taint whose other value is tolerated',
      node: { taints: [os] },
      volume: { tolerations: [{ key: 'os', value: 'linux' }] },
      can: false,
    },
    {
      case: 'with any taint, for a pod that tolerates all',
      node: { taints: [os] },
      volume: { tolerations: [{ operator: 'Exists' }] },
      can: true,
    },
    {
      case: 'that is only not preferred',
      node: { taints: [{ key: 'reglaze.dev/outdated', effect: 'PreferNoSchedule' }] },
      can: true,
    },
  ];
  it.each(cases)('$case: $can', ({ node, volume, can }) => {
    expect(canTake(aDestination(node), aVolume(volume))).toBe(can);
  });
});

describe('a node with zonal volumes', () => {
  const zone = fc.constantFrom('a', 'b', 'c');
  const volumes = fc.array(fc.array(zone, { minLength: 1 }).map((zones) => aVolume({ zones })));
  const nodes = fc.array(
    fc.record({ zone, ready: fc.boolean(), schedulable: fc.boolean() }).map((each) => aDestination(each)),
  );

  it('may leave only when each of its volumes has a usable node in its zone', () => {
    fc.assert(
      fc.property(volumes, nodes, (all, others) => {
        const usable = others.filter(({ ready, schedulable }) => ready && schedulable).map((each) => each.zone ?? '');
        const isStranded = ({ zones }: ZonalVolume) => !zones.some((each) => usable.includes(each));
        expect(withoutDestination(all, others)).toEqual(all.filter(isStranded));
      }),
    );
  });

  it('is told what it waits for by the names of volume, claim, pod and zone', () => {
    expect(zoneFinding('ip-10-0-1-23', [aVolume()], 'a new node of its group').cause).toBe(
      'Node ip-10-0-1-23 waits for a new node of its group in the zone of its volumes, to which their pods can move: ' +
        'volume pv-1 (claim data-db-0 of pod shop/db-0) is in us-west-2a.',
    );
  });
});
