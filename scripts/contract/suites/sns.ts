import { holds, type Suite } from '../check.ts';
import { text } from '../fields.ts';
import { formRequest } from '../form-request.ts';

const nowhere = 'arn:aws:sns:us-west-2:111122223333:contract-check-none';

export const sns: Suite = {
  service: 'sns',
  probe: formRequest(`Action=Publish&Version=2010-03-31&Message=a&TopicArn=${encodeURIComponent(nowhere)}`),
  invalidCodes: ['InvalidParameter', 'InvalidParameterValue', 'ValidationError'],
  checks: [
    {
      name: 'gives every message an id of its own',
      source: 'API reference, Publish',
      changes: true,
      needs: ['topic'],
      async run({ ask, given }) {
        const message = { TopicArn: given('topic'), Subject: 'contract check', Message: 'To be ignored.' };
        const first = text(await ask('Publish', message), 'MessageId');
        const second = text(await ask('Publish', message), 'MessageId');
        const isNew = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(first) && first !== second;
        holds(isNew, 'two different UUIDs', [first, second]);
      },
    },
    {
      name: 'refuses a topic that does not exist',
      source: 'API reference, Publish, errors',
      needs: ['topic'],
      run: ({ refuse, given }) =>
        refuse('Publish', { TopicArn: `${given('topic')}-none`, Message: 'To nobody.' }, [
          'NotFoundException',
          'NotFound',
        ]),
    },
    {
      name: 'refuses an empty message',
      source: 'API reference, Publish: messages must not be empty',
      needs: ['topic'],
      run: ({ refuse, given }) =>
        refuse('Publish', { TopicArn: given('topic'), Message: '' }, ['InvalidParameterException', 'InvalidParameter']),
    },
    {
      name: 'refuses a message above 256 KiB',
      source: 'API reference, Publish: at most 262,144 bytes',
      needs: ['topic'],
      run: ({ refuse, given }) =>
        refuse('Publish', { TopicArn: given('topic'), Message: 'a'.repeat(262_145) }, [
          'InvalidParameterException',
          'InvalidParameter',
        ]),
    },
    {
      name: 'refuses a subject above 100 characters',
      source: 'API reference, Publish: subjects are less than 100 characters long',
      needs: ['topic'],
      run: ({ refuse, given }) =>
        refuse('Publish', { TopicArn: given('topic'), Message: 'a', Subject: 'a'.repeat(101) }, [
          'InvalidParameterException',
          'InvalidParameter',
        ]),
    },
  ],
};
