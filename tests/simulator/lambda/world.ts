import { type Clock, createClock } from '../../../simulator/kernel/clock.ts';
import { ConnectionLost, type Front, type WireRequest, type WireResponse } from '../../../simulator/kernel/wire.ts';
import { createCertificates } from '../../../simulator/kubernetes/certificates.ts';
import { createPushStream } from '../../../simulator/kubernetes/push-stream.ts';
import { createDirectRunner } from '../../../simulator/lambda/direct-runner.ts';
import { readFunctionCode } from '../../../simulator/lambda/function-code.ts';
import { createIsolatedRunner } from '../../../simulator/lambda/isolated-runner.ts';
import {
  type Environment,
  type Invocation,
  invocationOfKey,
  type Outcome,
  type Runner,
} from '../../../simulator/lambda/runner.ts';
import { listen } from '../../../simulator/wire/http-server.ts';

export const startOfTime = Date.UTC(2026, 10, 10, 18);

/** A small account with one address of its own and one cluster, and functions that run in it. */
export type World = {
  readonly clock: Clock;
  readonly runner: Runner;
  readonly clusterUrl: string;
  readonly certificateAuthority: string;
  /** `<account ms since the start> <what>`, in order. */
  readonly events: string[];
  readonly start: (zip: Buffer, options?: StartOptions) => Promise<Environment>;
  /** Lets time pass until the invocation has ended. */
  readonly invoke: (environment: Environment, payload: unknown, options?: Partial<Invocation>) => Promise<Outcome>;
  /** As `invoke`, without waiting. */
  readonly begin: (environment: Environment, payload: unknown, options?: Partial<Invocation>) => { outcome?: Outcome };
  readonly run: (isOver: () => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
};

type StartOptions = {
  readonly name?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly handler?: string;
};

export type RunnerKind = 'isolated' | 'direct';

/** @param respond What the account answers; by default it does as the path says, see `answer`. */
export async function createWorld(kind: RunnerKind): Promise<World> {
  const clock = createClock(startOfTime);
  const events: string[] = [];
  const note = (what: string) => events.push(`${clock.now() - startOfTime} ${what}`);
  const { certificateAuthority, issueServerCertificate } = await createCertificates('test', startOfTime);
  let runner: Runner | undefined;
  const front = createFront(clock, note, (request) => {
    if (request.origin !== undefined) runner?.kill(request.origin);
  });
  const closers: (() => Promise<void>)[] = [];
  let clusterUrl = 'https://127.0.0.1:6443';

  if (kind === 'direct') {
    const hosts = new Map([
      ['127.0.0.1:4566', { front }],
      ['127.0.0.1:6443', { front, certificateAuthority }],
    ]);
    runner = createDirectRunner({ kernel: { clock }, endpointUrl: 'http://127.0.0.1:4566', hosts });
  } else {
    let observe: (front: Front) => Front = (same) => same;
    const kernel = {
      log: { write: (what: string, details: object) => note(`${what} ${JSON.stringify(details)}`) },
    } as never;
    const late: Front = (request) => observe(front)(request);
    const account = await listen({ front: late, kernel });
    const cluster = await listen({ front: late, kernel, tls: await issueServerCertificate() });
    closers.push(account.close, cluster.close);
    clusterUrl = `https://127.0.0.1:${cluster.port}`;
    const isolated = createIsolatedRunner({ kernel: { clock }, endpointUrl: `http://127.0.0.1:${account.port}` });
    observe = isolated.observe;
    runner = isolated;
  }
  const used = runner;
  let number = 0;

  const begin: World['begin'] = (environment, payload, options) => {
    const ending: { outcome?: Outcome } = {};
    environment.invoke(invocationOf(++number, payload, clock.now(), options), (outcome) => {
      ending.outcome = outcome;
      note(`end ${outcome.kind}`);
    });
    return ending;
  };
  const run: World['run'] = async (isOver) => {
    if (!(await clock.run(isOver))) throw new Error('Nothing is left to happen.');
  };
  return {
    clock,
    runner: used,
    clusterUrl,
    certificateAuthority,
    events,
    begin,
    run,
    async start(zip, { name = 'worker', variables = {}, handler = 'handlers/handler.handler' } = {}) {
      return used.start({
        environmentId: `${name}/1`,
        functionName: name,
        code: await readFunctionCode(zip),
        handler,
        architecture: 'arm64',
        variables: {
          AWS_REGION: 'eu-central-1',
          AWS_ENDPOINT_URL: used.endpointUrl,
          CLUSTER_URL: clusterUrl,
          CA: certificateAuthority,
          ...variables,
        },
        randomSeed: '0123456789abcdef0123456789abcdef',
        writeLog: (line) => note(`log ${name} ${line}`),
      });
    },
    async invoke(environment, payload, options) {
      const ending = begin(environment, payload, options);
      await run(() => ending.outcome !== undefined);
      return ending.outcome as Outcome;
    },
    async close() {
      await used.close();
      for (const close of closers) await close();
    },
  };
}

function invocationOf(number: number, payload: unknown, now: number, options: Partial<Invocation> = {}): Invocation {
  return {
    number,
    requestId: `request-${number}`,
    payload: JSON.stringify(payload),
    randomSeed: String(number).padStart(32, 'a'),
    traceId: `Root=1-0-${number}`,
    deadline: now + 3000,
    context: {
      functionName: 'worker',
      functionVersion: '1',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:worker:1',
      memoryLimitInMB: '512',
      logGroupName: '/aws/lambda/worker',
      logStreamName: '2026/11/10/[1]abc',
    },
    ...options,
  };
}

/**
 * Answers after as many milliseconds of account time as the path's `delay` says; `lost` closes the connection,
 * `kill` ends the caller, `stream` sends that many chunks, one per delay, `size` pads the answer.
 */
function createFront(clock: Clock, note: (what: string) => void, kill: (request: WireRequest) => void): Front {
  return (request) => {
    const { pathname, searchParams: query } = new URL(request.path, 'http://account');
    const { functionName = '', key = '' } = request.origin ?? {};
    const delay = Number(query.get('delay') ?? 10);
    const { promise, resolve, reject } = Promise.withResolvers<WireResponse>();
    const reply = () => {
      if (pathname === '/kill') kill(request);
      if (pathname === '/kill' || pathname === '/lost') reject(new ConnectionLost('lost'));
      else resolve(answer(clock, pathname, query, delay));
    };
    clock.arrive(key, () => {
      note(
        `${`${request.method} ${pathname}${query.get('note') ?? ''} ${request.body}`.trim()} by ${functionName} ${invocationOfKey(key)}`,
      );
      clock.after(delay, reply);
    });
    return promise;
  };
}

function answer(clock: Clock, pathname: string, query: URLSearchParams, delay: number): WireResponse {
  const headers = { 'content-type': 'application/json', 'x-at': String(clock.now() - startOfTime) };
  const status = Number(query.get('status') ?? 200);
  const chunks = Number(query.get('stream') ?? 0);
  const size = Number(query.get('size') ?? 0);
  const body = Buffer.from(JSON.stringify({ pathname, pad: 'x'.repeat(size) }));
  const burst = Number(query.get('burst') ?? 0);
  if (burst > 0) return { status, headers, body: burstOf(clock, burst, size) };
  if (chunks === 0) return { status, headers: { ...headers, 'content-length': String(body.length) }, body };
  return { status, headers, body: streamOf(clock, chunks, delay) };
}

async function* streamOf(clock: Clock, chunks: number, delay: number): AsyncGenerator<Buffer> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    await clock.sleep(delay);
    yield Buffer.from(`${chunk}\n`);
  }
}

/** As a watch: chunks that all come a second after the head, and a second of silence before the end. */
function burstOf(clock: Clock, chunks: number, size: number): AsyncIterable<Buffer> {
  const { push, end, body } = createPushStream();
  clock.after(1000, () => {
    for (let chunk = 0; chunk < chunks; chunk++) push(Buffer.alloc(size, 'x'));
  });
  clock.after(2000, end);
  return body;
}
