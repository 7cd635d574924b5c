import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCertificates } from '../../../simulator/kubernetes/certificates.ts';
import { zipOf } from '../../support/zip.ts';
import { packageOf } from './bundle.ts';
import { createWorld, type RunnerKind, startOfTime, type World } from './world.ts';

/** What every handler below starts with. */
const prelude = `
import http from 'node:http';
import https from 'node:https';
const ask = (module, url, options = {}, body) => new Promise((resolve, reject) => {
  const request = module.request(url, options, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => { text += chunk; });
    response.on('end', () => resolve({ status: response.statusCode, at: response.headers['x-at'], text }));
    response.on('error', reject);
  });
  request.on('error', reject);
  request.end(body);
});
const call = (path, options, body) => ask(http, process.env.AWS_ENDPOINT_URL + path, options, body);
`;
const handlerOf = (body: string, before = '') =>
  packageOf(`${prelude}${before}\nexport const handler = async (event, context) => {${body}};`);

describe.each<RunnerKind>(['isolated', 'direct'])('a function that runs %s', (kind) => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld(kind);
  });
  afterEach(() => world.close());

  const invoke = async (body: string, payload: unknown = {}, before = '') =>
    world.invoke(await world.start(handlerOf(body, before)), payload);
  const returned = async (body: string, payload?: unknown, before?: string) => {
    const outcome = await invoke(body, payload, before);
    if (outcome.kind !== 'returned') throw new Error(JSON.stringify(outcome));
    return JSON.parse(outcome.payload);
  };

  it('gets its event and gives its result as JSON', async () => {
    expect(await returned('return { ...event, date: new Date(0), gone: undefined };', { a: [1] })).toEqual({
      a: [1],
      date: '1970-01-01T00:00:00.000Z',
    });
  });

  it('answers null when it returns nothing', async () => {
    expect(await invoke('')).toEqual({ kind: 'returned', payload: 'null' });
  });

  it('reports a thrown error by its name, message and own stack', async () => {
    const outcome = await invoke(
      'class Minified extends Error { name = "NodeNeverJoined"; } throw new Minified("ip-10-0-0-1");',
    );
    expect(outcome).toMatchObject({
      kind: 'threw',
      error: { errorType: 'NodeNeverJoined', errorMessage: 'ip-10-0-0-1' },
    });
    const trace = outcome.kind === 'threw' ? (outcome.error.trace ?? []) : [];
    expect(trace[1]).toMatch(/file:\/\/\/var\/task\/handlers\/handler\.mjs:\d+:\d+/);
    expect(trace.slice(1).every((frame) => frame.includes('/var/task/'))).toBe(true);
  });

  it('sees the context of its invocation', async () => {
    expect(await returned('return { ...context, left: context.getRemainingTimeInMillis() };')).toMatchObject({
      awsRequestId: 'request-1',
      functionVersion: '1',
      memoryLimitInMB: '512',
      left: 3000,
    });
  });

  it('reads the account time wherever it looks', async () => {
    const body = `
      const before = [Date.now(), new Date().getTime(), +new Date(event.past)];
      const start = performance.now();
      await call('/x?delay=1500');
      return { before, after: Date.now(), isDate: new Date() instanceof Date, elapsed: performance.now() - start, text: typeof Date() };`;
    expect(await returned(body, { past: '2020-01-01T00:00:00Z' })).toEqual({
      before: [startOfTime, startOfTime, Date.UTC(2020, 0, 1)],
      after: startOfTime + 1500,
      isDate: true,
      elapsed: 1500,
      text: 'string',
    });
  });

  it('sleeps in account time, and wakes in the order in which the sleeps end', async () => {
    const body = `
      const order = [];
      const nap = (ms) => new Promise((resolve) => setTimeout(resolve, ms)).then(() => order.push([ms, Date.now() - event.start]));
      const cleared = setTimeout(() => order.push('cleared'), 5);
      clearTimeout(Number(cleared));
      await Promise.all([nap(300), nap(100), sleep(200).then(() => order.push(['promises', Date.now() - event.start]))]);
      return order;`;
    expect(
      await returned(body, { start: startOfTime }, "import { setTimeout as sleep } from 'node:timers/promises';"),
    ).toEqual([
      [100, 100],
      ['promises', 200],
      [300, 300],
    ]);
  });

  it('takes no account time to compute', async () => {
    const outcome = await invoke('let sum = 0; for (let i = 0; i < 3e6; i++) sum += i; return Date.now();');
    expect(outcome).toEqual({ kind: 'returned', payload: String(startOfTime) });
  });

  it('draws the same chance for the same invocation, and another for the next', async () => {
    const body = `return [Math.random(), crypto.randomUUID(), uuid(), randomBytes(4).toString('hex'), crypto.getRandomValues(new Uint8Array(2)).join()];`;
    const zip = handlerOf(body, "import { randomUUID as uuid, randomBytes } from 'node:crypto';");
    const [first, second] = [await world.start(zip), await world.start(zip)];
    const options = { randomSeed: '00112233445566778899aabbccddeeff' };
    const one = await world.invoke(first, {}, options);
    expect(await world.invoke(second, {}, options)).toEqual(one);
    expect(await world.invoke(second, {})).not.toEqual(one);
    expect(one.kind === 'returned' && JSON.parse(one.payload)[1]).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    );
  });

  it('keeps the state of its module while it is warm, and shares it with nobody', async () => {
    const zip = handlerOf(
      'globalThis.seen = (globalThis.seen ?? 0) + 1; process.env.MARK ??= event.mark; return [++count, globalThis.seen, process.env.MARK];',
      'let count = 0;',
    );
    const [one, other] = [await world.start(zip), await world.start(zip)];
    const result = async (environment: typeof one, mark: string) => {
      const outcome = await world.invoke(environment, { mark });
      return outcome.kind === 'returned' ? JSON.parse(outcome.payload) : outcome;
    };
    expect(await result(one, 'a')).toEqual([1, 1, 'a']);
    expect(await result(one, 'b')).toEqual([2, 2, 'a']);
    expect(await result(other, 'c')).toEqual([1, 1, 'c']);
  });

  it('has the environment variables it was given and no other', async () => {
    const environment = await world.start(handlerOf('return process.env;'), { variables: { TABLE: 't' } });
    const outcome = await world.invoke(environment, {}, { traceId: 'Root=1-2-3' });
    expect(outcome.kind === 'returned' && JSON.parse(outcome.payload)).toEqual({
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: world.runner.endpointUrl,
      CLUSTER_URL: world.clusterUrl,
      CA: world.certificateAuthority,
      TABLE: 't',
      _X_AMZN_TRACE_ID: 'Root=1-2-3',
    });
  });

  it('finds no configuration of the operator', async () => {
    const body = `return [os.homedir(), fs.existsSync(os.homedir()), await readFile(os.homedir() + '/.aws/config', 'utf8').catch((error) => error.code)];`;
    const before = "import os from 'node:os'; import fs from 'node:fs'; import { readFile } from 'node:fs/promises';";
    expect(await returned(body, {}, before)).toEqual(['/home/sbx_user1051', false, 'ENOENT']);
  });

  it('sends method, path, headers and body', async () => {
    await invoke(`await call('/put?delay=1', { method: 'PUT', headers: { 'content-type': 'text/plain' } }, 'text');`);
    expect(world.events[0]).toBe('0 PUT /put text by worker 1');
  });

  it('runs requests in parallel', async () => {
    const body = `const answers = await Promise.all([50, 200, 100].map((ms) => call('/p' + ms + '?delay=' + ms))); return answers.map(({ at }) => Number(at));`;
    expect(await returned(body)).toEqual([50, 200, 100]);
  });

  it('waits for an agent with one socket', async () => {
    const body = `const agent = new http.Agent({ maxSockets: 1, keepAlive: true }); const answers = await Promise.all([1, 2, 3].map((n) => call('/' + n + '?delay=10', { agent }))); return answers.length;`;
    expect(await returned(body)).toBe(3);
  });

  it('reads an answer of a megabyte', async () => {
    expect(await returned(`return (await call('/big?size=1000000')).text.length;`)).toBeGreaterThan(1_000_000);
  });

  it('reads a stream as it comes', async () => {
    const body = `
      const times = [];
      await new Promise((resolve, reject) => http.get(process.env.AWS_ENDPOINT_URL + '/watch?stream=3&delay=1000', (response) => {
        response.on('data', (chunk) => times.push(String(chunk).trim() + '@' + (Date.now() - event.start)));
        response.on('end', resolve);
      }).on('error', reject));
      return times;`;
    const environment = await world.start(handlerOf(body));
    const outcome = await world.invoke(environment, { start: startOfTime }, { deadline: startOfTime + 60_000 });
    expect(outcome).toEqual({ kind: 'returned', payload: '["0@2000","1@3000","2@4000"]' });
  });

  it.each([1, 40])('reads what comes at one moment at that moment, however much it is (%i chunks)', async (chunks) => {
    const body = `
      const bytesAt = {};
      await new Promise((resolve, reject) => http.get(process.env.AWS_ENDPOINT_URL + '/watch?burst=${chunks}&size=100000', (response) => {
        response.on('data', (chunk) => { const at = Date.now() - event.start; bytesAt[at] = (bytesAt[at] ?? 0) + chunk.length; });
        response.on('end', () => resolve(bytesAt[Date.now() - event.start] = 0));
      }).on('error', reject));
      return bytesAt;`;
    const environment = await world.start(handlerOf(body));
    const outcome = await world.invoke(environment, { start: startOfTime }, { deadline: startOfTime + 60_000 });
    expect(outcome).toEqual({ kind: 'returned', payload: JSON.stringify({ 1010: chunks * 100_000, 2010: 0 }) });
  });

  it('gives a stream up when it has seen enough', async () => {
    const body = `
      const first = await new Promise((resolve, reject) => {
        const request = http.get(process.env.AWS_ENDPOINT_URL + '/watch?stream=1000&delay=10', (response) => {
          response.on('data', (chunk) => { resolve(String(chunk).trim()); request.destroy(); });
          response.on('error', () => {});
        });
        request.on('error', reject);
      });
      return [first, (await call('/next')).status];`;
    expect(await returned(body)).toEqual(['0', 200]);
  });

  it('sees ECONNRESET when the answer is lost', async () => {
    expect(await returned(`return call('/lost').catch((error) => [error.code, error.message]);`)).toEqual([
      'ECONNRESET',
      'socket hang up',
    ]);
  });

  it('sees ECONNREFUSED where nobody listens, and ENOTFOUND outside the account', async () => {
    const body = `return [await ask(http, 'http://127.0.0.1:1/').catch(({ code }) => code), await (async () => ask(http, 'http://example.com/'))().catch(({ code }) => code)];`;
    expect(await returned(body)).toEqual(['ECONNREFUSED', 'ENOTFOUND']);
  });

  it('times a request out in account time', async () => {
    const body = `return new Promise((resolve) => {
      const request = http.get(process.env.AWS_ENDPOINT_URL + '/slow?delay=60000', { timeout: 400 });
      request.on('timeout', () => request.destroy(new Error('too slow')));
      request.on('error', (error) => resolve([error.message, Date.now() - event.start]));
    });`;
    expect(await returned(body, { start: startOfTime })).toEqual(['too slow', 400]);
  });

  it('stops waiting when an AbortSignal times out', async () => {
    const body = `return call('/slow?delay=60000', { signal: AbortSignal.timeout(700) }).catch((error) => [error.name, Date.now() - event.start]);`;
    expect(await returned(body, { start: startOfTime })).toEqual(['AbortError', 700]);
  });

  it('reaches a cluster whose certificate authority it trusts', async () => {
    const body = `const agent = new https.Agent({ ca: process.env.CA, keepAlive: true });
      return [(await ask(https, process.env.CLUSTER_URL + '/api', { agent })).status, (await ask(https, process.env.CLUSTER_URL + '/api', { ca: process.env.CA })).status];`;
    expect(await returned(body)).toEqual([200, 200]);
  });

  it('refuses a cluster whose certificate it cannot verify', async () => {
    const { certificateAuthority } = await createCertificates('other', startOfTime);
    const body = `const refusals = [];
      for (const options of [{}, { ca: event.other }]) await ask(https, process.env.CLUSTER_URL + '/api', options).catch(({ code }) => refusals.push(code));
      return refusals;`;
    expect(await returned(body, { other: certificateAuthority })).toEqual([
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ]);
    expect(world.events.filter((event) => event.includes('/api'))).toEqual([]);
  });

  it('writes its lines to the log, console lines as Lambda marks them', async () => {
    await invoke(`process.stdout.write('{"plain":'); process.stdout.write('1}\\n'); console.error('wrong %d', 7);`);
    expect(world.events.slice(0, 2)).toEqual([
      '0 log worker {"plain":1}',
      '0 log worker 2026-11-10T18:00:00.000Z\trequest-1\tERROR\twrong 7',
    ]);
  });

  it('ends as Runtime.ExitError when it exits', async () => {
    expect(await invoke('process.exit(3);')).toEqual({
      kind: 'exited',
      error: {
        errorType: 'Runtime.ExitError',
        errorMessage: 'RequestId: request-1 Error: Runtime exited with error: exit status 3',
      },
    });
  });

  it('ends as Runtime.ExitError when it is killed while it waits, and its call has gone through', async () => {
    const outcome = await invoke(
      `await Promise.all([call('/kill?delay=30'), call('/other?delay=5000')]); return 'survived';`,
    );
    expect(outcome).toEqual({
      kind: 'exited',
      error: {
        errorType: 'Runtime.ExitError',
        errorMessage: 'RequestId: request-1 Error: Runtime exited with error: signal: killed',
      },
    });
    expect(world.events.at(-1)).toBe('30 end exited');
  });

  it('ends with the error that nobody caught', async () => {
    const outcome = await invoke(
      `setTimeout(() => { throw new TypeError('late'); }, 20); await call('/x?delay=1000');`,
    );
    expect(outcome).toMatchObject({ kind: 'exited', error: { errorType: 'TypeError', errorMessage: 'late' } });
  });

  it('ends when it waits for nothing that could happen', async () => {
    const outcome = await invoke('await new Promise(() => {});');
    expect(outcome).toMatchObject({ kind: 'exited', error: { errorType: 'Runtime.NodeJsExit' } });
  });

  it('fails to start when its module throws', async () => {
    const outcome = await invoke('', {}, `throw new RangeError('at load');`);
    expect(outcome).toMatchObject({ kind: 'exited', error: { errorType: 'RangeError', errorMessage: 'at load' } });
  });

  it('is silent once it is destroyed', async () => {
    const environment = await world.start(
      handlerOf(`await call('/a?delay=100'); console.log('still here'); await call('/b');`),
    );
    world.begin(environment, {});
    await world.run(() => world.events.length > 0);
    environment.destroy();
    const other = await world.start(handlerOf(`await call('/c?delay=500');`), { name: 'other' });
    await world.invoke(other, {});
    expect(world.events).toEqual(['0 GET /a by worker 1', '0 GET /c by other 2', '500 end returned']);
  });

  it('is frozen between two invocations', async () => {
    const zip = handlerOf(
      `if (event.first) { setTimeout(() => log.push('timer'), 50); call('/left?delay=20').then(() => log.push('answer')); await call('/a?delay=1'); return; } await call('/b?delay=1'); return log;`,
      'const log = [];',
    );
    const environment = await world.start(zip);
    await world.invoke(environment, { first: true });
    const other = await world.start(handlerOf(`await call('/c?delay=5000');`), { name: 'other' });
    await world.invoke(other, {});
    const outcome = await world.invoke(environment, {});
    expect(outcome.kind === 'returned' && JSON.parse(outcome.payload).toSorted()).toEqual(['answer', 'timer']);
  });

  it('refuses what would go around the account', async () => {
    expect((await invoke(`await fetch('http://127.0.0.1/');`)).kind).toBe('threw');
  });

  it.each([
    {
      case: 'a CommonJS file',
      files: { 'h.js': 'const { randomUUID } = require("crypto"); exports.handler = async () => typeof randomUUID;' },
      result: '"function"',
    },
    {
      case: 'an ES module by package.json',
      files: {
        'h.js': 'import os from "os"; export const handler = async () => typeof os.cpus;',
        'package.json': '{"type":"module"}',
      },
      result: '"function"',
    },
    {
      case: 'an ES module, without the names of CommonJS',
      files: {
        'h.mjs':
          'export const handler = async () => [typeof require, typeof module, typeof exports, typeof __filename];',
      },
      result: '["undefined","undefined","undefined","undefined"]',
    },
    {
      case: 'a default export beside the handler',
      files: {
        'h.mjs':
          'export default 1; export async function handler() { return helper(); } function helper() { return import.meta.url; }',
      },
      result: '"file:///var/task/h.mjs"',
    },
    {
      case: 'a top-level await',
      files: { 'h.mjs': 'const { sep } = await import("node:path"); export const handler = async () => sep; ' },
      result: '"/"',
    },
  ])('runs $case', async ({ files, result }) => {
    const environment = await world.start(zipOf(files), { handler: 'h.handler' });
    expect(await world.invoke(environment, {})).toEqual({ kind: 'returned', payload: result });
  });

  it.each([
    { case: 'a missing export', source: 'export const other = 1;', errorType: 'Runtime.HandlerNotFound' },
    {
      case: 'a callback handler',
      source: 'export const handler = (event, context, callback) => callback();',
      errorType: 'Runtime.CallbackHandlerDeprecated',
    },
  ])('is not started with $case', async ({ source, errorType }) => {
    const environment = await world.start(zipOf({ 'h.mjs': source }), { handler: 'h.handler' });
    expect(await world.invoke(environment, {})).toMatchObject({ kind: 'exited', error: { errorType } });
  });
});
