import { type Account, createAccount } from '../../../simulator/account.ts';
import type { Pace } from '../../../simulator/kernel/clock.ts';
import { signerFor } from './signing.ts';

export type Raw = {
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};
type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
export type Signing = { readonly keys?: Keys; readonly signedAt?: Date };

const region = 'eu-central-1';

type Options = {
  /** At `max`, whatever is put off until later, such as the end of a message's retention, happens between two calls. */
  readonly pace?: Pace;
  /** For clients that sign by the clock of this machine. */
  readonly clientClock?: () => number;
};

/** A whole account behind a port, whose clock runs. */
export async function openWholeAccount({ pace = 'max', clientClock }: Options = {}) {
  const account = await createAccount({
    identity: { accountId: '111122223333', region, partition: 'aws' },
    ...{ startsAt: Date.UTC(2026, 5, 1), seed: 1, pace, functions: 'threads', clientClock },
  });
  let isOver = false;
  const running = account.kernel.clock.run(() => isOver, { idle: 'wait' });
  const operator = account.iam.operatorCredentials();

  return {
    account,
    /** Sends a request as its client would; unsigned without `signing`. */
    async send({ service, method = 'POST', path = '/', headers = {}, body = '' }: Raw, signing?: Signing) {
      const { hostname, host, pathname, searchParams } = new URL(path, account.endpoint);
      const query = Object.fromEntries(searchParams);
      const plain = { method, protocol: 'http:', hostname, path: pathname, query, headers: { host, ...headers } };
      const signed = signing && (await sign(account, service, { ...plain, body }, { keys: operator, ...signing }));
      const reply = await fetch(`${account.endpoint}${path}`, {
        ...{ method, headers: (signed ?? plain).headers },
        ...(method === 'GET' ? {} : { body: new Uint8Array(Buffer.from(body)) }),
      });
      // REST with JSON has the code of an error in a header.
      const code = reply.headers.get('x-amzn-errortype') ?? '';
      return { status: reply.status, body: `${code} ${await reply.text()}` };
    },
    /** The entries of one kind in the event log. */
    log: (kind: string) =>
      account.kernel.log.entries().flatMap((entry) => (entry.kind === kind ? [entry.details] : [])),
    async close() {
      isOver = true;
      account.kernel.clock.after(0, () => undefined);
      await running;
      await account.close();
    },
  };
}

type Request = Parameters<ReturnType<typeof signerFor>['sign']>[0];

function sign({ kernel }: Account, service: string, request: Request, { keys, signedAt }: Signing & { keys: Keys }) {
  return signerFor(service, keys).sign(request, { signingDate: signedAt ?? new Date(kernel.clock.now()) });
}

export type WholeAccount = Awaited<ReturnType<typeof openWholeAccount>>;
