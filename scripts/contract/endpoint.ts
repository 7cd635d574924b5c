import { setTimeout as sleep } from 'node:timers/promises';
import { httpTransport, type Transport } from './transport.ts';

export type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** Where a service is, how to speak to it, and whose time counts there. */
export type Endpoint = {
  readonly host: string;
  readonly region: string;
  readonly credentials: () => Promise<Keys>;
  readonly transport: Transport;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Lets so many seconds pass there. */
  readonly pass: (seconds: number) => Promise<void>;
};

/** An endpoint of the network, in the time of this machine. */
export function networkEndpoint(url: URL, region: string, credentials: Endpoint['credentials']): Endpoint {
  return {
    ...{ host: url.host, region, credentials },
    transport: httpTransport(url),
    now: () => Date.now(),
    pass: (seconds) => sleep(seconds * 1000),
  };
}
