import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../scripts/contract/main.ts';
import { type Account, createAccount } from '../../../simulator/account.ts';
import { listen } from '../../../simulator/wire/http-server.ts';

/** An account behind a port, in the time of this machine, as a person points the script at one. */
let account: Account;
let endpoint: string;
let close: () => Promise<void>;

beforeAll(async () => {
  account = await createAccount({
    identity: { accountId: '111122223333', region: 'eu-central-1', partition: 'aws' },
    startsAt: Date.now(),
    ...{ seed: 1, pace: 1, functions: 'process', timings: { awsCall: [0, 0] } },
  });
  const { clock, ...kernel } = account.kernel;
  const server = await listen({ front: account.front, kernel });
  let isClosed = false;
  const running = clock.run(() => isClosed, { idle: 'wait' });
  endpoint = `http://127.0.0.1:${server.port}`;
  close = async () => {
    isClosed = true;
    clock.after(0, () => undefined);
    await Promise.all([running, server.close()]);
    await account.close();
  };
});
afterAll(() => close());

async function run(line: string, environment: Readonly<Record<string, string>> = environmentOf(account)) {
  const [out, errors]: [string[], string[]] = [[], []];
  const print = { out: (text: string) => out.push(text), error: (text: string) => errors.push(text) };
  const status = await main(line.split(' ').filter(Boolean), print, environment);
  return { status, out: out.join('\n'), errors: errors.join('\n') };
}

function environmentOf({ iam }: Account) {
  const { accessKeyId, secretAccessKey } = iam.operatorCredentials();
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: 'eu-central-1' };
}

describe('npm run contract', () => {
  it('prints a line for each check, and says of those it could not try what they need', async () => {
    const { status, out } = await run(`--endpoint ${endpoint} --service sts`);

    expect(status).toBe(0);
    expect(out).toContain('ok      sts: tells who calls');
    expect(out).toContain('skipped sts: names a session after its role and its name: needs --with role=…');
    expect(out).toMatch(/\nOf \d+: \d+ ok, 0 failed, 2 skipped\.$/);
  });

  it('makes no changes unless they are allowed', async () => {
    const before = account.kernel.log.entries().length;
    const { out } = await run(`--endpoint ${endpoint} --service sns --json`);
    const { results } = JSON.parse(out) as { results: { check: string; needs?: string[] }[] };
    const skipped = results.filter(({ needs }) => needs?.includes('--allow-changes')).map(({ check }) => check);

    expect(skipped).toContain('gives every message an id of its own');
    const calls = account.kernel.log.entries().slice(before);
    expect(calls.filter(({ kind }) => kind === 'message.published')).toEqual([]);
  });

  it('ends with 1 and shows what was expected and found when a check fails', async () => {
    const { status, out } = await run(
      `--endpoint ${endpoint} --service sts --with role=arn:aws:iam::111122223333:role/x`,
    );

    expect(status).toBe(1);
    expect(out).toMatch(
      /FAILED {2}sts: names a session[^\n]*\n {10}expected an answer to AssumeRole\n {10}found {4}Acc/,
    );
  });

  it('gives the same as one JSON document', async () => {
    const { status, out } = await run(`--endpoint ${endpoint} --service sts --json`);

    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ totals: { failed: 0, skipped: 2 }, results: expect.any(Array) });
  });

  it('tries the checks that are asked for by a part of their names', async () => {
    const { out } = await run(`--endpoint ${endpoint} --service sts --only tells`);

    expect(out).toBe('ok      sts: tells who calls\nOf 1: 1 ok, 0 failed, 0 skipped.');
  });

  it('lists the suites, and the checks of one with their sources', async () => {
    expect((await run('--list', {})).out).toMatch(/^autoscaling +\d+ checks, \d+ make changes, some need group$/m);
    expect((await run('--list --service sts', {})).out).toContain(
      'sts: tells who calls (API reference, GetCallerIdentity)',
    );
    expect(JSON.parse((await run('--list --service sts --json', {})).out)).toContainEqual({
      ...{ service: 'sts', check: 'tells who calls', source: 'API reference, GetCallerIdentity' },
      ...{ changes: false, needs: [] },
    });
  });

  it.each([
    { case: 'no endpoint', line: '--service sts', says: '--endpoint is missing.' },
    { case: 'no service', line: '--endpoint http://localhost', says: '--service is missing; there are autoscaling' },
    {
      case: 'an unknown service',
      line: '--endpoint http://localhost --service s4',
      says: 'There is no suite for "s4"',
    },
    { case: 'no URL', line: '--endpoint localhost --service sts', says: '--endpoint takes a URL' },
    { case: 'half a pair', line: '--endpoint http://localhost --service sts --with a', says: '--with takes KEY=VALUE' },
    {
      case: 'a cluster and a service at once',
      line: '--kubeconfig a --service sts',
      says: '--kubeconfig is about a cluster alone',
    },
    {
      case: 'no such kubeconfig',
      line: '--kubeconfig /missing/file',
      says: '--kubeconfig /missing/file cannot be read',
    },
    { case: 'an unknown option', line: '--nonsense', says: "Unknown option '--nonsense'" },
  ])('ends with 2 and a sentence for $case', async ({ line, says }) => {
    const { status, errors } = await run(line);

    expect(status).toBe(2);
    expect(errors).toContain(says);
  });

  it('lists the checks of the Kubernetes API without a cluster', async () => {
    const { status, out } = await run('--kubeconfig none --list --only lease', {});

    expect(status).toBe(0);
    expect(out).toContain(
      'kubernetes: gives a lease to the first who creates it, and answers the second with 409 (changes; API reference, Lease)',
    );
  });

  it('ends with 2 and a sentence when nothing answers', async () => {
    const { status, errors } = await run('--endpoint http://127.0.0.1:9 --service sts');

    expect(status).toBe(2);
    expect(errors).toMatch(/^Nothing answers at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/);
  });

  it('ends with 2 and a sentence without credentials', async () => {
    const { status, errors } = await run(`--endpoint ${endpoint} --service sts`, {});

    expect(status).toBe(2);
    expect(errors).toContain('There are no credentials: set AWS_ACCESS_KEY_ID');
  });
});
