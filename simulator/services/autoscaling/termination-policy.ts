import { ServiceError } from '../../kernel/service.ts';
import { inFullestZone } from './availability-zones.ts';
import { type Group, type GroupInstance, isCounted } from './group.ts';

type Narrowing = (candidates: readonly GroupInstance[]) => readonly GroupInstance[];

/** AllocationStrategy is accepted and narrows nothing: no allocation strategy is simulated. */
const POLICIES: Readonly<Record<string, Narrowing>> = {
  Default: (candidates) => oldestTemplate(launchConfigurationsFirst(candidates)),
  OldestInstance: (candidates) => leastBy(candidates, ({ launchedAt }) => launchedAt),
  NewestInstance: (candidates) => leastBy(candidates, ({ launchedAt }) => -launchedAt),
  OldestLaunchTemplate: (candidates) => oldestTemplate(candidates),
  OldestLaunchConfiguration: (candidates) => launchConfigurationsFirst(candidates),
  AllocationStrategy: (candidates) => candidates,
};

/** @throws ServiceError for a policy that is unknown or not simulated. */
export function checkPolicies(policies: readonly string[]): void {
  const unknown = policies.find((policy) => !Object.hasOwn(POLICIES, policy));
  if (unknown === undefined) return;
  if (unknown === 'ClosestToNextInstanceHour' || unknown.startsWith('arn:')) {
    throw new ServiceError('NotSimulated', `The simulator has no termination policy ${unknown}.`, { status: 501 });
  }
  throw new ServiceError('ValidationError', `Invalid termination policy: ${unknown}`, { status: 400 });
}

/**
 * The instance that goes next when a group shrinks, of those that are not protected: one that is not in
 * service yet (no source says what AWS does with these), in the fullest Availability Zone, by the group's
 * policies, then by age. Undefined when all are protected.
 */
export function chooseForScaleIn(group: Group): GroupInstance | undefined {
  const open = [...group.instances.values()].filter((instance) => isCounted(instance) && !instance.isProtected);
  const arriving = open.filter(({ state }) => state !== 'InService');
  const candidates = inFullestZone(group, arriving.length > 0 ? arriving : open);
  return chooseForTermination(candidates, group.terminationPolicies);
}

/** Of some instances the one that goes first by the policies, then by age; undefined of none. */
export function chooseForTermination(
  instances: readonly GroupInstance[],
  policies: readonly string[],
): GroupInstance | undefined {
  const narrowed = policies.reduce<readonly GroupInstance[]>(
    (candidates, policy) => (POLICIES[policy] ?? ((all) => all))(candidates),
    instances,
  );
  return leastBy(narrowed, ({ launchedAt }) => launchedAt)[0];
}

function launchConfigurationsFirst(candidates: readonly GroupInstance[]): readonly GroupInstance[] {
  const legacy = candidates.filter(({ launchConfigurationName }) => launchConfigurationName !== undefined);
  return legacy.length > 0 ? legacy : candidates;
}

/** Versions of one template are compared by number; of several templates the oldest instance's goes first. */
function oldestTemplate(candidates: readonly GroupInstance[]): readonly GroupInstance[] {
  const oldest = leastBy(candidates, ({ launchedAt }) => launchedAt)[0]?.template?.id;
  return leastBy(
    candidates.filter(({ template }) => template?.id === oldest),
    ({ template }) => Number(template?.version ?? 0),
  );
}

function leastBy(candidates: readonly GroupInstance[], measure: (instance: GroupInstance) => number): GroupInstance[] {
  const least = Math.min(...candidates.map(measure));
  return candidates.filter((candidate) => measure(candidate) === least);
}
