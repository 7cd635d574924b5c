import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { type Stage, setStage } from '../start/stage.ts';
import { writeJournal } from './journal.ts';
import { kubeconfigOf } from './kubeconfig.ts';

/** The first line of the standard output. */
export type ServerDocument = {
  /** URL of all AWS services. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly clusters: readonly {
    readonly name: string;
    /** URL of the Kubernetes API. */
    readonly endpoint: string;
    /** Path of a file. */
    readonly kubeconfig: string;
  }[];
};

export type Server = {
  readonly document: ServerDocument;
  readonly stage: Stage;
  /** Rejects when the account breaks. */
  readonly stopped: Promise<void>;
  /** Frees the ports and removes the kubeconfig files. */
  readonly close: () => Promise<void>;
};

export type ServerOptions = {
  readonly port: number;
  /** Account seconds per second. */
  readonly speed: number;
  readonly seed?: number | undefined;
  /** Takes one line about what a caller did wrong, or about a mistake of the account itself. */
  readonly tell: (line: string) => void;
};

/** Another program listens on the port. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

const clusterAdministrator = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

/**
 * Opens the account of a scenario to clients, with the stack deployed in it. Its clock begins now: clients live by the
 * date of this machine, and look for what happened in the last hour.
 *
 * @throws {PortTaken}
 */
export async function openServer(scenario: Scenario, { port, speed, seed, tell }: ServerOptions): Promise<Server> {
  const stage = await setStage(
    { ...scenario, startsAt: new Date().toISOString() },
    {
      ...{ seed, port, pace: speed, functions: 'threads' as const },
      clientClock: Date.now,
    },
  ).catch((cause) => {
    throw isPortTaken(cause) ? portTaken(port, cause) : cause;
  });
  const { account } = stage;
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  writeJournal(account.kernel.log, tell);
  let isOver = false;
  const stopped = account.kernel.clock.run(() => isOver, { idle: 'wait' }).then(() => {});

  return {
    document: await describeServer(stage, folder),
    ...{ stage, stopped },
    async close() {
      isOver = true;
      // The clock may be waiting for something that is hours away.
      account.kernel.clock.after(0, () => {});
      await account.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function describeServer({ account, clusters }: Stage, folder: string): Promise<ServerDocument> {
  const { endpoint, iam, eks, kernel } = account;
  const { region } = kernel.identity;
  const credentials = iam.operatorCredentials();
  const described = [...clusters.values()].map(async ({ name, certificateAuthority }) => {
    // EKS makes whoever creates a cluster its administrator.
    eks.addAccessEntry(name, { principalArn: iam.operatorArn, policies: [{ policyArn: clusterAdministrator }] });
    const clusterEndpoint = eks.cluster(name)?.endpoint ?? '';
    const kubeconfig = join(folder, `${name}.kubeconfig`);
    const config = kubeconfigOf({ name, endpoint: clusterEndpoint, certificateAuthority, region, credentials });
    await writeFile(kubeconfig, config, { mode: 0o600 });
    return { name, endpoint: clusterEndpoint, kubeconfig };
  });
  return { endpoint, region, credentials, clusters: await Promise.all(described) };
}

const isPortTaken = (cause: unknown) => (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';

const portTaken = (port: number, cause: unknown) =>
  new PortTaken(`Port ${port} of 127.0.0.1 is taken by another program; name another one with --port.`, { cause });
