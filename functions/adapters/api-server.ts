import { Agent } from 'node:https';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import type { V1Status } from '@kubernetes/client-node';
import { ClusterAccessDenied, KubernetesUnavailable } from '../domain/errors.ts';
import { awsCall } from './aws-call.ts';
import { clusterToken } from './cluster-token.ts';
import { eks } from './eks-client.ts';
import { type Answer, type Endpoint, openAnswer, piecesOf, readAnswer } from './https-answer.ts';
import { readWatchEvents, type WatchEvent } from './watch-events.ts';

/** A change to ask the API server for. */
export type ChangeRequest = {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** `application/json` unless given; a patch says which kind of patch it is. */
  readonly contentType?: string;
};

/** What the API server said to a change; the body is parsed where it is JSON. */
export type ChangeAnswer = { readonly status: number; readonly body: unknown };

/** Reads and changes objects in the API server of one cluster. */
export type ApiServer = {
  readonly clusterName: string;
  /** `undefined` means that there is no such thing (404). */
  readonly get: (path: string) => Promise<unknown>;
  /**
   * What happens to the collection at `path`, for so many seconds at most. It ends sooner, and without an error, when
   * the API server closes it, sends what is too old (410) or falls silent: none of these says anything about objects.
   */
  readonly watch: (path: string, seconds: number) => AsyncGenerator<WatchEvent>;
  /**
   * Asks for a change. Every status is an answer for the caller, since an eviction that is refused says so by 429, 403,
   * 500 or 504; but for 401, and for 502 to 504 without a reason of the API server's own, which tell nothing about objects.
   */
  readonly send: (request: ChangeRequest) => Promise<ChangeAnswer>;
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

const unreachable = [502, 503, 504];

/** A 504 of the API server itself: what was asked took too long, as an eviction does whose budget changes all the time. */
const isTimeout = ({ status, body }: ChangeAnswer): boolean =>
  status === 504 && (body as V1Status | undefined)?.reason === 'Timeout';

/** The body of an answer as JSON, or the text that it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Which of our two principals a role is; each has a manifest of its name. */
const principalOf = (roleArn: string): 'reader' | 'mover' => (/-mover(-|$)/.test(roleArn) ? 'mover' : 'reader');

const rightsOf = { reader: 'read its nodes', mover: 'drain its nodes' };

/** Whom a cluster refuses something; a role of ours, or whoever runs this. */
type Client = { readonly clusterName: string; readonly roleArn: string | undefined };

function accessDenied({ clusterName, roleArn }: Client, path: string, status: number): ClusterAccessDenied {
  if (roleArn === undefined) {
    return new ClusterAccessDenied(
      `Cluster ${clusterName} does not let you ask for ${path} (HTTP ${status}). Do it as its administrator.`,
    );
  }
  const principal = principalOf(roleArn);
  return new ClusterAccessDenied(
    `Cluster ${clusterName} does not let the ${principal} role ${rightsOf[principal]} (HTTP ${status}). ` +
      `Run: npm run grant -- --cluster ${clusterName}, then: kubectl apply -f infrastructure/kubernetes/${principal}.yml`,
  );
}

/** What a status other than 200 means. */
function refusal(client: Client, path: string, { status, body }: Answer): Error {
  const { clusterName } = client;
  if (status === 401 || status === 403) return accessDenied(client, path, status);
  const message = `GET ${path} of cluster ${clusterName} answered HTTP ${status}: ${body.slice(0, 300)}`;
  return status === 429 || status >= 500 ? new KubernetesUnavailable(message) : new Error(message);
}

/**
 * A connection to a cluster as one of our roles there, the reader or the mover; without a role as whoever runs this.
 *
 * @throws {ClusterAccessDenied} From each call: the cluster does not know the role, or gives it no right to do this.
 * @throws {KubernetesUnavailable} From each call: the API server failed or could not be reached; asking again is safe.
 */
export async function connectApiServer(clusterName: string, roleArn: string | undefined): Promise<ApiServer> {
  const client = { clusterName, roleArn };
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
      const answer = await reach(path, async () => readAnswer(await openAnswer(endpoint, { path, token })));
      if (answer.status === 200) return JSON.parse(answer.body);
      if (answer.status === 404) return undefined;
      throw refusal(client, path, answer);
    },
    async *watch(collection, seconds) {
      const path = `${collection}&watch=true&timeoutSeconds=${seconds}`;
      const response = await reach(path, () => openAnswer(endpoint, { path, token }));
      if (response.statusCode !== 200) throw refusal(client, path, await reach(path, () => readAnswer(response)));
      for await (const event of readWatchEvents(piecesOf(response, seconds + overtimeSeconds))) {
        if (event.type !== 'ERROR') {
          yield event;
          continue;
        }
        const { code = 500 } = event.object as V1Status;
        if (code === gone) return;
        throw refusal(client, path, { status: code, body: JSON.stringify(event.object) });
      }
    },
    async send({ method, path, body, contentType = 'application/json' }) {
      const content = body === undefined ? undefined : { type: contentType, text: JSON.stringify(body) };
      const question = { method, path, token, ...(content && { content }) };
      const answer = await reach(path, async () => readAnswer(await openAnswer(endpoint, question)));
      const told = { status: answer.status, body: parsed(answer.body) };
      if (answer.status === 401) throw refusal(client, path, answer);
      if (unreachable.includes(answer.status) && !isTimeout(told)) throw refusal(client, path, answer);
      return told;
    },
  };
}
