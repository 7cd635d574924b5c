import { isJsonObject, type JsonObject } from '../merge-patch.ts';

const quarters = { maxUnavailable: '25%', maxSurge: '25%' };

/** What the API server writes into the spec of a Deployment that leaves it out. pkg/apis/apps/v1/defaults.go */
export function withDeploymentDefaults(spec: JsonObject): JsonObject {
  const strategy = isJsonObject(spec.strategy) ? spec.strategy : {};
  const { type = 'RollingUpdate' } = strategy;
  const given = isJsonObject(strategy.rollingUpdate) ? strategy.rollingUpdate : {};
  const rolling = type === 'RollingUpdate' ? { rollingUpdate: { ...quarters, ...given } } : {};
  return {
    ...{ replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
    ...spec,
    strategy: { ...strategy, type, ...rolling },
  };
}
