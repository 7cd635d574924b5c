import type { Suite } from '../check.ts';
import { formRequest } from '../form-request.ts';
import { groupChecks } from './autoscaling-groups.ts';
import { hookChecks } from './autoscaling-hooks.ts';
import { refreshChecks } from './autoscaling-refreshes.ts';

export const autoscaling: Suite = {
  service: 'autoscaling',
  probe: formRequest('Action=DescribeAutoScalingGroups&Version=2011-01-01'),
  invalidCodes: ['ValidationError'],
  checks: [...groupChecks, ...hookChecks, ...refreshChecks],
};
