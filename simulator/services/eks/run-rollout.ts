import { settleOn } from './internal-template.ts';
import type { Failure, Rollout } from './rollout.ts';
import { type Phase, phasesOf } from './rollout-phases.ts';

/** Carries an update through its phases, on the clock, to its end. */
export function runRollout(rollout: Rollout): void {
  const { state, nodegroup } = rollout;
  const phases = [...phasesOf[nodegroup.updateConfig.updateStrategy]];
  const { clock, timings, log } = state.kernel;

  const look = (phase: Phase) => {
    const step = phase.look(rollout);
    if (typeof step === 'object') return fail(rollout, step);
    const next = step === 'next' ? phases.shift() : phase;
    if (next === undefined) return succeed(rollout);
    if (next !== phase) announce(next);
    clock.after(timings.eksReconcile, () => look(next));
  };
  const announce = ({ name }: Phase) => {
    log.write('nodegroup.phase', { cluster: nodegroup.clusterName, nodegroup: nodegroup.name, phase: name });
  };

  const first = phases.shift();
  if (first === undefined) return;
  announce(first);
  clock.after(timings.eksReconcile, () => look(first));
}

function succeed(rollout: Rollout): void {
  const { nodegroup, target, update } = rollout;
  settleOn(nodegroup, target);
  nodegroup.issues = [];
  update.status = 'Successful';
  end(rollout);
}

function fail(rollout: Rollout, { code, message, resourceIds }: Failure): void {
  const { nodegroup, update, state, scaling } = rollout;
  update.status = 'Failed';
  update.errors = [{ errorCode: code, errorMessage: message, resourceIds: [...resourceIds] }];
  if (code === 'NodeCreationFailure' || code === 'PodEvictionFailure') {
    nodegroup.issues = [{ code, message, resourceIds: [...resourceIds] }];
  }
  if (state.behaviour.restoresSizeAfterFailure) {
    scaling.resize(nodegroup.groupName, { maxSize: nodegroup.sizes.maxSize, desired: nodegroup.sizes.desiredSize });
  }
  end(rollout);
}

function end({ nodegroup, update, state }: Rollout): void {
  nodegroup.status = 'ACTIVE';
  nodegroup.modifiedAt = new Date(state.kernel.clock.now());
  state.kernel.log.write('nodegroup.update', {
    cluster: nodegroup.clusterName,
    nodegroup: nodegroup.name,
    updateId: update.id,
    status: update.status,
    ...(update.errors[0] === undefined ? {} : { error: update.errors[0].errorCode }),
  });
}
