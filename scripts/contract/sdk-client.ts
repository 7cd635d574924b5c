import type { Endpoint } from './endpoint.ts';
import type { Fields } from './fields.ts';
import { Refused, type ServiceClient } from './service-client.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';
import { Unreachable } from './transport.ts';

type SmithyRequest = {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};
type SdkClient = {
  readonly config: { systemClockOffset: number };
  readonly send: (command: unknown) => Promise<Fields>;
};
type New<T> = new (given: unknown) => T;
type SdkError = Error & { readonly Code?: string; readonly $metadata?: { readonly httpStatusCode?: number } };

/** An unchanged SDK client whose requests go through the endpoint's transport, in the endpoint's time. */
export function createSdkClient(
  library: Readonly<Record<string, unknown>>,
  clientName: string,
  endpoint: Endpoint,
): ServiceClient {
  let wire: HttpAnswer | undefined;
  const Client = library[clientName] as New<SdkClient>;
  const client = new Client({
    region: endpoint.region,
    endpoint: `https://${endpoint.host}`,
    credentials: endpoint.credentials,
    forcePathStyle: true,
    maxAttempts: 2,
    requestHandler: {
      handle: async (request: SmithyRequest) => {
        wire = await endpoint.transport(await httpRequestOf(request));
        const { status, headers, body } = wire;
        return { response: { statusCode: status, headers, body: new Blob([new Uint8Array(body)]).stream() } };
      },
    },
  });

  return async (operation, input) => {
    const Command = library[`${operation}Command`] as New<unknown>;
    client.config.systemClockOffset = endpoint.now() - Date.now();
    try {
      const { $metadata: _, ...output } = await client.send(new Command(input));
      return { output, wire: wire as HttpAnswer };
    } catch (error) {
      throw asRefused(error as SdkError);
    }
  };
}

/** An error that the service did not send, such as an answer that cannot be read, stays what it is. */
function asRefused(error: SdkError): Error {
  const status = error.$metadata?.httpStatusCode;
  if (error instanceof Unreachable || status === undefined || status < 300) return error;
  const codes = error.Code === undefined || error.Code === error.name ? [error.name] : [error.name, error.Code];
  return new Refused(codes, status, error.message);
}

async function httpRequestOf({ method, path, query = {}, headers, body }: SmithyRequest): Promise<HttpRequest> {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((item) => `${encodeURIComponent(name)}=${encodeURIComponent(item)}`),
  );
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers: Object.fromEntries(lower),
    body: body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(String(body ?? '')),
  };
}
