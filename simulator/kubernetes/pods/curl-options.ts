/** What curl was told, as far as it is simulated. */
export type CurlOptions = {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutSeconds: number | undefined;
  readonly maxSeconds: number | undefined;
  readonly retries: number;
  readonly retryDelaySeconds: number | undefined;
  readonly retryRefused: boolean;
};

/** Options that change nothing of whether and when curl ends, with how many values each takes. */
const harmless: Readonly<Record<string, number>> = {
  '--silent': 0,
  '--show-error': 0,
  '--insecure': 0,
  '--output': 1,
};
const numbers = ['--connect-timeout', '--max-time', '--retry', '--retry-delay'] as const;
type NumberOption = (typeof numbers)[number];

type Read = { readonly options: CurlOptions } | { readonly problem: string };
type Seen = { urls: string[]; values: Partial<Record<NumberOption, number>>; retryRefused: boolean };

/** curl's command line. Certificates are not looked at here, so `--insecure` has to be among it. */
export function readCurl(words: readonly string[]): Read {
  const seen: Seen = { urls: [], values: {}, retryRefused: false };
  for (let index = 0; index < words.length; index += 1) {
    const taken = take(words, index, seen);
    if (typeof taken === 'string') return { problem: taken };
    index += taken;
  }
  if (!words.includes('--insecure')) return { problem: 'certificates are not simulated; use --insecure' };
  const [url, ...others] = seen.urls;
  if (url === undefined || others.length > 0) return { problem: 'exactly one URL is simulated' };
  return readUrl(url, seen);
}

/** How many words after this one belong to it; a text says what is wrong. */
function take(words: readonly string[], index: number, seen: Seen): number | string {
  const word = words[index] ?? '';
  if (!word.startsWith('-')) {
    seen.urls.push(word);
    return 0;
  }
  if (word === '--retry-connrefused') {
    seen.retryRefused = true;
    return 0;
  }
  if (Object.hasOwn(harmless, word)) return harmless[word] ?? 0;
  if (!isNumberOption(word)) return `the option ${word} is not simulated`;
  const value = Number(words[index + 1]);
  if (!Number.isFinite(value) || value < 0) return `${word} needs a number`;
  seen.values[word] = value;
  return 1;
}

const isNumberOption = (word: string): word is NumberOption => (numbers as readonly string[]).includes(word);

function readUrl(text: string, { values, retryRefused }: Seen): Read {
  if (!URL.canParse(text)) return { problem: `URL malformed: ${text}` };
  const { protocol, hostname, port } = new URL(text);
  if (protocol !== 'https:') return { problem: `the protocol ${protocol} is not simulated; only https: is` };
  return {
    options: {
      ...{ host: hostname, port: port === '' ? 443 : Number(port), retryRefused },
      connectTimeoutSeconds: values['--connect-timeout'],
      maxSeconds: values['--max-time'],
      retries: values['--retry'] ?? 0,
      retryDelaySeconds: values['--retry-delay'],
    },
  };
}
