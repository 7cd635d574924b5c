import { createHash } from 'node:crypto';
import { shapeProblems } from './answer-shape.ts';
import { Deviation, type Place, type RawAnswer, type Suite, show } from './check.ts';
import type { Endpoint } from './endpoint.ts';
import type { Fields } from './fields.ts';
import { codeOf } from './json-client.ts';
import { modelOf, signingNameOf } from './model.ts';
import { Refused, type ServiceClient } from './service-client.ts';
import { signRequest } from './signing.ts';
import type { HttpAnswer } from './transport.ts';
import { wireProblems } from './wire-form.ts';

type Parts = {
  readonly suite: Suite;
  readonly client: ServiceClient;
  readonly endpoint: Endpoint;
  readonly given: Readonly<Record<string, string>>;
  /** Of the check within its suite. */
  readonly number: number;
};

const lookEverySeconds = 10;

/** The endpoint for one check, and what puts back what the check did. */
export function createPlace({ suite, client, endpoint, given, number }: Parts) {
  const model = modelOf(suite.service);
  const acts: (() => Promise<unknown>)[] = [];

  const ask: Place['ask'] = async (operation, input = {}) => {
    const { output, wire } = await client(operation, input).catch((error: unknown) => {
      throw error instanceof Refused ? new Deviation(`an answer to ${operation}`, error.message) : error;
    });
    const reference = model.operations[operation]?.output;
    const problems = [
      ...shapeProblems(model, reference, output, suite.lenient),
      ...wireProblems(model, reference, wire),
    ];
    if (problems.length > 0) throw new Deviation(`an answer to ${operation} of the model's shape`, problems.join('; '));
    return output;
  };
  const refuse: Place['refuse'] = async (operation, input, codes) => {
    const refusal = await refusalOf(client, operation, input);
    if (refusal.codes.some((code) => codes.includes(code)) && refusal.status < 500) return;
    throw new Deviation(`${operation} to be refused with ${codes.join(' or ')}`, refusal.message);
  };
  const place: Place = {
    ...{ ask, refuse, region: endpoint.region, now: endpoint.now },
    raw: async (request, signing) =>
      readRaw(await endpoint.transport(await signRequest(endpoint, signingNameOf(model), request, signing))),
    given: (need) => given[need] ?? '',
    uniqueName: `contract-${uniqueText(`${suite.service} ${number} ${endpoint.now()}`)}`,
    undo: (act) => acts.push(act),
    async until(what, isSo, seconds) {
      const deadline = endpoint.now() + seconds * 1000;
      while (!(await isSo())) {
        if (endpoint.now() > deadline) throw new Deviation(`${what} within ${seconds} seconds`, 'it is still not so');
        await endpoint.pass(lookEverySeconds);
      }
    },
  };
  return { place, undoAll: () => undoAll(acts) };
}

const uniqueText = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

async function refusalOf(client: ServiceClient, operation: string, input: Fields): Promise<Refused> {
  try {
    const { output } = await client(operation, input);
    throw new Deviation(`${operation} to be refused`, show(output));
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/** The last first. What cannot be put back is told, and the rest is put back all the same. */
async function undoAll(acts: (() => Promise<unknown>)[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (let act = acts.pop(); act !== undefined; act = acts.pop()) {
    await act().catch((error: unknown) => left.push(String(error)));
  }
  return left;
}

function readRaw({ status, headers, body }: HttpAnswer): RawAnswer {
  const text = body.toString();
  const inXml = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  return { status, code: inXml ?? codeOf(jsonOf(text), headers['x-amzn-errortype']), body: text };
}

function jsonOf(text: string): Fields {
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return {};
  }
}
