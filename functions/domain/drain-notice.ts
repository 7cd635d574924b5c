import type { DrainInput } from './drain-input.ts';
import type { Reason } from './errors.ts';
import type { Notice } from './rollout.ts';

type Stuck = Pick<DrainInput, 'cluster' | 'nodeGroup' | 'instanceId' | 'drainDeadline' | 'ceiling' | 'onDrainTimeout'>;

const unlessForced = ' Groups with the tag reglaze:on-drain-timeout = force do not wait.';

/** SNS takes subjects of a hundred characters. */
const longestSubject = 100;

/** What people are told, once, when a node is not empty at its deadline, or soon after it where the group's policy is to force. */
export function stuckDrainNotice(
  { cluster, nodeGroup, instanceId, ceiling, onDrainTimeout }: Stuck,
  finding: Reason,
): Notice {
  const subject = `reglaze: ${cluster}/${nodeGroup} cannot drain ${instanceId}`;
  const text = [
    `${finding.error}: ${finding.cause}`,
    '',
    `The drain goes on. At ${ceiling} Auto Scaling terminates the instance with what is left on it. Until then let the ` +
      `pods go, or change what keeps them.${onDrainTimeout === 'wait' ? unlessForced : ''}`,
  ].join('\n');
  return { subject: subject.slice(0, longestSubject), text };
}
