import { ClusterAccessDenied, KubernetesUnavailable } from '../domain/errors.ts';
import type { ApiServer } from './api-server.ts';

/**
 * What an answer to a change means that the caller has no other meaning for. A 404 is for callers to whom a missing
 * object is no answer: to create one in a namespace that does not exist is what the manifest forgot.
 */
export function refusedChange(
  { clusterName }: Pick<ApiServer, 'clusterName'>,
  request: { readonly method: string; readonly path: string },
  { status, body }: { readonly status: number; readonly body: unknown },
): Error {
  const what = `${request.method} ${request.path} of cluster ${clusterName} answered HTTP ${status}`;
  if (status === 401 || status === 403 || status === 404) {
    return new ClusterAccessDenied(
      `${what}: the mover role may not do this there. Run: npm run grant -- --cluster ${clusterName}, then: ` +
        'kubectl apply -f infrastructure/kubernetes/mover.yml',
    );
  }
  const message = `${what}: ${JSON.stringify(body)?.slice(0, 300)}`;
  return status === 409 || status === 429 || status >= 500 ? new KubernetesUnavailable(message) : new Error(message);
}
