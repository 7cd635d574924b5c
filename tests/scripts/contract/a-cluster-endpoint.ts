import type { ApiAnswer, ClusterEndpoint } from '../../../scripts/contract/kubernetes/endpoint.ts';
import { aCluster, type TestCluster } from '../../simulator/kubernetes/a-cluster.ts';

export type ClusterUnderTest = { readonly test: TestCluster; readonly endpoint: ClusterEndpoint };

/** A simulated cluster of some age, whose time passes only while somebody waits for an answer. */
export async function aClusterEndpoint(ageMinutes: number): Promise<ClusterUnderTest> {
  const test = await aCluster();
  await test.pass(ageMinutes * 60_000);
  const { clock } = test.kernel;
  const endpoint: ClusterEndpoint = {
    async send({ method, path, headers, body }, who) {
      const own: Record<string, string> = who === 'administrator' ? { authorization: 'Bearer admin' } : {};
      let isOver = false;
      const reply = test.cluster.front({ method, path, body, headers: { ...own, ...headers } }).finally(() => {
        isOver = true;
      });
      reply.catch(() => undefined);
      await clock.run(() => isOver);
      const { status, headers: answered, body: content } = await reply;
      return { status, headers: answered, ...bodyOf(content) };
    },
    now: clock.now,
    pass: (seconds) => test.pass(seconds * 1000),
  };
  return { test, endpoint };
}

function bodyOf(content: Buffer | AsyncIterable<Buffer>): Pick<ApiAnswer, 'body' | 'close'> {
  if (Buffer.isBuffer(content)) return { body: only(content), close: () => undefined };
  const reader = content[Symbol.asyncIterator]();
  return {
    body: { [Symbol.asyncIterator]: () => reader },
    close: () => void reader.return?.(),
  };
}

async function* only(content: Buffer) {
  yield content;
}

/** Changes an answer on its way to the client; undefined leaves it as it is. */
export type SpoilAnswer = (
  call: Parameters<ClusterEndpoint['send']>[0],
  text: string,
  status: number,
) => { readonly status?: number; readonly text?: string } | undefined;

/** The endpoint with other answers. What a run makes for itself stays as it is. */
export const spoiltCluster = (endpoint: ClusterEndpoint, spoil: SpoilAnswer): ClusterEndpoint => ({
  ...endpoint,
  async send(call, who) {
    const answer = await endpoint.send(call, who);
    const isOfTheRun = /^\/api\/v1\/namespaces(\/[^/?]+)?$/.test(call.path);
    if (isOfTheRun || call.path.includes('watch=true')) return answer;
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    const other = spoil(call, text, answer.status);
    return { ...answer, status: other?.status ?? answer.status, body: only(Buffer.from(other?.text ?? text)) };
  },
});
