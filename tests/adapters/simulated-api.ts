import type { ApiServer } from '../../functions/adapters/api-server.ts';
import type { WatchEvent } from '../../functions/adapters/watch-events.ts';
import type { TestCluster } from '../simulator/kubernetes/a-cluster.ts';

/**
 * The simulated API server as adapters speak to it, without the connection between: that has tests of its own. `step` is
 * waited for before each call, so that a test can put calls into any order.
 */
export function simulatedApi(
  test: TestCluster,
  {
    token = 'admin',
    step = async () => {},
    watchesLast = 1,
  }: {
    readonly token?: string;
    readonly step?: (what: string) => Promise<void>;
    /** Seconds, at most: nothing of it is known before its end. */
    readonly watchesLast?: number;
  } = {},
): ApiServer {
  return {
    clusterName: test.cluster.name,
    get: async (path) => {
      await step(`GET ${path}`);
      const { status, body } = await test.call('GET', path, undefined, { token });
      if (status === 404) return undefined;
      if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
      return body;
    },
    send: async ({ method, path, body, contentType }) => {
      await step(`${method} ${path}`);
      const reply = await test.call(method, path, body, { token, ...(contentType !== undefined && { contentType }) });
      return { status: reply.status, body: reply.body };
    },
    /** What has happened since the resourceVersion in the path. It does not wait for more. */
    async *watch(path, seconds) {
      const watched = await test.watch(`${path}&watch=true`);
      await test.pass(Math.min(seconds, watchesLast) * 1000);
      await watched.close();
      for (const event of watched.events) yield event as unknown as WatchEvent;
    },
  };
}
