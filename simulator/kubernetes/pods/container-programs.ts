import type { Container, Pod } from '../workload-objects.ts';
import { type CurlOptions, readCurl } from './curl-options.ts';

/** How a container ends by itself. */
export type ContainerEnd = {
  readonly afterMs: number;
  readonly exitCode: number;
  /** Of the container's status; `Completed` or `Error` unless given. */
  readonly reason?: string;
  readonly message?: string;
};

/** Says how a container of a pod ends, or nothing where it does not know what runs there. */
export type ContainerProgram = (pod: Pod, container: Container) => ContainerEnd | undefined;

/** What a program in a container meets when it opens connections: the network of its node. */
export type PodNetwork = {
  /** What the kubelet puts into every container's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The addresses of a name as the pod's resolver finds them; `silent` when the resolver itself does not answer. */
  readonly resolve: (host: string) => readonly string[] | 'unknown' | 'silent';
  /** What becomes of a TLS connection to an address. */
  readonly connect: (address: string, port: number) => 'answered' | 'refused' | 'silent';
};

/** Replaces `$(NAME)` in a command by what the container's environment has; unknown names stay as they are. */
const expand = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (whole, name: string) => environment[name] ?? whole);

/** What containerd reports of a program that it cannot start. */
const notStarted = (message: string): ContainerEnd => ({
  ...{ afterMs: 0, exitCode: 128 },
  ...{ reason: 'StartError', message: `not simulated: ${message}` },
});

/**
 * Runs the commands of containers that shall end by themselves. Of all programs only curl is known, with few options; any
 * other cannot be started, since nobody could say how it ends. A container without a command is for others to judge.
 */
export const commandPrograms =
  (networkOf: (pod: Pod) => PodNetwork): ContainerProgram =>
  (pod, { command = [], args = [], env = [] }) => {
    if (command.length === 0) return undefined;
    const network = networkOf(pod);
    const own = Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
    const environment = { ...network.environment, ...own };
    const [program = '', ...rest] = [...command, ...args].map((part) => expand(part, environment));
    if (program !== 'curl.exe' && program !== 'curl') return notStarted(`the program ${program}`);
    const read = readCurl(rest);
    return 'problem' in read ? notStarted(`curl: ${read.problem}`) : curl(read.options, network);
  };

/** Exit codes and what is tried again after them: https://curl.se/docs/manpage.html, EXIT CODES and --retry. */
const couldNotResolve = 6;
const couldNotConnect = 7;
const timedOut = 28;

type Attempt = { readonly exitCode: number; readonly seconds: number };

/** How long an answer takes, from the name to the end of the body. */
const answerSeconds = 0.2;
/** How long curl waits without any time-out: until the operating system gives up, about 21 seconds on Windows. */
const systemPatience = 21;

function curl(options: CurlOptions, network: PodNetwork): ContainerEnd {
  let afterSeconds = 0;
  for (let retries = 0; ; retries += 1) {
    const { exitCode, seconds } = attempt(options, network);
    afterSeconds += seconds;
    const isTransient =
      exitCode === timedOut || exitCode === couldNotResolve || (exitCode === couldNotConnect && options.retryRefused);
    if (!isTransient || retries >= options.retries) return { exitCode, afterMs: afterSeconds * 1000 };
    afterSeconds += options.retryDelaySeconds ?? Math.min(600, 2 ** retries);
  }
}

function attempt({ host, port, connectTimeoutSeconds, maxSeconds }: CurlOptions, network: PodNetwork): Attempt {
  const patience = Math.min(connectTimeoutSeconds ?? systemPatience, maxSeconds ?? systemPatience);
  const found = isAddress(host) ? [host] : network.resolve(host);
  if (found === 'unknown') return { exitCode: couldNotResolve, seconds: answerSeconds };
  // Without a time-out of curl's own it is the resolver that gives up, which is another exit code.
  const resolverGaveUp = connectTimeoutSeconds === undefined && maxSeconds === undefined;
  if (found === 'silent') return { exitCode: resolverGaveUp ? couldNotResolve : timedOut, seconds: patience };
  const answers = found.map((address) => network.connect(address, port));
  if (answers.includes('answered')) return { exitCode: 0, seconds: answerSeconds };
  if (answers.includes('refused')) return { exitCode: couldNotConnect, seconds: answerSeconds };
  return { exitCode: timedOut, seconds: patience };
}

const isAddress = (host: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(host);
