import type { IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';

/** Where a server is, and the connections to it. */
export type Endpoint = { readonly url: URL; readonly agent: Agent };

/** What to ask a server for. */
export type Question = {
  readonly path: string;
  readonly token: string;
  /** GET unless given. */
  readonly method?: string;
  readonly content?: { readonly type: string; readonly text: string };
};

export type Answer = { readonly status: number; readonly body: string };

/** How long a server may take to begin an answer, and then to end one that is read as a whole. */
const patienceSeconds = 20;

/** Calls `giveUp` after so many seconds, unless the returned function is called before. */
function limitTo(seconds: number, giveUp: () => void): () => void {
  const signal = AbortSignal.timeout(seconds * 1000);
  signal.addEventListener('abort', giveUp);
  return () => signal.removeEventListener('abort', giveUp);
}

/** The head of the answer; its body is still to come. Fails when the server does not begin to answer in time. */
export const openAnswer = ({ url, agent }: Endpoint, question: Question): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { path, token, method = 'GET', content } = question;
    const { hostname, port } = url;
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(content && { 'content-type': content.type, 'content-length': Buffer.byteLength(content.text) }),
    };
    const outgoing = request({ hostname, port: port || 443, method, path, agent, headers });
    const lift = limitTo(patienceSeconds, () => {
      outgoing.destroy(new Error(`no answer for ${patienceSeconds} seconds`));
    });
    outgoing.on('response', (response) => {
      lift();
      resolve(response);
    });
    outgoing.on('error', reject);
    outgoing.end(content?.text);
  });

/** The body of an answer, piece by piece. Fails when it is cut off or does not end in time. */
async function* bodyOf(response: IncomingMessage, seconds: number): AsyncGenerator<Buffer> {
  const lift = limitTo(seconds, () => {
    response.destroy(new Error(`no end after ${seconds} seconds`));
  });
  try {
    yield* response;
  } finally {
    lift();
  }
}

/** An answer as a whole. */
export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  return { status: response.statusCode ?? 0, body: await text(bodyOf(response, patienceSeconds)) };
}

/** As much of a body as comes within so many seconds. Whoever stops reading closes the connection. */
export async function* piecesOf(response: IncomingMessage, seconds: number): AsyncGenerator<Buffer> {
  try {
    yield* bodyOf(response, seconds);
  } catch {
    // Whatever cut it off, what has come in holds.
  }
}
