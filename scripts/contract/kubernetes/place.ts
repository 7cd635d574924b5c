import { createHash } from 'node:crypto';
import { Deviation, show } from '../check.ts';
import { type Fields, text } from '../fields.ts';
import type { Answer, Cluster, Manner } from './cluster.ts';
import type { ApiAnswer, ClusterEndpoint } from './endpoint.ts';
import { openWatch } from './watch.ts';

type Parts = {
  readonly endpoint: ClusterEndpoint;
  readonly namespace: string;
  /** Of the check within the run. */
  readonly number: number;
};

/** An API server for one check, and what takes away what the check made. */
export function createCluster({ endpoint, namespace, number }: Parts) {
  const acts: (() => Promise<unknown>)[] = [];
  const ask: Cluster['ask'] = async (method, path, body, manner) =>
    readAnswer(await send(endpoint, { method, path, body, ...manner }));

  const cluster: Cluster = {
    ...{ ask, namespace, now: endpoint.now },
    name: `contract-${uniqueText(`${namespace} ${number}`)}`,
    undo: (act) => acts.push(act),
    async create(collection, object) {
      const { status, body } = await ask('POST', collection, object);
      if (status !== 201) throw new Deviation(`${collection} to take an object`, `${status} ${show(body)}`);
      const path = `${collection}/${text(body, 'metadata.name')}`;
      acts.push(() => ask('DELETE', path, { gracePeriodSeconds: 0 }));
      return body;
    },
    async watch(path, manner) {
      const answer = await send(endpoint, { method: 'GET', path, ...manner });
      if (answer.status !== 200) throw new Deviation(`a watch at ${path}`, show((await readAnswer(answer)).body));
      const watch = openWatch(answer, endpoint);
      acts.push(watch.close);
      return watch;
    },
    async until(what, isSo, seconds = 30) {
      const deadline = endpoint.now() + seconds * 1000;
      while (!(await isSo())) {
        if (endpoint.now() > deadline) throw new Deviation(`${what} within ${seconds} seconds`, 'it is still not so');
        await endpoint.pass(1);
      }
    },
  };
  return { cluster, undoAll: () => undoAll(acts) };
}

export const uniqueText = (from: string) => createHash('sha256').update(from).digest('hex').slice(0, 10);

type Question = Manner & { readonly method: string; readonly path: string; readonly body?: unknown };

function send(endpoint: ClusterEndpoint, { method, path, body, ...manner }: Question): Promise<ApiAnswer> {
  const { contentType = 'application/json', accept = 'application/json', as, credentials } = manner;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const headers = {
    accept,
    ...(bytes.length === 0 ? {} : { 'content-type': contentType }),
    ...(as === undefined ? {} : { 'impersonate-user': as }),
    ...(credentials === 'unknown-token' ? { authorization: 'Bearer k8s-aws-v1.unknown' } : {}),
  };
  return endpoint.send({ method, path, headers, body: bytes }, credentials === undefined ? 'administrator' : 'nobody');
}

async function readAnswer({ status, headers, body }: ApiAnswer): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  const content = Buffer.concat(chunks).toString();
  return { status, headers, body: jsonOf(content) };
}

function jsonOf(content: string): Fields {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

/** The last first. What is gone already is no problem. */
async function undoAll(acts: (() => Promise<unknown>)[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (let act = acts.pop(); act !== undefined; act = acts.pop()) {
    await act().catch((error: unknown) => left.push(String(error)));
  }
  return left;
}
