type Value = string | string[];
type Given = Readonly<Record<string, unknown>> | readonly unknown[] | undefined;

const bodiless = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];

/** Headers as a ClientRequest holds them: names keep their case and are found without it. */
export type GuestHeaders = ReturnType<typeof createHeaders>;

/** @param given As in the options of `http.request`: an object, or names and values in turn. */
export function createHeaders(given: Given, auth: unknown) {
  const held = new Map<string, { readonly name: string; readonly value: Value }>();
  const set = (name: string, value: unknown) => {
    held.set(name.toLowerCase(), { name, value: Array.isArray(value) ? value.map(String) : String(value) });
  };
  const has = (name: string) => held.has(name.toLowerCase());
  const setMissing = (name: string, value: unknown) => {
    if (!has(name)) set(name, value);
  };
  for (const [name, value] of pairsOf(given)) if (value !== undefined) set(name, value);
  if (auth) setMissing('Authorization', `Basic ${Buffer.from(String(auth)).toString('base64')}`);

  return {
    has,
    /** Adds what Node.js adds by itself before it sends. */
    complete(host: string, method: string, length: number) {
      setMissing('Host', host);
      setMissing('Connection', 'keep-alive');
      const hasBody = length > 0 || !bodiless.includes(method);
      if (hasBody && !has('transfer-encoding')) setMissing('Content-Length', length);
    },
    onWire: (): Record<string, string> => {
      const wire: Record<string, string> = {};
      for (const [name, { value }] of held) wire[name] = typeof value === 'string' ? value : value.join(', ');
      return wire;
    },
    /** What a ClientRequest offers for them. */
    methods: {
      setHeader: set,
      getHeader: (name: string) => held.get(name.toLowerCase())?.value,
      removeHeader: (name: string) => void held.delete(name.toLowerCase()),
      hasHeader: has,
      getHeaderNames: () => [...held.keys()],
      getHeaders: () => Object.fromEntries([...held].map(([name, { value }]) => [name, value])),
    },
  };
}

function pairsOf(given: Given): [string, unknown][] {
  if (!Array.isArray(given)) return Object.entries(given ?? {});
  return given.flatMap((name, at): [string, unknown][] => (at % 2 === 0 ? [[String(name), given[at + 1]]] : []));
}
