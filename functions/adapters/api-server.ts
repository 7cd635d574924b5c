import { Agent, request } from 'node:https';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { ClusterAccessDenied, KubernetesUnavailable } from '../domain/errors.ts';
import { awsCall } from './aws-call.ts';
import { clusterToken } from './cluster-token.ts';
import { eks } from './eks-client.ts';

/** Reads JSON from the API server of one cluster. `undefined` means that there is no such thing (404). */
export type ApiServer = {
  readonly clusterName: string;
  readonly get: (path: string) => Promise<unknown>;
};

type Endpoint = { readonly url: URL; readonly agent: Agent };

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

const patienceMilliseconds = 20_000;

type Answer = { readonly status: number; readonly body: string };

const send = ({ url, agent }: Endpoint, path: string, token: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
    const { hostname, port } = url;
    const outgoing = request({ hostname, port: port || 443, path, agent, headers, timeout: patienceMilliseconds });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${patienceMilliseconds / 1000} seconds`)));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.end();
  });

function interpret(clusterName: string, path: string, { status, body }: Answer): unknown {
  if (status === 200) return JSON.parse(body);
  if (status === 404) return undefined;
  if (status === 401 || status === 403) {
    throw new ClusterAccessDenied(
      `Cluster ${clusterName} does not let the reader role read its nodes (HTTP ${status}). ` +
        `Run: npm run grant -- --cluster ${clusterName}`,
    );
  }
  const message = `GET ${path} of cluster ${clusterName} answered HTTP ${status}: ${body.slice(0, 300)}`;
  if (status === 429 || status >= 500) throw new KubernetesUnavailable(message);
  throw new Error(message);
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
  return {
    clusterName,
    get: async (path) => {
      const answer = await send(endpoint, path, token).catch((error: Error) => {
        // The cluster may have been made anew under its name.
        endpoints.delete(clusterName);
        throw new KubernetesUnavailable(`GET ${path} of cluster ${clusterName}: ${error.message}`, { cause: error });
      });
      return interpret(clusterName, path, answer);
    },
  };
}
