import { describe, expect, it } from 'vitest';
import { type LaunchOverride, overridesProblem, ownTemplates } from '../../functions/domain/mixed-instances.ts';
import { launchesOnly, members } from '../../functions/domain/node-group.ts';
import { requirePromoted } from '../../functions/domain/outcome.ts';
import { findObstacle } from '../../functions/domain/preflight.ts';
import { aGroup, anInstance, aState } from '../support/builders.ts';

const own = (id: string, { version = 3, imageId = 'ami-0old' as string | undefined } = {}) => ({
  ...{ template: { id, version }, imageId, hasInstanceRequirements: false },
});
const anOverride = (change: Partial<LaunchOverride> = {}): LaunchOverride => ({
  ...{ imageId: undefined, weight: 1, hasInstanceRequirements: false, own: undefined },
  ...change,
});
const mixed = (overrides: readonly LaunchOverride[], more: object = {}) =>
  aGroup({
    source: {
      ...{ type: 'launch-template', template: { id: 'lt-0a', version: 7 }, imageId: 'ami-0old' },
      ...{ hasInstanceRequirements: false, overrides, ...more },
    },
  });
const obstacle = (overrides: readonly LaunchOverride[], more: object = {}) =>
  findObstacle({
    ...{ group: mixed(overrides, more), cluster: { nodes: [] }, activeReplacement: undefined },
    target: { amiId: 'ami-0new', serverLine: '2022' },
  })?.error;

describe('overrides of a mixed instances policy', () => {
  it.each([
    { case: 'none', overrides: [], error: undefined },
    { case: 'instance types', overrides: [anOverride(), anOverride()], error: undefined },
    { case: 'a template of its own on the same AMI', overrides: [anOverride({ own: own('lt-0b') })], error: undefined },
    {
      case: 'one template twice in one version',
      overrides: [anOverride({ own: own('lt-0b') }), anOverride({ own: own('lt-0b') })],
      error: undefined,
    },
    {
      case: 'one template in two versions',
      overrides: [anOverride({ own: own('lt-0b') }), anOverride({ own: own('lt-0b', { version: 4 }) })],
      error: 'MixedInstancesPolicy',
    },
    { case: 'an AMI', overrides: [anOverride(), anOverride({ imageId: 'ami-0old' })], error: 'OverrideNamesAmi' },
    {
      case: 'a template on another AMI',
      overrides: [anOverride({ own: own('lt-0b', { imageId: 'ami-0odd' }) })],
      error: 'OverrideNamesAmi',
    },
    {
      case: 'a template that is gone',
      overrides: [anOverride({ own: { ...own('lt-0b'), imageId: undefined } })],
      error: 'LaunchTemplateMissing',
    },
    { case: 'a weight', overrides: [anOverride(), anOverride({ weight: 2 })], error: 'WeightedCapacity' },
    {
      case: 'attributes',
      overrides: [anOverride({ hasInstanceRequirements: true })],
      error: 'AttributeBasedInstanceTypes',
    },
    {
      case: 'attributes in a template of its own',
      overrides: [anOverride({ own: { ...own('lt-0b'), hasInstanceRequirements: true } })],
      error: 'AttributeBasedInstanceTypes',
    },
    {
      case: 'a template that is full',
      overrides: [anOverride({ own: { ...own('lt-0b'), versionsLeft: 0 } })],
      error: 'LaunchTemplateFull',
    },
  ])('with $case: $error', ({ overrides, error }) => {
    expect(obstacle(overrides)).toBe(error);
  });

  it('say in words which AMI and what to do', () => {
    const found = overridesProblem('demo/win2022', 'ami-0old', [
      anOverride({ own: own('lt-0b', { imageId: 'ami-0odd' }) }),
    ]);
    expect(found?.cause).toContain('ami-0odd');
    expect(found?.cause).toContain('Give both the same AMI');
  });

  it('have templates that are each listed once', () => {
    const all = [
      anOverride({ own: own('lt-0b') }),
      anOverride({ own: own('lt-0b') }),
      anOverride({ own: own('lt-0c') }),
    ];
    expect(ownTemplates(all).map(({ template }) => template.id)).toEqual(['lt-0b', 'lt-0c']);
  });

  it('count when it is asked what the group launches', () => {
    expect(launchesOnly(mixed([anOverride({ own: own('lt-0b') })]), 'ami-0old')).toBe(true);
    expect(launchesOnly(mixed([anOverride({ own: own('lt-0b', { imageId: 'ami-0new' }) })]), 'ami-0old')).toBe(false);
  });

  it('must have got their new versions before the group counts as promoted', () => {
    const state = aState({
      launchTemplate: { id: 'lt-0a', fromVersion: 7, toVersion: 8, overrides: [{ id: 'lt-0b', version: 4 }] },
    });
    const onVersion = (version: number) =>
      mixed([anOverride({ own: own('lt-0b', { version }) })], { template: { id: 'lt-0a', version: 8 } });
    expect(() => requirePromoted(onVersion(4), state)).not.toThrow();
    expect(() => requirePromoted(onVersion(3), state)).toThrow(/was rolled to version 8/);
  });
});

describe('room for new versions', () => {
  it.each([
    { kind: 'self-managed', versionsLeft: 1, error: undefined },
    { kind: 'self-managed', versionsLeft: 0, error: 'LaunchTemplateFull' },
    { kind: 'managed', versionsLeft: 2, error: undefined },
    { kind: 'managed', versionsLeft: 1, error: 'LaunchTemplateFull' },
  ] as const)('of $versionsLeft in a $kind group: $error', ({ kind, versionsLeft, error }) => {
    const group = { ...mixed([], { versionsLeft, overrides: undefined }), kind };
    expect(
      findObstacle({
        ...{ group, cluster: { nodes: [] }, activeReplacement: undefined },
        target: { amiId: 'ami-0new', serverLine: '2022' },
      })?.error,
    ).toBe(error);
  });
});

describe('instances in a warm pool', () => {
  it.each(['Warmed:Stopped', 'Warmed:Pending:Wait', 'Warmed:Terminating', 'Warmed:Running:Retained'])(
    'in state %s are no nodes',
    (lifecycleState) => {
      expect(members({ instances: [anInstance(), anInstance({ lifecycleState })] })).toHaveLength(1);
    },
  );

  it.each([
    { kind: 'self-managed' as const, error: undefined },
    { kind: 'managed' as const, error: 'WarmPool' },
  ])('block a group only where nothing says that they are replaced: $kind', ({ kind, error }) => {
    expect(
      findObstacle({
        ...{ group: aGroup({ kind, warmPool: true }), cluster: { nodes: [] }, activeReplacement: undefined },
        target: { amiId: 'ami-0new', serverLine: '2022' },
      })?.error,
    ).toBe(error);
  });
});
