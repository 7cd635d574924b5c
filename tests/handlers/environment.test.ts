import '../support/handler-environment.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { environment } from '../../functions/runtime/environment.ts';

const before = { ...process.env };
afterEach(() => Object.assign(process.env, before));

describe("the function's environment", () => {
  it('is read when it is needed', () => {
    expect(environment('RUN_BUCKET')).toBe('reglaze-runs');
    process.env.RUN_BUCKET = 'another';
    expect(environment('RUN_BUCKET')).toBe('another');
  });

  it.each([
    { case: 'missing', value: undefined, says: 'is missing' },
    { case: 'of another service', value: 'arn:aws:sqs:us-west-2:111122223333:q', says: 'no valid value' },
  ])('is at fault, not the input, when a variable is $case', ({ value, says }) => {
    if (value === undefined) delete process.env.TOPIC_ARN;
    else process.env.TOPIC_ARN = value;
    expect(() => environment('TOPIC_ARN')).toThrow(
      expect.objectContaining({ name: 'InvalidConfiguration', message: expect.stringMatching(`TOPIC_ARN.*${says}`) }),
    );
  });
});
