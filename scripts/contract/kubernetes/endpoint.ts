import { type RequestOptions, request as requestHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { WrongUsage } from '../../command-line.ts';
import { Unreachable } from '../transport.ts';

export type ApiCall = {
  readonly method: string;
  /** With the query string, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

export type ApiAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Stays open for a watch. */
  readonly body: AsyncIterable<Buffer>;
  /** Hangs up on an answer that is not read to its end. */
  readonly close: () => void;
};

/** An API server, how to speak to it, and whose time counts there. */
export type ClusterEndpoint = {
  /** @throws {Unreachable} */
  readonly send: (call: ApiCall, who: 'administrator' | 'nobody') => Promise<ApiAnswer>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Lets so many seconds pass there. */
  readonly pass: (seconds: number) => Promise<void>;
};

/** The cluster of the current context of a kubeconfig file, or of another one. @throws {WrongUsage} */
export function kubeconfigEndpoint(file: string, context?: string): ClusterEndpoint {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (error) {
    throw new WrongUsage(`--kubeconfig ${file} cannot be read: ${(error as Error).message}`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new WrongUsage(`${file} has no cluster in the context "${config.getCurrentContext()}".`);
  const server = new URL(cluster.server);

  return {
    async send(call, who) {
      const identity: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(identity);
      const nobody: RequestOptions = { ca: identity.ca, rejectUnauthorized: identity.rejectUnauthorized };
      return sendTo(server, call, who === 'nobody' ? nobody : identity);
    },
    now: () => Date.now(),
    pass: (seconds) => sleep(seconds * 1000),
  };
}

function sendTo(server: URL, { method, path, headers, body }: ApiCall, identity: RequestOptions): Promise<ApiAnswer> {
  const place = { hostname: server.hostname, port: server.port, path: `${server.pathname.replace(/\/$/, '')}${path}` };
  const length = body.length === 0 ? {} : { 'content-length': String(body.length) };
  const own = identity.headers as Readonly<Record<string, string>> | undefined;
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(new Unreachable(`Nothing answers at ${server.origin}: ${cause.message}.`, { cause }));
    const outgoing = requestHttps({
      ...{ ...identity, ...place, method },
      headers: { ...own, ...headers, ...length },
      agent: false,
    });
    outgoing.on('response', (response) => {
      const joined = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(joined),
        body: response,
        close: () => response.destroy(),
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
