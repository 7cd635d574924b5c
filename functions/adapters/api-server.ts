import { Agent } from 'node:https';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import type { V1Status } from '@kubernetes/client-node';
import { ClusterAccessDenied, KubernetesUnavailable } from '../domain/errors.ts';
import { awsCall } from './aws-call.ts';
import { clusterToken } from './cluster-token.ts';
import { eks } from './eks-client.ts';
import { type Answer, type Endpoint, openAnswer, piecesOf, readAnswer } from './https-answer.ts';
import { readWatchEvents, type WatchEvent } from './watch-events.ts';

/** Reads JSON from the API server of one cluster. */
export type ApiServer = {
  readonly clusterName: string;
  /** `undefined` means that there is no such thing (404). */
  readonly get: (path: string) => Promise<unknown>;
  /**
   * What happens to the collection at `path`, for so many seconds at most. It ends sooner, and without an error, when
   * the API server closes it, sends what is too old (410) or falls silent: none of these says anything about objects.
   */
  readonly watch: (path: string, seconds: number) => AsyncGenerator<WatchEvent>;
};

const endpoints = new Map<string, Endpoint>();

/** Where the cluster's API server is, and a connection pool that trusts the cluster's own authority only. */
async function endpointOf(clusterName: string): Promise<Endpoint> {
  const known = endpoints.get(clusterName);
  if (known) return known;
  const { cluster } = await awsCall('eks:DescribeCluster', clusterName, () =>
    eks().send(new DescribeClusterCommand({ name: clusterName })),
  );
  const authority = Buffer.from(cluster?.certificateAuthority?.data ?? '', 'base64');
  if (!cluster?.endpoint || authority.length === 0) {
    throw new KubernetesUnavailable(`Cluster ${clusterName} has no endpoint yet; its status is ${cluster?.status}.`);
  }
  const endpoint = { url: new URL(cluster.endpoint), agent: new Agent({ ca: authority, keepAlive: true }) };
  endpoints.set(clusterName, endpoint);
  return endpoint;
}

/** How long a watch may outlast what it was asked for before its connection counts as dead. */
const overtimeSeconds = 10;

/** The code in an ERROR event of a watch that the API server cannot go on with. */
const gone = 410;

/** What a status other than 200 means. */
function refusal(clusterName: string, path: string, { status, body }: Answer): Error {
  if (status === 401 || status === 403) {
    return new ClusterAccessDenied(
      `Cluster ${clusterName} does not let the reader role read its nodes (HTTP ${status}). ` +
        `Run: npm run grant -- --cluster ${clusterName}, then: kubectl apply -f infrastructure/kubernetes/reader.yml`,
    );
  }
  const message = `GET ${path} of cluster ${clusterName} answered HTTP ${status}: ${body.slice(0, 300)}`;
  return status === 429 || status >= 500 ? new KubernetesUnavailable(message) : new Error(message);
}

/**
 * A connection to a cluster as the reader role.
 *
 * @throws {ClusterAccessDenied} From each call: the cluster does not know the role, or gives it no right to read.
 * @throws {KubernetesUnavailable} From each call: the API server failed or could not be reached; asking again is safe.
 */
export async function connectApiServer(clusterName: string, roleArn: string): Promise<ApiServer> {
  const endpoint = await endpointOf(clusterName);
  const token = await clusterToken(clusterName, roleArn);

  const reach = async <Reached>(path: string, attempt: () => Promise<Reached>): Promise<Reached> => {
    try {
      return await attempt();
    } catch (error) {
      // The cluster may have been made anew under its name.
      endpoints.delete(clusterName);
      const { message } = error as Error;
      throw new KubernetesUnavailable(`GET ${path} of cluster ${clusterName}: ${message}`, { cause: error });
    }
  };

  return {
    clusterName,
    async get(path) {
      const answer = await reach(path, async () => readAnswer(await openAnswer(endpoint, path, token)));
      if (answer.status === 200) return JSON.parse(answer.body);
      if (answer.status === 404) return undefined;
      throw refusal(clusterName, path, answer);
    },
    async *watch(collection, seconds) {
      const path = `${collection}&watch=true&timeoutSeconds=${seconds}`;
      const response = await reach(path, () => openAnswer(endpoint, path, token));
      if (response.statusCode !== 200) throw refusal(clusterName, path, await reach(path, () => readAnswer(response)));
      for await (const event of readWatchEvents(piecesOf(response, seconds + overtimeSeconds))) {
        if (event.type !== 'ERROR') {
          yield event;
          continue;
        }
        const { code = 500 } = event.object as V1Status;
        if (code === gone) return;
        throw refusal(clusterName, path, { status: code, body: JSON.stringify(event.object) });
      }
    },
  };
}
