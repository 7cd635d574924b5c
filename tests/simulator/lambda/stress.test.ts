import { describe, expect, it } from 'vitest';
import { packageOf } from './bundle.ts';
import { createWorld, type RunnerKind } from './world.ts';

/** Many small things at once: nested and parallel requests, back-off, immediates, streams, big answers, lost replies. */
const zip = packageOf(`
import http from 'node:http';
const agent = new http.Agent({ keepAlive: true });
const call = (path, body) => new Promise((resolve, reject) => {
  const request = http.request(process.env.AWS_ENDPOINT_URL + path, { agent, method: body ? 'POST' : 'GET' }, (response) => {
    let length = 0;
    response.on('data', (chunk) => { length += chunk.length; });
    response.on('end', () => resolve(length));
    response.on('error', reject);
  });
  request.on('error', reject);
  request.end(body);
});
const nap = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const turn = () => new Promise((resolve) => setImmediate(resolve));
const pick = (high) => Math.floor(Math.random() * high);
const retried = async (path) => {
  for (let attempt = 1; ; attempt++) {
    try { return await call(path); } catch (error) { if (attempt === 3) return error.code; await nap(pick(50) + 1); }
  }
};
const nested = async (depth) => {
  if (depth === 0) return call('/leaf?delay=' + pick(40));
  await turn();
  const lengths = await Promise.all(Array.from({ length: 1 + pick(3) }, () => nested(depth - 1)));
  await call('/node' + depth + '?delay=' + pick(30) + '&size=' + pick(100000), 'x'.repeat(pick(50000)));
  return lengths.length;
};
export const handler = async (event) => {
  console.log('start', event.round);
  const parts = await Promise.all([
    nested(3),
    retried('/lost?delay=' + pick(20)),
    call('/watch?stream=' + (1 + pick(4)) + '&delay=' + (1 + pick(25))),
    nap(pick(80)).then(() => call('/after-nap?delay=' + pick(15))),
    (async () => { for (let i = 0; i < pick(20); i++) await turn(); return call('/turned?delay=3'); })(),
  ]);
  console.log('end', Date.now(), parts.length);
  return parts;
};
`);

async function runMany(kind: RunnerKind): Promise<string[]> {
  const world = await createWorld(kind);
  try {
    const names = Array.from({ length: 6 }, (_, index) => `worker-${index}`);
    const environments = await Promise.all(names.map((name) => world.start(zip, { name })));
    for (let round = 0; round < 4; round++) {
      const endings = environments.map((environment) => world.begin(environment, { round }));
      await world.run(() => endings.every(({ outcome }) => outcome !== undefined));
      for (const { outcome } of endings) expect(outcome?.kind).toBe('returned');
    }
    return world.events;
  } finally {
    await world.close();
  }
}

describe('many functions at once', () => {
  it('leave the same events in the same order, whoever runs them and however often', async () => {
    const direct = await runMany('direct');
    expect(direct.length).toBeGreaterThan(400);
    for (let run = 0; run < 3; run++) expect(await runMany('isolated')).toEqual(direct);
    expect(await runMany('direct')).toEqual(direct);
  });
});
