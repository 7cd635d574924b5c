import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterReader } from '../../functions/adapters/kubernetes.ts';
import type { WindowsNode } from '../../functions/domain/node.ts';
import { eks, roleArn, serveCluster } from './a-cluster.ts';

process.env.AWS_REGION = 'us-west-2';
const sample = JSON.parse(readFileSync(new URL('../support/samples/windows-node.json', import.meta.url), 'utf8'));
const reader = clusterReader(() => roleArn);

/** What the API server does with the next watch. */
let serve: (response: ServerResponse) => void;
const asked: string[] = [];
let cluster: Awaited<ReturnType<typeof serveCluster>>;

beforeAll(async () => {
  cluster = await serveCluster((request, response) => {
    asked.push(request.url ?? '');
    serve(response);
  });
});
afterAll(() => cluster.close());
beforeEach(() => {
  asked.length = 0;
  cluster.announce();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
const ready = (status: string, message = '') => ({
  ...sample,
  status: { ...sample.status, conditions: [{ type: 'Ready', status, reason: 'KubeletNotReady', message }] },
});
const status = (code: number) => ({ kind: 'Status', status: 'Failure', code, message: 'no more of this' });
const withBody = (...pieces: readonly (string | Buffer)[]) => {
  serve = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const piece of pieces) response.write(piece);
    response.end();
  };
};
const watch = (isEnough: (node: WindowsNode) => boolean = ({ ready }) => ready) =>
  reader.watchNode('demo', { nodeName: 'ip-10-0-1-23', seconds: 100, isEnough });

describe('the watch of a node', () => {
  it('is one request: the look at what there is, and the wait for what comes', async () => {
    withBody(line('ADDED', sample));
    expect(await watch()).toMatchObject({ instanceId: 'i-0abc1234def567890', ready: true });
    expect(asked).toEqual(['/api/v1/nodes?fieldSelector=metadata.name%3Dip-10-0-1-23&watch=true&timeoutSeconds=100']);
  });

  it('ends as soon as enough was seen, and leaves no connection open', async () => {
    let gone: Promise<unknown> | undefined;
    serve = (response) => {
      gone = once(response, 'close');
      response.write(line('ADDED', ready('False')) + line('MODIFIED', sample));
    };
    expect(await watch()).toMatchObject({ ready: true });
    await gone;
  });

  it.each([
    { case: 'nothing', body: [], expected: undefined },
    { case: 'a node that does not become Ready', body: [line('ADDED', ready('False'))], expected: { ready: false } },
    { case: 'a node that went away', body: [line('ADDED', sample), line('DELETED', sample)], expected: undefined },
    {
      case: 'a bookmark after the node',
      body: [line('ADDED', ready('False')), line('BOOKMARK', { kind: 'Node', metadata: { resourceVersion: '9' } })],
      expected: { ready: false },
    },
    { case: 'half a line', body: [line('ADDED', ready('False')), '{"type":"MOD'], expected: { ready: false } },
    {
      case: 'a version that is too old',
      body: [line('ADDED', ready('False')), line('ERROR', status(410))],
      expected: { ready: false },
    },
  ])('that ends after $case is the last state seen', async ({ body, expected }) => {
    withBody(...body);
    const node = await watch(() => false);
    if (expected === undefined) expect(node).toBeUndefined();
    else expect(node).toMatchObject(expected);
  });

  it('reads lines and characters that are split anywhere', async () => {
    const bytes = Buffer.from(line('ADDED', ready('False', 'größer als 😀')) + line('MODIFIED', ready('False', '→')));
    const seen: string[] = [];
    for (const size of [1, 2, 3, 5]) {
      serve = async (response) => {
        for (let from = 0; from < bytes.length; from += size) {
          response.write(bytes.subarray(from, from + size));
          await nextTurn();
        }
        response.end();
      };
      await watch(({ readyDetail }) => seen.push(readyDetail) === 0);
    }
    expect(new Set(seen)).toEqual(new Set(['KubeletNotReady: größer als 😀', 'KubeletNotReady: →']));
    expect(seen).toHaveLength(8);
  });

  it('that is cut off is the last state seen', async () => {
    serve = (response) => {
      response.write(line('ADDED', ready('False')));
      setImmediate(() => response.destroy());
    };
    expect(await watch()).toMatchObject({ ready: false });
  });

  it.each([
    { code: 403, name: 'ClusterAccessDenied' },
    { code: 429, name: 'KubernetesUnavailable' },
    { code: 500, name: 'KubernetesUnavailable' },
    { code: undefined, name: 'KubernetesUnavailable' },
  ])('that ends with an ERROR event of $code fails with $name', async ({ code, name }) => {
    withBody(line('ERROR', { ...status(0), code }));
    await expect(watch()).rejects.toMatchObject({ name, message: expect.stringContaining('demo') });
  });
});

describe('an API server', () => {
  it.each([401, 403])('that answers %i to a watch is told with the commands that change it', async (code) => {
    serve = (response) => response.writeHead(code).end(JSON.stringify(status(code)));
    await expect(watch()).rejects.toMatchObject({
      name: 'ClusterAccessDenied',
      message: expect.stringMatching(/npm run grant -- --cluster demo, then: kubectl apply -f .*reader\.yml/),
    });
  });

  it.each([429, 500, 503])('that answers %i to a watch may be asked again', async (code) => {
    serve = (response) => response.writeHead(code).end(JSON.stringify(status(code)));
    await expect(watch()).rejects.toMatchObject({ name: 'KubernetesUnavailable' });
  });
});

describe('a connection that hangs', () => {
  /** The time limits that were set, in order; each ends when the test says so. */
  const limits = () => {
    const set: { milliseconds: number; end: () => void }[] = [];
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      const controller = new AbortController();
      set.push({ milliseconds, end: () => controller.abort() });
      return controller.signal;
    });
    return set;
  };

  it('before the answer is given up after 20 seconds, and the endpoint looked up anew', async () => {
    const set = limits();
    const arrived = new Promise<void>((resolve) => {
      serve = () => resolve();
    });
    const watched = watch();
    watched.catch(() => undefined);
    await arrived;
    set[0]?.end();
    await expect(watched).rejects.toMatchObject({ name: 'KubernetesUnavailable' });
    expect(set.map(({ milliseconds }) => milliseconds)).toEqual([20_000]);

    const before = eks.calls().length;
    withBody(line('ADDED', sample));
    await watch();
    expect(eks.calls()).toHaveLength(before + 1);
  });

  it('in the watch is given up 10 seconds after its end, with the last state seen', async () => {
    const set = limits();
    serve = (response) => response.write(line('ADDED', ready('False')));
    const watched = watch(() => {
      set[1]?.end();
      return false;
    });
    expect(await watched).toMatchObject({ ready: false });
    expect(set.map(({ milliseconds }) => milliseconds)).toEqual([20_000, 110_000]);
  });
});
