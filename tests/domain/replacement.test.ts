import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseStart, type Replacement } from '../../functions/domain/replacement.ts';
import { aReplacement } from '../support/builders.ts';

const target = { id: 'lt-0a', version: 8 };
const elsewhere = { id: 'lt-0a', version: 6 };

describe('the start of a replacement', () => {
  it.each<{ case: string; newestFirst: Replacement[]; intent: { after?: string } | undefined; chosen: object }>([
    { case: 'nothing ever ran', newestFirst: [], intent: undefined, chosen: { answer: 'start', after: undefined } },
    {
      case: 'something ended before',
      newestFirst: [aReplacement({ id: 'old', status: 'succeeded', launchTemplate: elsewhere })],
      intent: undefined,
      chosen: { answer: 'start', after: 'old' },
    },
    {
      case: 'an earlier try has started it',
      newestFirst: [aReplacement({ id: 'ours' }), aReplacement({ id: 'old', status: 'succeeded' })],
      intent: { after: 'old' },
      chosen: { answer: 'adopt', id: 'ours' },
    },
    {
      case: 'an earlier try has started it, and it ended at once',
      newestFirst: [aReplacement({ id: 'ours', status: 'succeeded' })],
      intent: {},
      chosen: { answer: 'adopt', id: 'ours' },
    },
    {
      case: 'an earlier try was cut off before it started anything',
      newestFirst: [aReplacement({ id: 'old', status: 'failed' })],
      intent: { after: 'old' },
      chosen: { answer: 'start', after: 'old' },
    },
    {
      case: 'somebody else runs one',
      newestFirst: [aReplacement({ id: 'theirs', launchTemplate: elsewhere })],
      intent: {},
      chosen: { answer: 'others', id: 'theirs' },
    },
    {
      case: 'somebody runs one to our version, and we never tried',
      newestFirst: [aReplacement({ id: 'theirs' })],
      intent: undefined,
      chosen: { answer: 'others', id: 'theirs' },
    },
    {
      case: 'one is being cancelled',
      newestFirst: [aReplacement({ id: 'dying', status: 'cancelling', launchTemplate: elsewhere })],
      intent: undefined,
      chosen: { answer: 'others', id: 'dying' },
    },
  ])('when $case: $chosen.answer', ({ newestFirst, intent, chosen }) => {
    expect(chooseStart(newestFirst, target, intent)).toEqual(chosen);
  });

  it('never adopts one that goes elsewhere and never starts beside one that runs', () => {
    const statuses = fc.constantFrom('active', 'cancelling', 'reversing', 'succeeded', 'failed', 'cancelled');
    const history = fc.uniqueArray(
      fc.record({ id: fc.uuid(), status: statuses, version: fc.integer({ min: 6, max: 8 }) }),
      { selector: ({ id }) => id, maxLength: 6 },
    );
    fc.assert(
      fc.property(history, fc.option(fc.nat(5), { nil: undefined }), (entries, index) => {
        const newestFirst = entries.map(({ id, status, version }) =>
          aReplacement({ id, status: status as Replacement['status'], launchTemplate: { id: 'lt-0a', version } }),
        );
        const after = index === undefined ? undefined : newestFirst[index]?.id;
        const chosen = chooseStart(newestFirst, target, { ...(after && { after }) });
        if (chosen.answer === 'adopt')
          expect(newestFirst.find(({ id }) => id === chosen.id)?.launchTemplate).toEqual(target);
        if (chosen.answer === 'start')
          expect(newestFirst.some(({ status }) => ['active', 'cancelling', 'reversing'].includes(status))).toBe(false);
      }),
    );
  });
});
