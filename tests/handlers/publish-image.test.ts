import '../support/handler-environment.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Parameter, parameterKind } from '../../functions/domain/publication.ts';
import { publishImage } from '../../functions/handlers/publish-image.ts';
import { anImage, aPlan, aReport } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const patched = aReport({ outcome: 'patched', nodes: { total: 2, patched: 2 } });
const [older, newer] = [
  anImage({ version: '1.0.0/7', amiId: 'ami-0old' }),
  anImage({ version: '1.0.0/10', amiId: 'ami-0new' }),
];

/** Parameter Store as the step sees it; what it was asked to take is taken at once, or never. */
function aStore(takes = true) {
  const account = new FakeAccount();
  for (const [run, image] of [
    ['older', older],
    ['newer', newer],
  ] as const) {
    account.bucket.seed(`runs/${run}/plan.json`, aPlan({ run, image }));
    account.bucket.seed(`runs/${run}/outcomes/demo/win2022.json`, patched);
  }
  const store = {
    value: undefined as string | undefined,
    puts: [] as string[],
    ...{ files: account.files, now: () => account.clock },
    findParameter: async (name: string): Promise<Parameter | undefined> =>
      store.value === undefined ? undefined : { name, ...parameterKind, value: store.value },
    putAmi: async (_: string, amiId: string) => {
      store.puts.push(amiId);
      if (takes) store.value = amiId;
      return 'accepted' as const;
    },
  };
  return { account, store };
}

const later = (account: FakeAccount, minutes: number) => {
  account.clock = new Date(account.clock.getTime() + minutes * 60_000);
};

describe('Publish image', () => {
  it('asks once, then finds the parameter as it wanted it', async () => {
    const { store } = aStore();
    const publish = publishImage(store);

    expect(await publish({ run: 'newer', image: newer })).toMatchObject({ publication: 'pending' });
    expect(await publish({ run: 'newer', image: newer })).toEqual({
      publication: 'published',
      parameter: '/reglaze/windows-2022-core/broad/ami-id',
    });
    expect(store.puts).toEqual(['ami-0new']);
  });

  it('writes down what it asks for before it asks', async () => {
    const { account, store } = aStore();
    const putAmi = async () => Promise.reject(new Error('killed'));
    await expect(publishImage({ ...store, putAmi })({ run: 'newer', image: newer })).rejects.toThrow('killed');

    expect(account.bucket.content('published/windows-2022-core/broad.json')).toMatchObject({
      image: { amiId: 'ami-0new' },
      request: { amiId: 'ami-0new', count: 1 },
    });
  });

  it('asks a second time after six minutes, fails after six more, and begins anew when redriven', async () => {
    const { account, store } = aStore(false);
    const publish = publishImage(store);
    const answers: string[] = [];
    for (let look = 0; look < 3; look += 1) {
      const answer = publish({ run: 'newer', image: newer });
      answers.push(
        await answer.then(
          ({ publication }) => publication,
          (error: Error) => error.name,
        ),
      );
      later(account, 6);
    }

    expect(answers).toEqual(['pending', 'pending', 'ImageNotPublished']);
    expect(await publish({ run: 'newer', image: newer })).toMatchObject({ publication: 'pending' });
    expect(store.puts).toHaveLength(3);
  });

  it('publishes nothing of a run with a group that has no outcome, and says that it may get one', async () => {
    const { account, store } = aStore();
    account.bucket.files.delete('runs/newer/outcomes/demo/win2022.json');

    expect(await publishImage(store)({ run: 'newer', image: newer })).toEqual({ publication: 'not-ended' });
    expect(store.puts).toEqual([]);
  });

  it('ends on the newer build in whatever order two runs come by, step by step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { account, store } = aStore();
        const { savePublication } = account.files;
        const publish = publishImage({
          ...store,
          files: { ...account.files, savePublication: scheduler.scheduleFunction(savePublication) },
          now: () => account.clock,
          findParameter: scheduler.scheduleFunction(store.findParameter),
          putAmi: scheduler.scheduleFunction(store.putAmi),
        });
        const untilSettled = async (run: string, image: typeof newer): Promise<void> => {
          const answer = await publish({ run, image }).catch((error: Error) => {
            if (error.name === 'StateFileChanged') return { publication: 'pending' };
            throw error;
          });
          if (answer.publication !== 'pending') return;
          later(account, 0.5);
          await untilSettled(run, image);
        };
        await scheduler.waitFor(Promise.all([untilSettled('older', older), untilSettled('newer', newer)]));

        expect(store.value).toBe('ami-0new');
      }),
      { numRuns: 50 },
    );
  });
});
