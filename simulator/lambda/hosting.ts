import type { Kernel } from '../kernel/kernel.ts';
import type { Front } from '../kernel/wire.ts';
import { listen } from '../wire/http-server.ts';
import type { Host } from './direct-network.ts';
import { createDirectRunner } from './direct-runner.ts';
import { createIsolatedRunner } from './isolated-runner.ts';
import type { Runner } from './runner.ts';

export type HostingMode = 'threads' | 'process';

/** What a cluster shows to the network. */
export type ClusterAddress = {
  readonly name: string;
  readonly front: Front;
  readonly certificateAuthority: string;
  /** PEM; for a port of the cluster's own. */
  readonly issueServerCertificate: () => Promise<{ readonly key: string; readonly cert: string }>;
};

/** Where functions run and how they reach the account and its clusters. */
export type FunctionHosting = {
  readonly runner: Runner;
  readonly endpointUrl: string;
  /** To be called once, before anything is invoked. */
  readonly openAccount: (front: Front) => void;
  /** Returns the URL of the Kubernetes API. */
  readonly openCluster: (cluster: ClusterAddress) => Promise<string>;
  readonly close: () => Promise<void>;
};

/**
 * A thread for every execution environment; the account and every cluster have a port of the loopback interface.
 *
 * @param port Of the account; any free one when missing.
 */
export async function hostInThreads(kernel: Kernel, port = 0): Promise<FunctionHosting> {
  let account: Front = () => Promise.reject(new Error('The account is not open yet.'));
  const server = await listen({ kernel, front: (request) => account(request), port });
  const servers = [server];
  const endpointUrl = `http://127.0.0.1:${server.port}`;
  const runner = createIsolatedRunner({ kernel, endpointUrl });

  return {
    ...{ runner, endpointUrl },
    openAccount(front) {
      account = runner.observe(front);
    },
    async openCluster({ front, issueServerCertificate }) {
      const tls = await issueServerCertificate();
      const opened = await listen({ kernel, front: runner.observe(front), tls });
      servers.push(opened);
      return `https://127.0.0.1:${opened.port}`;
    },
    async close() {
      await runner.close();
      await Promise.all(servers.map(({ close }) => close()));
    },
  };
}

/** Everything in this process, without a socket: requests are handed over where HTTP would begin. */
export async function hostInProcess(kernel: Kernel): Promise<FunctionHosting> {
  const hosts = new Map<string, Host>();
  const endpointUrl = 'http://127.0.0.1:4566';
  const runner = createDirectRunner({ kernel, endpointUrl, hosts });

  return {
    ...{ runner, endpointUrl },
    openAccount(front) {
      hosts.set('127.0.0.1:4566', { front });
    },
    async openCluster({ name, front, certificateAuthority }) {
      const { region } = kernel.identity;
      const hostname = `${kernel.random.hex(32, 'cluster-endpoint', name).toUpperCase()}.gr7.${region}.eks.amazonaws.com`;
      hosts.set(`${hostname.toLowerCase()}:443`, { front, certificateAuthority });
      hosts.set(`${hostname}:443`, { front, certificateAuthority });
      return `https://${hostname}`;
    },
    close: runner.close,
  };
}
