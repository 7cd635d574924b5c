import type { SetInstanceHealthCommandInput } from '@aws-sdk/client-auto-scaling';
import type { Operation } from '../../../kernel/service.ts';
import { type AutoScalingState, findInstance, wakeSoon } from '../autoscaling-state.ts';
import { validationError } from '../errors.ts';
import { groupPermission } from '../permissions.ts';

/** What others know of an instance's health that EC2's own checks do not. */
export function healthOperations(state: AutoScalingState): Record<string, Operation> {
  const groupNameOf = (instanceId: string | undefined) =>
    [...state.groups.values()].find(({ instances }) => instances.has(instanceId ?? ''))?.name ?? '*';

  return {
    SetInstanceHealth: {
      needs: ({ InstanceId }: SetInstanceHealthCommandInput) => [
        groupPermission(state, 'SetInstanceHealth', groupNameOf(InstanceId)),
      ],
      run({ InstanceId, HealthStatus, ShouldRespectGracePeriod = true }: SetInstanceHealthCommandInput) {
        const { group, instance } = findInstance(state, InstanceId ?? '');
        if (HealthStatus !== 'Healthy' && HealthStatus !== 'Unhealthy') {
          throw validationError('Valid instance health states are: [Healthy, Unhealthy].');
        }
        const graceEnds = (instance.inServiceAt ?? state.kernel.clock.now()) + group.healthCheckGracePeriod * 1000;
        if (ShouldRespectGracePeriod && state.kernel.clock.now() < graceEnds) return {};
        instance.health = HealthStatus;
        instance.isHealthSetByUser = true;
        wakeSoon(state, group);
        return {};
      },
    },
  };
}
