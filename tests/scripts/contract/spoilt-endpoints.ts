import type { Endpoint } from '../../../scripts/contract/endpoint.ts';
import type { HttpAnswer } from '../../../scripts/contract/transport.ts';

/** Changes an answer on its way to the client. */
export type Spoil = (answer: HttpAnswer) => HttpAnswer;

export const spoilt = (endpoint: Endpoint, spoil: Spoil): Endpoint => ({
  ...endpoint,
  transport: async (request) => spoil(await endpoint.transport(request)),
});

/** An endpoint that gives one answer to everything and whose time passes only where somebody waits. */
export function oneAnswer(status: number, bodies: { readonly json: string; readonly xml: string }): Endpoint {
  let now = Date.parse('2026-05-16T04:12:00Z');
  return {
    ...{ host: 'localhost', region: 'us-west-2', now: () => now },
    credentials: async () => ({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }),
    transport: async ({ headers }) => {
      const isXml =
        /^application\/x-www-form/.test(headers['content-type'] ?? '') || headers['x-amz-user-agent']?.includes('s3');
      const body = Buffer.from(isXml ? bodies.xml : bodies.json);
      return { status, headers: { 'x-amzn-requestid': 'r', 'content-length': String(body.length) }, body };
    },
    pass: async (seconds) => {
      now += seconds * 1000;
    },
  };
}

/** An answer to HEAD has a length but no body. */
function withBody(answer: HttpAnswer, body: string): HttpAnswer {
  if (body === '') return answer;
  const headers = { ...answer.headers, 'content-length': String(Buffer.byteLength(body)) };
  return { ...answer, headers, body: Buffer.from(body) };
}

const isJson = (text: string) => text.startsWith('{');
const inJson = (text: string, revive: (this: unknown, key: string, value: unknown) => unknown) =>
  JSON.stringify(JSON.parse(text, revive));

/** Leaves a member out of every answer, wherever it stands. */
export const without =
  (member: string): Spoil =>
  (answer) => {
    const headers = Object.fromEntries(
      Object.entries(answer.headers).filter(([name]) => name !== member.toLowerCase()),
    );
    const text = answer.body.toString();
    const element = new RegExp(`<${member}>.*?</${member}>`, 'gs');
    const body = isJson(text)
      ? inJson(text, (key, value) => (key === member ? undefined : value))
      : text.replace(element, '');
    return withBody({ ...answer, headers }, body);
  };

/** Calls every error something else. */
export const otherCodes: Spoil = (answer) => {
  if (answer.status < 400) return answer;
  const headers = { ...answer.headers, ...(answer.headers['x-amzn-errortype'] && { 'x-amzn-errortype': 'Nonsense' }) };
  const body = answer.body
    .toString()
    .replace(/<Code>[^<]*/g, '<Code>Nonsense')
    .replace(/"__type":"[^"]*"/g, '"__type":"Nonsense"');
  return withBody({ ...answer, headers }, body);
};

/** Turns every list of JSON, and every list of S3's keys, around. */
export const reversed: Spoil = (answer) => {
  const text = answer.body.toString();
  if (isJson(text))
    return withBody(
      answer,
      inJson(text, (_, value) => (Array.isArray(value) ? value.reverse() : value)),
    );
  const items = [...text.matchAll(/<Contents>.*?<\/Contents>/gs)].map(([item]) => item).reverse();
  let next = 0;
  return withBody(
    answer,
    text.replace(/<Contents>.*?<\/Contents>/gs, () => items[next++] ?? ''),
  );
};

/** Writes times of JSON in text and those of XML in seconds. */
export const otherTimes: Spoil = (answer) => {
  const text = answer.body.toString();
  return withBody(
    answer,
    isJson(text)
      ? text.replace(
          /:(\d{10}(\.\d+)?)([,}])/g,
          (_, seconds, __, end) => `:"${new Date(seconds * 1000).toISOString()}"${end}`,
        )
      : text.replace(/>(\d{4}-\d\d-\d\dT[\d:.]+Z)</g, (_, iso) => `>${Date.parse(iso) / 1000}<`),
  );
};
