import type { Front, WireRequest, WireResponse } from '../kernel/wire.ts';

/** A server that functions can reach without a socket. With a certificate authority it speaks TLS. */
export type Host = {
  readonly front: Front;
  /** PEM; what a client must trust to accept the host's certificate. */
  readonly certificateAuthority?: string;
};

/** Servers by `<host name>:<port>`. */
export type Hosts = ReadonlyMap<string, Host>;

export type Connection = { readonly send: (request: WireRequest) => Promise<WireResponse> };

type Target = { readonly hostname: string; readonly port: number; readonly isTls: boolean };
type Trust = { readonly ca: unknown; readonly rejectUnauthorized: boolean };

/**
 * Does what opening a connection does: finds the host and, for TLS, checks that the client trusts who signed its
 * certificate.
 *
 * @throws An error with the code that Node.js gives it.
 */
export function connect(hosts: Hosts, target: Target, trust: Trust): Connection {
  const { hostname, port, isTls } = target;
  const host = hosts.get(`${hostname}:${port}`);
  if (host === undefined) throw unreachable(hostname, port);
  if (isTls !== (host.certificateAuthority !== undefined)) throw wrongProtocol(isTls);
  if (
    host.certificateAuthority !== undefined &&
    trust.rejectUnauthorized &&
    !trusts(trust.ca, host.certificateAuthority)
  ) {
    throw networkError('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate');
  }
  return { send: host.front };
}

/** What Node.js reports when the other side closes the connection before an answer. */
export function hangUp(): Error {
  return networkError('ECONNRESET', 'socket hang up');
}

function trusts(ca: unknown, authority: string): boolean {
  const offered = (Array.isArray(ca) ? ca : [ca]).flatMap((entry) => certificatesIn(entry));
  return certificatesIn(authority).some((certificate) => offered.includes(certificate));
}

/** Each certificate of a PEM bundle as bare base64, so that line breaks and comments do not matter. */
function certificatesIn(pem: unknown): string[] {
  const text = Buffer.isBuffer(pem) ? pem.toString('utf8') : typeof pem === 'string' ? pem : '';
  return [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)].map(([, body = '']) =>
    body.replaceAll(/\s/g, ''),
  );
}

function unreachable(hostname: string, port: number): Error {
  return /^(localhost|127\.|\[?::1)/.test(hostname)
    ? networkError('ECONNREFUSED', `connect ECONNREFUSED ${hostname}:${port}`)
    : networkError(
        'ENOTFOUND',
        `getaddrinfo ENOTFOUND ${hostname}: the simulated network holds the account and its clusters only`,
      );
}

function wrongProtocol(isTls: boolean): Error {
  return isTls ? networkError('EPROTO', 'write EPROTO: wrong version number') : hangUp();
}

function networkError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
