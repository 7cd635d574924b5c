import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export type HttpRequest = {
  readonly method: string;
  /** With the query string, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** Carries one request to an endpoint. @throws {Unreachable} */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

/** Nothing answers at the endpoint: a sentence for the person who named it. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

const patienceMs = 60_000;

/** HTTP or HTTPS to the host of a URL; its path is not used. */
export function httpTransport(endpoint: URL): Transport {
  const open = endpoint.protocol === 'https:' ? requestHttps : requestHttp;
  return ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const fail = (cause: Error) => reject(unreachable(endpoint, cause));
      const place = { hostname: endpoint.hostname, port: endpoint.port };
      const outgoing = open({ ...place, method, path, headers, timeout: patienceMs }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          const joined = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
          const status = response.statusCode ?? 0;
          resolve({ status, headers: Object.fromEntries(joined), body: Buffer.concat(chunks) });
        });
      });
      outgoing.on('error', fail);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${patienceMs / 1000} seconds`)));
      outgoing.end(body);
    });
}

function unreachable(endpoint: URL, cause: Error): Unreachable {
  const { code } = cause as NodeJS.ErrnoException;
  return new Unreachable(`Nothing answers at ${endpoint.origin}: ${cause.message || code}.`, { cause });
}
